import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { Batch } from './schema.ts';

export interface RedrivenBatch {
  readonly batch: Batch;
  readonly workspaceId: string;
  /** Of the task run that is to be triggered. */
  readonly turn: number;
}

const Answer = z.object({ workspace_id: z.uuid(), turn: z.int() });

/** Runs the items again that failed, timed out or were cancelled, each from the step that failed. Without any, nothing changes. */
export async function redriveBatch(ctx: CallContext, id: string): Promise<RedrivenBatch> {
  const answer = await ctx.db.call('redrive_batch', { p_workspace_id: ctx.workspaceId, p_id: id });
  const { workspace_id: workspaceId, turn } = Answer.parse(answer);
  return { batch: Batch.parse(answer), workspaceId, turn };
}
