import type { ServerBackgroundWorker, TaskRunExecution } from '@trigger.dev/core/v3';
import type { Run } from './run.ts';
import type { TaskRegistry } from './task-registry.ts';

/** The one environment: production rules (no default TTL, stalled runs are retried). */
const ENVIRONMENT = { id: 'env_embedded', slug: 'prod', type: 'PRODUCTION' } as const;
const ORGANIZATION = { id: 'org_embedded', slug: 'embedded', name: 'Embedded' };
const PROJECT = { id: 'proj_embedded', ref: 'proj_embedded', slug: 'embedded', name: 'Embedded' };
/** The platform's default machine; nothing here depends on it. */
const MACHINE = { name: 'small-1x', cpu: 0.5, memory: 0.5, centsPerMs: 0 } as const;

export const VERSION = 'embedded';
export const WORKER: ServerBackgroundWorker = {
  id: 'worker_embedded',
  version: VERSION,
  contentHash: 'embedded',
  engine: 'V2',
};

/** The message that makes a child execute a claimed run. */
export function executionOf(run: Run, registry: TaskRegistry, now: number): TaskRunExecution {
  const maxDuration = registry.maxDuration(run.task_id, run.max_duration);
  return {
    task: { id: run.task_id, filePath: registry.get(run.task_id)?.filePath ?? '' },
    attempt: { number: run.attempt, startedAt: new Date(now) },
    run: {
      id: run.id,
      payload: run.payload,
      payloadType: run.payload_type,
      tags: run.tags,
      isTest: run.is_test,
      isReplay: run.replayed_from !== null,
      createdAt: new Date(run.created_at),
      startedAt: new Date(run.started_at ?? now),
      // Sent with every attempt: the executor writes it into the task's shared retry settings.
      maxAttempts: registry.maxAttempts(run.task_id, run.max_attempts),
      version: VERSION,
      durationMs: run.usage_ms,
      costInCents: 0,
      baseCostInCents: 0,
      priority: run.priority_ms / 1000,
      ...(run.metadata && { metadata: jsonValues(run.metadata) }),
      ...(maxDuration !== undefined && { maxDuration }),
      ...(run.idempotency_user_key !== null && { idempotencyKey: run.idempotency_user_key }),
      ...(run.idempotency_scope && { idempotencyKeyScope: run.idempotency_scope }),
      ...(run.parent_id !== null && { parentTaskRunId: run.parent_id }),
      ...(run.root_id !== null && { rootTaskRunId: run.root_id }),
    },
    queue: { id: run.queue, name: run.queue },
    environment: ENVIRONMENT,
    organization: ORGANIZATION,
    project: PROJECT,
    machine: MACHINE,
    ...(run.batch_id !== null && { batch: { id: run.batch_id } }),
  };
}

type JsonRecord = NonNullable<TaskRunExecution['run']['metadata']>;

/** Metadata was parsed from a JSON column, so its values are JSON by construction. */
function jsonValues(metadata: Record<string, unknown>): JsonRecord {
  return metadata as JsonRecord;
}
