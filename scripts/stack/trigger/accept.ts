import type { TriggerTaskRequestBody } from '@trigger.dev/core/v3';
import type * as z from 'zod';
import { delayUntil, durationMs, ttlMs } from './durations.ts';
import { newId } from './ids.ts';
import { groupKey, type Run, RunMetadata } from './run.ts';
import type { NewRun, RunStore } from './run-store.ts';
import type { TaskRegistry } from './task-registry.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long an idempotency key lives when its caller names no TTL. */
const IDEMPOTENCY_TTL_MS = 30 * DAY_MS;
const MAX_TAGS = 10;
const PRIORITY_UNIT_MS = 1000;

export type TriggerBody = z.infer<typeof TriggerTaskRequestBody>;
export type TriggerOptions = NonNullable<TriggerBody['options']>;

/** A request that cannot be taken as it is; the message is for the caller. */
export class RequestError extends Error {
  readonly status: 400 | 404 | 409 | 413 | 422;

  constructor(message: string, status: RequestError['status'] = 400) {
    super(message);
    this.status = status;
  }
}

/** Where a run comes from, when it is not a plain trigger call. */
export interface Origin {
  readonly batch?: { readonly id: string; readonly index: number };
  readonly scheduleId?: string;
  readonly replayOf?: string;
  /** `x-trigger-request-idempotency-key`: names one request, so that its retry by the client is no second run. */
  readonly requestKey?: string;
}

export interface AcceptDeps {
  readonly runs: RunStore;
  readonly registry: TaskRegistry;
  readonly clock: () => number;
}

/**
 * Stores a run; when this returns, it is on the disk. With an idempotency key that is in use, the run of
 * that key is returned instead. An unknown task id is accepted, and its run fails: so does the platform.
 */
export function acceptRun(
  deps: AcceptDeps,
  taskId: string,
  body: TriggerBody,
  origin: Origin = {},
): { run: Run; isCached: boolean } {
  const { runs, clock } = deps;
  const repeated = origin.requestKey === undefined ? undefined : runs.findByRequestKey(origin.requestKey);
  if (repeated) return { run: repeated, isCached: false };

  const now = clock();
  const key = body.options?.idempotencyKey;
  const known = key ? runs.findByIdempotencyKey(taskId, key) : undefined;
  if (key && known) {
    if ((known.idempotency_expires_at ?? 0) > now) return { run: known, isCached: true };
    runs.clearIdempotencyKey(taskId, key);
  }
  const row = newRun(deps, taskId, body, origin, now);
  runs.insert(row);
  const run = runs.get(row.id);
  if (!run) throw new Error(`run ${row.id} is not there after its insert`);
  return { run, isCached: false };
}

function newRun(
  { runs, registry }: AcceptDeps,
  taskId: string,
  body: TriggerBody,
  origin: Origin,
  now: number,
): NewRun {
  const options = body.options ?? {};
  refuseUnsupported(options);
  const parent = options.parentRunId === undefined ? undefined : runs.get(options.parentRunId);
  const start = options.delay === undefined ? now : delayUntil(options.delay, now);
  if (start === undefined) throw new RequestError(`Invalid delay: ${String(options.delay)}`);
  const delayed = start > now;
  const ttl = options.ttl ?? registry.get(taskId)?.ttl;
  const ttlMillis = ttl === undefined ? null : ttlMs(ttl);
  if (ttlMillis === undefined) throw new RequestError(`Invalid ttl: ${String(ttl)}`);
  const queue = options.queue?.name ?? registry.queueOf(taskId);
  const concurrencyKey = options.concurrencyKey ?? null;
  return {
    id: newId('run', now),
    task_id: taskId,
    status: delayed ? 'DELAYED' : 'QUEUED',
    ...payloadOf(body),
    queue,
    concurrency_key: concurrencyKey,
    group_key: groupKey(queue, concurrencyKey),
    priority_ms: Math.round((options.priority ?? 0) * PRIORITY_UNIT_MS),
    available_at: delayed ? start : now,
    created_at: now,
    delay_until: delayed ? start : null,
    ttl: ttl === undefined ? null : String(ttl),
    ttl_ms: ttlMillis,
    max_attempts: options.maxAttempts ?? null,
    max_duration: options.maxDuration ?? null,
    idempotency_key: options.idempotencyKey ?? null,
    idempotency_expires_at: options.idempotencyKey ? now + idempotencyTtl(options) : null,
    idempotency_user_key: options.idempotencyKeyOptions?.key ?? null,
    idempotency_scope: options.idempotencyKeyOptions?.scope ?? null,
    request_key: origin.requestKey ?? null,
    tags: tagsOf(options.tags),
    metadata: metadataOf(options),
    is_test: options.test ?? false,
    replayed_from: origin.replayOf ?? null,
    parent_id: parent?.id ?? null,
    root_id: parent ? (parent.root_id ?? parent.id) : null,
    depth: parent ? parent.depth + 1 : 0,
    resume_parent: options.resumeParentOnCompletion ?? false,
    batch_id: origin.batch?.id ?? null,
    batch_index: origin.batch?.index ?? null,
    schedule_id: origin.scheduleId ?? null,
  };
}

/** Better an error than an option that silently does nothing. */
function refuseUnsupported(options: TriggerOptions): void {
  for (const name of ['debounce', 'gates', 'concurrency'] as const) {
    if (options[name] !== undefined)
      throw new RequestError(`The embedded runtime does not support "${name}"`);
  }
}

function payloadOf({ payload, options }: TriggerBody): { payload: string; payload_type: string } {
  const type = options?.payloadType ?? 'application/json';
  if (payload === undefined) return { payload: '', payload_type: type };
  if (typeof payload === 'string') return { payload, payload_type: type };
  return { payload: JSON.stringify(payload), payload_type: 'application/json' };
}

function idempotencyTtl(options: TriggerOptions): number {
  if (options.idempotencyKeyTTL === undefined) return IDEMPOTENCY_TTL_MS;
  const ttl = durationMs(options.idempotencyKeyTTL);
  if (ttl === undefined) throw new RequestError(`Invalid idempotencyKeyTTL: ${options.idempotencyKeyTTL}`);
  return ttl;
}

/** One tag or several, each once. */
export function tagsOf(tags: string | readonly string[] | undefined): string[] {
  const list = [...new Set(typeof tags === 'string' ? [tags] : (tags ?? []))].filter((tag) => tag.trim());
  if (list.length > MAX_TAGS) {
    throw new RequestError(`Runs can only have ${MAX_TAGS} tags, you're trying to set ${list.length}.`, 422);
  }
  return list;
}

function metadataOf({ metadata, metadataType }: TriggerOptions): RunMetadata | null {
  if (metadata === undefined || metadata === null) return null;
  const parsed = RunMetadata.safeParse(
    typeof metadata === 'string' ? parseJson(metadata, metadataType) : metadata,
  );
  if (!parsed.success) throw new RequestError('Invalid metadata: an object is expected');
  return parsed.data;
}

/** JSON, or the JSON part of a SuperJSON document. */
function parseJson(text: string, type: string | undefined): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return type === 'application/super+json' && typeof value === 'object' && value && 'json' in value
      ? value.json
      : value;
  } catch {
    return undefined;
  }
}
