import { TaskRunError } from '@trigger.dev/core/v3';
import * as z from 'zod';

/**
 * A run's state as stored. `RETRYING` waits for its next attempt; the API shows it as `EXECUTING`, as
 * the real one does. The others are the API's own names.
 */
export const StoredStatus = z.enum([
  'DELAYED',
  'QUEUED',
  'RETRYING',
  'EXECUTING',
  'WAITING',
  'COMPLETED',
  'CANCELED',
  'FAILED',
  'CRASHED',
  'SYSTEM_FAILURE',
  'EXPIRED',
  'TIMED_OUT',
]);
export type StoredStatus = z.infer<typeof StoredStatus>;

const FINAL: ReadonlySet<StoredStatus> = new Set([
  'COMPLETED',
  'CANCELED',
  'FAILED',
  'CRASHED',
  'SYSTEM_FAILURE',
  'EXPIRED',
  'TIMED_OUT',
]);

/** Ends after which the idempotency key is free again (a cancelled or completed run keeps it). */
const FREES_IDEMPOTENCY_KEY: ReadonlySet<StoredStatus> = new Set([
  'FAILED',
  'CRASHED',
  'SYSTEM_FAILURE',
  'TIMED_OUT',
  'EXPIRED',
]);

export const isFinal = (status: StoredStatus): boolean => FINAL.has(status);
export const freesIdempotencyKey = (status: StoredStatus): boolean => FREES_IDEMPOTENCY_KEY.has(status);

function jsonColumn<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);
}

const flag = z.number().transform((value) => value !== 0);

export const RunMetadata = z.record(z.string(), z.unknown());
export type RunMetadata = z.infer<typeof RunMetadata>;

export const Run = z.object({
  seq: z.number(),
  id: z.string(),
  task_id: z.string(),
  status: StoredStatus,
  payload: z.string(),
  payload_type: z.string(),
  queue: z.string(),
  concurrency_key: z.string().nullable(),
  group_key: z.string(),
  priority_ms: z.number(),
  available_at: z.number(),
  sort_at: z.number(),
  created_at: z.number(),
  updated_at: z.number(),
  started_at: z.number().nullable(),
  finished_at: z.number().nullable(),
  expired_at: z.number().nullable(),
  delay_until: z.number().nullable(),
  ttl: z.string().nullable(),
  ttl_ms: z.number().nullable(),
  ttl_expires_at: z.number().nullable(),
  attempt: z.number(),
  max_attempts: z.number().nullable(),
  max_duration: z.number().nullable(),
  idempotency_key: z.string().nullable(),
  idempotency_expires_at: z.number().nullable(),
  idempotency_user_key: z.string().nullable(),
  idempotency_scope: z.enum(['run', 'attempt', 'global']).nullable(),
  tags: jsonColumn(z.array(z.string())),
  metadata: jsonColumn(RunMetadata).nullable(),
  output: z.string().nullable(),
  output_type: z.string().nullable(),
  error: jsonColumn(TaskRunError).nullable(),
  usage_ms: z.number(),
  is_test: flag,
  replayed_from: z.string().nullable(),
  parent_id: z.string().nullable(),
  root_id: z.string().nullable(),
  depth: z.number(),
  resume_parent: flag,
  batch_id: z.string().nullable(),
  batch_index: z.number().nullable(),
  schedule_id: z.string().nullable(),
});
export type Run = z.infer<typeof Run>;

/** A limit on a queue counts runs that share this key: the queue, and within it the concurrency key. */
export function groupKey(queue: string, concurrencyKey: string | null): string {
  return `${queue}\u0000${concurrencyKey ?? ''}`;
}
