import { BATCH_TASK_ID, type BatchTaskPayload } from './schema.ts';

/** One queue for the batches of all workspaces: they take turns in it, slice by slice. */
export const BATCH_QUEUE = BATCH_TASK_ID;

/** Names one turn of one batch: the same wish sent twice starts one task run. */
export function batchTriggerKey({ batchId, turn }: BatchTaskPayload): string {
  return `batch:${batchId}:${turn}`;
}

/** By which runs are found in Trigger.dev's dashboard. */
export function batchTags(batchId: string, workspaceId: string): string[] {
  return [`batch:${batchId}`, `workspace:${workspaceId}`];
}
