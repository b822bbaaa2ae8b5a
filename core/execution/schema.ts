import * as z from 'zod';
import { type Json, JsonObjectValue, JsonValue } from '../json/json.ts';
import { Recovery } from './recovery.ts';

export const ExecutionStatus = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled', 'timed_out']);
export type ExecutionStatus = z.infer<typeof ExecutionStatus>;
export const FINAL_STATUSES: ReadonlySet<ExecutionStatus> = new Set([
  'succeeded',
  'failed',
  'cancelled',
  'timed_out',
]);

export const ErrorClass = z.enum([
  'validation',
  'template',
  'authentication',
  'authorization',
  'not_found',
  'rate_limit',
  'upstream',
  'network',
  'timeout',
  'egress_blocked',
  'cancelled',
  'internal',
]);
export type ErrorClass = z.infer<typeof ErrorClass>;

/** Why a step or an execution failed. `code` is stable; `message` is for people and holds no secret. */
export const ExecutionError = z
  .object({
    class: ErrorClass,
    code: z.string(),
    message: z.string(),
    step: z.string().nullable(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    /** What is to be done about it: added when it is shown, never stored. */
    recovery: Recovery.optional(),
  })
  .meta({ id: 'ExecutionError' });
export type ExecutionError = z.infer<typeof ExecutionError>;

/** A request as it was sent, with every secret redacted. */
export const RecordedRequest = z
  .object({
    method: z.string(),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    body: JsonValue.optional(),
  })
  .meta({ id: 'RecordedRequest' });
export type RecordedRequest = z.infer<typeof RecordedRequest>;

/** A response as it came, with every secret redacted. Binary bodies are base64. */
export const RecordedResponse = z
  .object({ status: z.int(), headers: z.record(z.string(), z.string()), body: JsonValue })
  .meta({ id: 'RecordedResponse' });
export type RecordedResponse = z.infer<typeof RecordedResponse>;

export const StepRunStatus = z.enum([
  'running',
  'waiting',
  'succeeded',
  'failed',
  'skipped',
  'cancelled',
  'interrupted',
]);
export type StepRunStatus = z.infer<typeof StepRunStatus>;

/** What answered in place of the service: an answer that was kept, one that a test run was given, or nothing at all. */
export const StepSource = z.enum(['cache', 'mock', 'pinned', 'not_sent']);
export type StepSource = z.infer<typeof StepSource>;

export const ExecutionStep = z
  .object({
    name: z.string(),
    status: StepRunStatus,
    attempts: z.int(),
    /** Rows of the ledger in all: with loops and pages more than attempts. */
    runs: z.int(),
    started_at: z.string(),
    duration_ms: z.number().nullable(),
    request: RecordedRequest.nullable(),
    response: RecordedResponse.nullable(),
    source: StepSource.nullable(),
    output: JsonValue.nullable(),
    error: ExecutionError.nullable(),
  })
  .meta({ id: 'ExecutionStep' });
export type ExecutionStep = z.infer<typeof ExecutionStep>;

export const ExecutionTrigger = z
  .object({
    type: z.enum(['api', 'batch', 'connector', 'test']),
    /** Of a sub-connector: the execution and the step that called it. */
    execution_id: z.uuid().optional(),
    step: z.string().optional(),
  })
  .meta({ id: 'ExecutionTrigger' });
export type ExecutionTrigger = z.infer<typeof ExecutionTrigger>;

const summary = {
  id: z.uuid(),
  connector_id: z.uuid(),
  connector_version: z.int(),
  status: ExecutionStatus,
  trigger: ExecutionTrigger,
  error: ExecutionError.nullable(),
  cancel_requested_at: z.string().nullable(),
  /** A running execution that no process holds: until when it waits. */
  waiting_until: z.string().nullable(),
  parent_execution_id: z.uuid().nullable(),
  batch_id: z.uuid().nullable(),
  replay_of: z.uuid().nullable(),
  /** How often it was started again after it had failed. */
  redrives: z.int(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  duration_ms: z.number().nullable(),
};
export const ExecutionSummary = z.object(summary).meta({ id: 'ExecutionSummary' });
export type ExecutionSummary = z.infer<typeof ExecutionSummary>;

export const Execution = z
  .object({
    ...summary,
    input: JsonValue,
    output: JsonValue.nullable(),
    steps: z.array(ExecutionStep),
  })
  .meta({ id: 'Execution' });
export type Execution = z.infer<typeof Execution>;

export const ExecuteConnector = z
  .strictObject({ input: JsonObjectValue.default({}) })
  .meta({ id: 'ExecuteConnector', example: { input: { phone: '+49 30 0000000' } } });
export type ExecuteConnector = z.infer<typeof ExecuteConnector>;

/** What the tasks are triggered with: ids, never data, never secrets. */
export const ExecutionTaskPayload = z.object({ executionId: z.uuid() });
export type ExecutionTaskPayload = z.infer<typeof ExecutionTaskPayload>;
export const EXECUTION_TASK_ID = 'connector-execution';

/** What later steps see of a step; kept sealed in the ledger so that a resumed execution goes on with it. */
export type StepOutcome = {
  status: number | null;
  headers: Record<string, string>;
  body: Json;
  /** The step's mapped fields, which stand at the top of `steps.<name>`. */
  output: { [field: string]: Json };
  error: ExecutionError | null;
  /** What loops and lists of pages add at the top of `steps.<name>`: results, items, counts. */
  extra?: { [field: string]: Json };
};
