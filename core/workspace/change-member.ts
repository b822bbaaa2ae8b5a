import type { CallContext } from '../context.ts';
import { type ChangeMember, Member } from './schema.ts';

/** Needs the role admin, and owner to make or unmake an owner. */
export async function changeMember(
  ctx: CallContext,
  userId: string,
  input: ChangeMember,
  expectedRevision: number | null,
): Promise<Member> {
  return Member.parse(
    await ctx.db.call('change_member', {
      p_workspace_id: ctx.workspaceId,
      p_user_id: userId,
      p_role: input.role,
      p_expected_revision: expectedRevision,
    }),
  );
}
