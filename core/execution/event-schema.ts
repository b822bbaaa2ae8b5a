import * as z from 'zod';
import { ExecutionError, ExecutionStatus, StepRunStatus, StepSource } from './schema.ts';

export const ExecutionEventType = z.enum([
  'execution.queued',
  'execution.running',
  'execution.waiting',
  'execution.succeeded',
  'execution.failed',
  'execution.cancelled',
  'execution.timed_out',
  'step.started',
  'step.succeeded',
  'step.failed',
  'step.skipped',
  'step.cancelled',
  'step.interrupted',
]);

/** What happened to an execution, or to one attempt at a step of it. Bodies are not told. */
export const ExecutionEvent = z
  .object({
    type: ExecutionEventType,
    status: z.union([ExecutionStatus, StepRunStatus]),
    /** When it happened. */
    at: z.string(),
    /** The step; null when it is about the whole execution. */
    step: z.string().nullable(),
    iteration: z.string(),
    attempt: z.int(),
    duration_ms: z.number().nullable().default(null),
    source: StepSource.nullable().default(null),
    /** Until when it waits. */
    until: z.string().nullable().default(null),
    error: ExecutionError.nullable().default(null),
  })
  .meta({ id: 'ExecutionEvent' });
export type ExecutionEvent = z.infer<typeof ExecutionEvent>;

/**
 * Where a reader stands: behind this event, or behind the given part of it. Things that happen at once have one number and
 * a part each.
 */
export interface EventPosition {
  readonly event: number;
  /** Null: behind all of its parts. */
  readonly part: number | null;
}

const POSITION = /^(\d{1,9})(?:\.([1-9]\d{0,6}))?$/;

/** The text of `id:` in a stream; that of the last part is the event's number alone. */
export function formatPosition({ event, part }: EventPosition): string {
  return part === null ? String(event) : `${event}.${part}`;
}

/** Null when it is not one of ours. */
export function parsePosition(text: string): EventPosition | null {
  const match = POSITION.exec(text);
  if (match === null) return null;
  const [, event, part] = match;
  return { event: Number(event), part: part === undefined ? null : Number(part) };
}
