import * as z from 'zod';
import { JsonValue } from '../json/json.ts';
import { ExecutionError, RecordedRequest, RecordedResponse, StepRunStatus, StepSource } from './schema.ts';

/** One attempt at a step. Secrets are redacted. */
export const StepRun = z
  .object({
    step: z.string(),
    iteration: z.string(),
    attempt: z.int(),
    status: StepRunStatus,
    superseded: z.boolean(),
    tolerated: z.boolean(),
    source: StepSource.nullable(),
    started_at: z.string(),
    finished_at: z.string().nullable(),
    resume_at: z.string().nullable(),
    duration_ms: z.number().nullable(),
    request: RecordedRequest.nullable(),
    response: RecordedResponse.nullable(),
    output: JsonValue.nullable(),
    error: ExecutionError.nullable(),
  })
  .meta({ id: 'StepRun' });
export type StepRun = z.infer<typeof StepRun>;
