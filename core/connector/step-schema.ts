import * as z from 'zod';
import { ErrorClass } from '../execution/schema.ts';
import { JsonObjectValue, JsonValue } from '../json/json.ts';
import { Expression, ShortTemplate } from './expression-schema.ts';
import { Pagination, StepRequest, StepResponse } from './request-schema.ts';

/** All steps of a definition together, those inside of others as well. */
export const MAX_STEPS = 100;
/** Levels of steps inside of steps. */
export const MAX_STEP_DEPTH = 5;
/** A step may wait this long for its answer; the whole execution has five minutes. */
export const MAX_STEP_TIMEOUT_MS = 120_000;
export const DEFAULT_STEP_TIMEOUT_MS = 30_000;
/** Items of one loop. */
export const MAX_LOOP_ITEMS = 10_000;
const MAX_WAIT_SECONDS = 30 * 24 * 60 * 60;

export const StepName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and _, starting with a letter, at most 64')
  .meta({ id: 'StepName' });

/**
 * How often a step is sent again, with full-jitter exponential backoff between `base_ms` and `max_ms`. A step that says
 * nothing gets these defaults for safe methods (RFC 9110 section 9.2.1) and one attempt otherwise: naming `retry` on an
 * unsafe one is the author's word that it may be sent twice.
 */
export const StepRetry = z
  .strictObject({
    max_attempts: z.int().min(1).max(10).default(3),
    base_ms: z.int().min(0).max(60_000).default(500),
    max_ms: z.int().min(0).max(120_000).default(30_000),
    /** Of all attempts and the waits between them. Waits of ten seconds and more do not count against the execution's five minutes. */
    max_elapsed_ms: z.int().min(1).max(86_400_000).default(300_000),
    /** What is retried instead of what usually is: statuses (503, or "5xx"), error classes, or an answer of which `when` holds. */
    on: z
      .strictObject({
        statuses: z
          .array(z.union([z.int().min(400).max(599), z.enum(['4xx', '5xx'])]))
          .max(50)
          .optional(),
        classes: z.array(ErrorClass).max(20).optional(),
        when: Expression.optional(),
      })
      .optional(),
    /** A response header that says when to come again: epoch seconds, a date, or seconds from now. */
    reset_header: z.string().min(1).max(200).optional(),
  })
  .meta({ id: 'StepRetry' });
export type StepRetry = z.infer<typeof StepRetry>;

/** Runs the step once for each item of a list. Inside it, `item` and `index` stand for the item and its place. */
export const ForEach = z
  .strictObject({
    items: Expression,
    max_concurrency: z.int().min(1).max(50).default(1),
    /** More than 1: `item` is a list of this many items. */
    batch_size: z.int().min(1).max(1_000).default(1),
    /** Between the starts of two items. */
    delay_ms: z.int().min(0).max(60_000).default(0),
    max_items: z.int().min(1).max(MAX_LOOP_ITEMS).default(1_000),
    /** The share of items, from 0 to 1, that may fail without failing the step. */
    tolerated_failure_share: z.number().min(0).max(1).default(0),
  })
  .meta({ id: 'ForEach' });
export type ForEach = z.infer<typeof ForEach>;

/** How many calls may be started in a time, over all executions of the workspace, for the step's credential and host. */
export const RateLimit = z
  .strictObject({
    requests: z.int().min(1).max(100_000),
    per_seconds: z.int().min(1).max(86_400),
    /** How many may start at once; by default as many as `requests`. */
    burst: z.int().min(1).max(100_000).optional(),
  })
  .meta({ id: 'RateLimit' });
export type RateLimit = z.infer<typeof RateLimit>;

/** Keeps the answer and gives it to later executions instead of calling again. */
export const StepCache = z
  .strictObject({
    ttl_seconds: z
      .int()
      .min(1)
      .max(30 * 86_400),
    /** What tells one answer from another; by default the request itself. */
    key: ShortTemplate.optional(),
  })
  .meta({ id: 'StepCache' });
export type StepCache = z.infer<typeof StepCache>;

export const Assertion = z
  .strictObject({ that: Expression, message: z.string().min(1).max(1_000).optional() })
  .meta({ id: 'Assertion' });
