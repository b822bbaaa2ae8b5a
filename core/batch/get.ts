import type { CallContext } from '../context.ts';
import { Batch } from './schema.ts';

/** The batch with its counts as they are now. */
export async function getBatch(ctx: CallContext, id: string): Promise<Batch> {
  return Batch.parse(await ctx.db.call('get_batch', { p_workspace_id: ctx.workspaceId, p_id: id }));
}
