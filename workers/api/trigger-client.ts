import * as z from 'zod';
import { EXECUTION_TASK_ID, type ExecutionTaskPayload } from '../../core/execution/schema.ts';
import {
  EXECUTION_QUEUE,
  executionTags,
  executionTriggerKey,
  hashTriggerKey,
  TRIGGER_KEY_TTL,
} from '../../core/execution/task-trigger.ts';

/** What the SDK of the installed Trigger.dev version sends; it names the shape of requests and answers. */
const API_VERSION = '2025-07-16';
const SDK_VERSION = '4.8.3';
const TIMEOUT_MS = 5000;
/** The sweeper is the patient one: here a second try is only for a connection that broke. */
const ATTEMPTS = 2;

const Triggered = z.object({ id: z.string() });

export interface TriggerOptions {
  /** The same key again starts no second run while it is remembered (`TRIGGER_KEY_TTL`). */
  readonly idempotencyKey?: string;
  /** Shares the queue's limit with runs of the same key only. */
  readonly concurrencyKey?: string;
  readonly queue?: string;
  readonly tags?: readonly string[];
  /** A run that has not started after this many seconds is dropped. */
  readonly ttlSeconds?: number;
}

export interface TriggerClient {
  /** Starts a run of a task; returns the run's id. @throws TriggerError */
  trigger(taskId: string, payload: unknown, options?: TriggerOptions): Promise<string>;
  /** Starts the task for an execution that is due, once for each `fence`; returns the task run's id. @throws TriggerError */
  startExecution(execution: { id: string; workspaceId: string; fence: number }): Promise<string>;
}

export class TriggerError extends Error {
  override readonly name = 'TriggerError';
}

/**
 * The one kind of call of Trigger.dev's REST API that the Worker makes. Its SDK would be most of the Worker's size and cold
 * start, and holds its configuration in globals.
 */
export function triggerClient(options: {
  url: string;
  secretKey: string;
  fetch: typeof fetch;
}): TriggerClient {
  async function attempt(taskId: string, body: string, requestKey: string): Promise<Response> {
    return options.fetch(`${options.url}/api/v1/tasks/${taskId}/trigger`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${options.secretKey}`,
        'content-type': 'application/json',
        'trigger-version': SDK_VERSION,
        'x-trigger-api-version': API_VERSION,
        'x-trigger-source': 'sdk',
        'x-trigger-request-idempotency-key': requestKey,
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }

  async function trigger(taskId: string, payload: unknown, wanted: TriggerOptions = {}): Promise<string> {
    const body = JSON.stringify({ payload: JSON.stringify(payload), options: await wireOptions(wanted) });
    const requestKey = crypto.randomUUID();
    let failure = 'no answer';
    for (let tried = 0; tried < ATTEMPTS; tried += 1) {
      try {
        const response = await attempt(taskId, body, requestKey);
        if (response.ok) return Triggered.parse(await response.json()).id;
        await response.body?.cancel();
        failure = `status ${response.status}`;
        if (response.status < 500 && response.status !== 429) break;
      } catch (error) {
        failure = error instanceof Error ? error.name : 'no answer';
      }
    }
    throw new TriggerError(`The task could not be triggered: ${failure}.`);
  }

  return {
    trigger,
    startExecution({ id, workspaceId, fence }) {
      const payload: ExecutionTaskPayload = { executionId: id };
      return trigger(EXECUTION_TASK_ID, payload, {
        idempotencyKey: executionTriggerKey(id, fence),
        concurrencyKey: workspaceId,
        queue: EXECUTION_QUEUE,
        tags: executionTags(id, workspaceId),
      });
    },
  };
}

async function wireOptions({ idempotencyKey, concurrencyKey, queue, tags, ttlSeconds }: TriggerOptions) {
  return {
    payloadType: 'application/json',
    ...(idempotencyKey === undefined
      ? {}
      : {
          idempotencyKey: await hashTriggerKey(idempotencyKey),
          idempotencyKeyTTL: TRIGGER_KEY_TTL,
          idempotencyKeyOptions: { key: idempotencyKey, scope: 'global' },
        }),
    ...(concurrencyKey === undefined ? {} : { concurrencyKey }),
    ...(queue === undefined ? {} : { queue: { name: queue } }),
    ...(tags === undefined ? {} : { tags }),
    ...(ttlSeconds === undefined ? {} : { ttl: ttlSeconds }),
  };
}