export type Assertion = z.infer<typeof Assertion>;

/** Runs another connector of the workspace and waits for its end; its output is the step's. */
export const ConnectorCall = z
  .strictObject({ id: z.uuid(), input: JsonObjectValue.default({}) })
  .meta({ id: 'ConnectorCall' });

/** A pause, outside of any process if it is long: `seconds` is a number or a template, `until` a template of an ISO 8601 time. */
export const Wait = z
  .strictObject({
    seconds: z.union([z.number().min(0).max(MAX_WAIT_SECONDS), ShortTemplate]).optional(),
    until: ShortTemplate.optional(),
  })
  .meta({ id: 'Wait' });

/** Ends the execution here, with its output or as failed. */
export const Stop = z
  .strictObject({
    status: z.enum(['succeeded', 'failed']).default('succeeded'),
    output: JsonValue.optional(),
    message: z.string().min(1).max(1_000).optional(),
  })
  .meta({ id: 'Stop' });

/** What a step does: exactly one of these. */
export const STEP_KINDS = [
  'request',
  'connector',
  'transform',
  'steps',
  'parallel',
  'switch',
  'wait',
  'stop',
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** What a step says of itself; the steps inside it come below. */
const own = {
  name: StepName,
  /** The step is skipped unless this holds. */
  condition: Expression.optional(),
  for_each: ForEach.optional(),
  request: StepRequest.optional(),
  response: StepResponse.optional(),
  pagination: Pagination.optional(),
  timeout_ms: z.int().min(1).max(MAX_STEP_TIMEOUT_MS).default(DEFAULT_STEP_TIMEOUT_MS),
  retry: StepRetry.optional(),
  rate_limit: RateLimit.optional(),
  cache: StepCache.optional(),
  /** Sends an `Idempotency-Key` that stays the same over all attempts, which makes an unsafe method safe to retry. */
  idempotency_key: z.boolean().default(false),
  /** Names of fields, or paths such as `body.customer.email`, that are never recorded of this step. */
  redact: z.array(z.string().min(1).max(500)).max(50).optional(),
  connector: ConnectorCall.optional(),
  /** Fields made of what is there: JSON whose strings are templates. */
  transform: JsonObjectValue.optional(),
  wait: Wait.optional(),
  stop: Stop.optional(),
  /** What must hold of the step's result; the first that does not fails the step. */
  assert: z.array(Assertion).min(1).max(20).optional(),
  continue_on_error: z.boolean().default(false),
};
const OwnStep = z.strictObject(own);

/** Steps may stand inside of steps. */
export interface Step extends z.infer<typeof OwnStep> {
  /** Run in turn. */
  steps?: Step[] | undefined;
  /** Run at the same time. */
  parallel?: { steps: Step[]; max_concurrency: number } | undefined;
  /** The first case whose `when` holds runs, or `default`. */
  switch?: { cases: { when: string; steps: Step[] }[]; default?: Step[] | undefined } | undefined;
  /** Run when this step has failed for good; when they succeed, the execution goes on. */
  on_error?: Step[] | undefined;
}

/** As it is written: without what has a default. */
export interface StepInput extends z.input<typeof OwnStep> {
  steps?: StepInput[] | undefined;
  parallel?: { steps: StepInput[]; max_concurrency?: number | undefined } | undefined;
  switch?: { cases: { when: string; steps: StepInput[] }[]; default?: StepInput[] | undefined } | undefined;
  on_error?: StepInput[] | undefined;
}

const Steps = z.lazy(() => z.array(Step).min(1).max(MAX_STEPS));

export const Step: z.ZodType<Step, StepInput> = z
  .strictObject({
    ...own,
    steps: Steps.optional(),
    parallel: z
      .strictObject({ steps: Steps, max_concurrency: z.int().min(1).max(50).default(10) })
      .optional(),
    switch: z
      .strictObject({
        cases: z
          .array(z.strictObject({ when: Expression, steps: Steps }))
          .min(1)
          .max(50),
        default: Steps.optional(),
      })
      .optional(),
    on_error: Steps.optional(),
  })
  .meta({ id: 'Step' });
