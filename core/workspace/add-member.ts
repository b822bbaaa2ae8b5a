import type { CallContext } from '../context.ts';
import { type AddMember, Member } from './schema.ts';

/**
 * Needs the role admin, and owner to add an owner. Answers `unknown_user` for an id that no user has: an admin of any
 * workspace can so test whether an id exists, but not find one, since ids are random and say nothing of a person. There
 * is no call that takes an e-mail address.
 */
export async function addMember(ctx: CallContext, input: AddMember): Promise<Member> {
  return Member.parse(
    await ctx.db.call('add_member', {
      p_workspace_id: ctx.workspaceId,
      p_user_id: input.user_id,
      p_role: input.role,
    }),
  );
}
