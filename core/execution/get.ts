import type { CallContext } from '../context.ts';
import { Execution } from './schema.ts';

export async function getExecution(ctx: CallContext, id: string): Promise<Execution> {
  return Execution.parse(await ctx.db.call('get_execution', { p_workspace_id: ctx.workspaceId, p_id: id }));
}
