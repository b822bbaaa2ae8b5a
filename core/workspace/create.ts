import type { CallContext } from '../context.ts';
import { DatabaseError } from '../db/db.ts';
import { Problem } from '../problem/problem.ts';
import { type CreateWorkspace, Workspace } from './schema.ts';

const FOREIGN_KEY_VIOLATION = '23503';

/** Makes a workspace with the caller as its owner. */
export async function createWorkspace(ctx: CallContext, input: CreateWorkspace): Promise<Workspace> {
  try {
    return Workspace.parse(await ctx.db.call('create_workspace', { p_id: ctx.newId(), p_name: input.name }));
  } catch (error) {
    // Tokens outlive their user; everywhere else such a user simply has no workspace.
    if (error instanceof DatabaseError && error.code === FOREIGN_KEY_VIOLATION) {
      throw new Problem('unauthenticated', 'The user of this token does not exist any more.');
    }
    throw error;
  }
}
