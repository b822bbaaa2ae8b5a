import type { CallContext } from '../context.ts';

/** Needs the role admin, and owner to remove an owner; anyone may leave. */
export async function removeMember(
  ctx: CallContext,
  userId: string,
  expectedRevision: number | null,
): Promise<void> {
  await ctx.db.call('remove_member', {
    p_workspace_id: ctx.workspaceId,
    p_user_id: userId,
    p_expected_revision: expectedRevision,
  });
}
