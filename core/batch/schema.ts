import * as z from 'zod';
import { ExecutionError, ExecutionStatus } from '../execution/schema.ts';
import { JsonObjectValue, JsonValue } from '../json/json.ts';

export const MAX_BATCH_ITEMS = 10_000;
/** Of the caller's own name for an item. */
export const MAX_ITEM_KEY_CHARS = 200;

/** `completed`: every item has ended, however it ended. `cancelled`: the same, after somebody asked for its end. */
export const BatchStatus = z.enum(['running', 'completed', 'cancelled']);
export type BatchStatus = z.infer<typeof BatchStatus>;

export const BatchCounts = z
  .object({
    queued: z.int(),
    running: z.int(),
    succeeded: z.int(),
    failed: z.int(),
    timed_out: z.int(),
    cancelled: z.int(),
  })
  .meta({ id: 'BatchCounts' });

export const Batch = z
  .object({
    id: z.uuid(),
    connector_id: z.uuid(),
    connector_version: z.int(),
    status: BatchStatus,
    total: z.int(),
    counts: BatchCounts,
    cancel_requested_at: z.string().nullable(),
    created_at: z.string(),
    finished_at: z.string().nullable(),
  })
  .meta({ id: 'Batch' });
export type Batch = z.infer<typeof Batch>;

export const BatchItem = z
  .object({
    index: z.int(),
    key: z.string().nullable(),
    execution_id: z.uuid(),
    status: ExecutionStatus,
    output: JsonValue.nullable(),
    error: ExecutionError.nullable(),
  })
  .meta({ id: 'BatchItem' });
export type BatchItem = z.infer<typeof BatchItem>;

export const NewBatchItem = z
  .strictObject({
    input: JsonObjectValue.default({}),
    key: z.string().min(1).max(MAX_ITEM_KEY_CHARS).optional(),
  })
  .meta({ id: 'NewBatchItem' });
export type NewBatchItem = z.infer<typeof NewBatchItem>;

/** As it is documented. It is read item by item, see `item-texts.ts`. */
export const CreateBatch = z
  .strictObject({ items: z.array(NewBatchItem).min(1).max(MAX_BATCH_ITEMS) })
  .meta({ id: 'CreateBatch' });

/** What the task is triggered with. `turn` tells a run that comes late that another one has been started since. */
export const BatchTaskPayload = z.object({ batchId: z.uuid(), turn: z.int().min(0) });
export type BatchTaskPayload = z.infer<typeof BatchTaskPayload>;
export const BATCH_TASK_ID = 'connector-batch';
