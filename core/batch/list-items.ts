import * as z from 'zod';
import type { CallContext } from '../context.ts';
import type { ExecutionStatus } from '../execution/schema.ts';
import { BatchItem } from './schema.ts';

export interface ItemsRequest {
  /** At most; fewer when their outputs are large. */
  readonly limit: number;
  /** The index of the item before the first one wanted; null from the start. */
  readonly after: number | null;
  readonly status?: ExecutionStatus | undefined;
}
export interface ItemsPage {
  readonly items: BatchItem[];
  /** The index after which the next page starts; null on the last page. */
  readonly next: number | null;
}

const Answer = z.object({ items: z.array(BatchItem), more: z.boolean() });

/** A page of a batch's items, in the order in which they were sent. */
export async function listBatchItems(ctx: CallContext, id: string, page: ItemsRequest): Promise<ItemsPage> {
  const answer = await ctx.db.call('get_batch_items', {
    p_workspace_id: ctx.workspaceId,
    p_id: id,
    p_limit: page.limit,
    p_after: page.after,
    p_status: page.status ?? null,
  });
  const { items, more } = Answer.parse(answer);
  return { items, next: more ? (items.at(-1)?.index ?? null) : null };
}
