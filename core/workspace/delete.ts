import type { CallContext } from '../context.ts';

/** With everything in it, for good. Needs the role owner, so no API key can do it. */
export async function deleteWorkspace(ctx: CallContext, expectedRevision: number | null): Promise<void> {
  await ctx.db.call('delete_workspace', {
    p_workspace_id: ctx.workspaceId,
    p_expected_revision: expectedRevision,
  });
}
