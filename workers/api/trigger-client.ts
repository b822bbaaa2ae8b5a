import * as z from 'zod';
import { EXECUTION_TASK_ID, type ExecutionTaskPayload } from '../../core/execution/schema.ts';
import {
  EXECUTION_QUEUE,
  executionTags,
  executionTriggerKey,
  hashTriggerKey,
} from '../../core/execution/task-trigger.ts';

/** What the SDK of the installed Trigger.dev version sends; it names the shape of requests and answers. */
const API_VERSION = '2025-07-16';
const SDK_VERSION = '4.8.3';
const TIMEOUT_MS = 5000;
/** The sweeper is the patient one: here a second try is only for a connection that broke. */
const ATTEMPTS = 2;

const Triggered = z.object({ id: z.string() });

export interface TriggerClient {
  /** Starts the task for an accepted execution; returns the task run's id. @throws TriggerError */
  startExecution(execution: { id: string; workspaceId: string }): Promise<string>;
}

export class TriggerError extends Error {
  override readonly name = 'TriggerError';
}

/**
 * The one call of Trigger.dev's REST API that the Worker makes. Its SDK would be most of the Worker's size and cold
 * start, and holds its configuration in globals.
 */
export function triggerClient(options: {
  url: string;
  secretKey: string;
  fetch: typeof fetch;
}): TriggerClient {
  const endpoint = `${options.url}/api/v1/tasks/${EXECUTION_TASK_ID}/trigger`;

  async function attempt(body: string, requestKey: string): Promise<Response> {
    return options.fetch(endpoint, {
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

  return {
    async startExecution({ id, workspaceId }) {
      const key = executionTriggerKey(id, 0);
      const payload: ExecutionTaskPayload = { executionId: id };
      const body = JSON.stringify({
        payload: JSON.stringify(payload),
        options: {
          payloadType: 'application/json',
          idempotencyKey: await hashTriggerKey(key),
          idempotencyKeyOptions: { key, scope: 'global' },
          concurrencyKey: workspaceId,
          queue: { name: EXECUTION_QUEUE },
          tags: executionTags(id, workspaceId),
        },
      });
      const requestKey = crypto.randomUUID();
      let failure = 'no answer';
      for (let tried = 0; tried < ATTEMPTS; tried += 1) {
        try {
          const response = await attempt(body, requestKey);
          if (response.ok) return Triggered.parse(await response.json()).id;
          await response.body?.cancel();
          failure = `status ${response.status}`;
          if (response.status < 500 && response.status !== 429) break;
        } catch (error) {
          failure = error instanceof Error ? error.name : 'no answer';
        }
      }
      throw new TriggerError(`The task could not be triggered: ${failure}.`);
    },
  };
}
