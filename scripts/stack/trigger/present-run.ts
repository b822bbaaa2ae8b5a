import { createJsonErrorObject, parsePacket } from '@trigger.dev/core/v3';
import { VERSION } from './execution.ts';
import type { Run, StoredStatus } from './run.ts';

/** The status as the API (version 2025-07-16) names it. */
export function apiStatus(status: StoredStatus): Exclude<StoredStatus, 'RETRYING'> {
  return status === 'RETRYING' ? 'EXECUTING' : status;
}

/** The stored statuses that the API shows as `status`. */
export function storedStatuses(status: string): string[] {
  return status === 'EXECUTING' ? ['EXECUTING', 'RETRYING'] : [status];
}

const COMPLETED: ReadonlySet<StoredStatus> = new Set([
  'COMPLETED',
  'CANCELED',
  'FAILED',
  'CRASHED',
  'SYSTEM_FAILURE',
]);

/** The `is*` helpers. As on the platform, `isCompleted` is false for EXPIRED and TIMED_OUT. */
function statusFlags(stored: StoredStatus) {
  const status = apiStatus(stored);
  const isCompleted = COMPLETED.has(status);
  return {
    isQueued: status === 'QUEUED' || status === 'DELAYED',
    isExecuting: status === 'EXECUTING',
    isWaiting: status === 'WAITING',
    isCompleted,
    isSuccess: status === 'COMPLETED',
    isFailed: isCompleted && status !== 'COMPLETED',
    isCancelled: status === 'CANCELED',
  };
}

const dateOf = (time: number | null): string | undefined =>
  time === null ? undefined : new Date(time).toISOString();

/** What lists, relations and the single run have in common. */
export function presentCommon(run: Run) {
  const trigger = run.resume_parent ? 'AndWait' : '';
  return {
    id: run.id,
    status: apiStatus(run.status),
    taskIdentifier: run.task_id,
    idempotencyKey: run.idempotency_user_key ?? run.idempotency_key ?? undefined,
    version: VERSION,
    ...statusFlags(run.status),
    isTest: run.is_test,
    createdAt: dateOf(run.created_at),
    updatedAt: dateOf(run.updated_at),
    startedAt: dateOf(run.started_at),
    finishedAt: dateOf(run.finished_at),
    delayedUntil: dateOf(run.delay_until),
    ttl: run.ttl ?? undefined,
    expiredAt: dateOf(run.expired_at),
    tags: run.tags.toSorted((a, b) => a.localeCompare(b)),
    costInCents: 0,
    baseCostInCents: 0,
    durationMs: run.usage_ms,
    metadata: run.metadata ?? undefined,
    depth: run.depth,
    triggerFunction: run.batch_id === null ? `trigger${trigger}` : `batchTrigger${trigger}`,
    batchId: run.batch_id ?? undefined,
  };
}

export interface PresentDeps {
  readonly get: (id: string) => Run | undefined;
  readonly children: (id: string) => Run[];
  /** A signed URL of a stored packet. */
  readonly packetUrl: (name: string) => string;
  readonly attempts: (id: string) => unknown[];
  readonly schedule: (id: string) => unknown;
}

/** A run as `GET /api/v3/runs/:id` shows it. `attempts` is an addition of this runtime, for its inspector. */
export async function presentRun(run: Run, deps: PresentDeps) {
  const related = (id: string | null) => {
    const other = id === null ? undefined : deps.get(id);
    return other && presentCommon(other);
  };
  return {
    ...presentCommon(run),
    ...(await packetField('payload', run.payload, run.payload_type, deps)),
    ...(run.status === 'COMPLETED' && (await packetField('output', run.output, run.output_type, deps))),
    error: run.error ? createJsonErrorObject(run.error) : undefined,
    schedule: run.schedule_id === null ? undefined : deps.schedule(run.schedule_id),
    attemptCount: run.attempt,
    attempts: deps.attempts(run.id),
    relatedRuns: {
      root: related(run.root_id),
      parent: related(run.parent_id),
      children: deps.children(run.id).map(presentCommon),
    },
  };
}

async function packetField(
  name: 'payload' | 'output',
  data: string | null,
  dataType: string | null,
  deps: PresentDeps,
): Promise<Record<string, unknown>> {
  if (!data) return {};
  const type = dataType ?? 'application/json';
  if (type === 'application/store') return { [`${name}PresignedUrl`]: deps.packetUrl(data) };
  return { [name]: await plain(data, type) };
}

/** A packet as plain JSON; what cannot be read is shown as it was sent. */
async function plain(data: string, dataType: string): Promise<unknown> {
  try {
    const value: unknown = await parsePacket({ data, dataType });
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
  } catch {
    return data;
  }
}
