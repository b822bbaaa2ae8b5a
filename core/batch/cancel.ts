import type { CallContext } from '../context.ts';
import { Batch } from './schema.ts';

/** Ends the items that wait; asks those that run to end, which their task sees when it next renews their lease. */
export async function cancelBatch(ctx: CallContext, id: string): Promise<Batch> {
  return Batch.parse(await ctx.db.call('cancel_batch', { p_workspace_id: ctx.workspaceId, p_id: id }));
}
