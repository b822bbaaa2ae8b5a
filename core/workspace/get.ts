import type { CallContext } from '../context.ts';
import { Workspace } from './schema.ts';

/** One of the caller's workspaces; another's answers like a missing one. */
export async function getWorkspace(ctx: CallContext): Promise<Workspace> {
  return Workspace.parse(await ctx.db.call('get_workspace', { p_workspace_id: ctx.workspaceId }));
}
