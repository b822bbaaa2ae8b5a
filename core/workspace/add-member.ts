import type { CallContext } from '../context.ts';
import { type AddMember, Member } from './schema.ts';

/** Needs the role admin, and owner to add an owner. */
export async function addMember(ctx: CallContext, input: AddMember): Promise<Member> {
  return Member.parse(
    await ctx.db.call('add_member', {
      p_workspace_id: ctx.workspaceId,
      p_user_id: input.user_id,
      p_role: input.role,
    }),
  );
}
