import type { ReplayRunRequestBody } from '@trigger.dev/core/v3';
import type * as z from 'zod';
import { type AcceptDeps, acceptRun, type TriggerOptions } from './accept.ts';
import type { Run } from './run.ts';

type ReplayBody = z.infer<typeof ReplayRunRequestBody>;

/** Runs the same payload again, with what the caller wants changed. The idempotency key is not taken over. */
export function replayRun(deps: AcceptDeps, run: Run, change: ReplayBody): Run {
  const { payload, payloadType, queue, version: _version, region: _region, ...given } = change;
  const options: TriggerOptions = {
    queue: { name: queue ?? run.queue },
    tags: run.tags,
    test: run.is_test,
    priority: run.priority_ms / 1000,
    ...(run.metadata && { metadata: run.metadata }),
    ...(run.concurrency_key !== null && { concurrencyKey: run.concurrency_key }),
    ...(run.max_attempts !== null && { maxAttempts: run.max_attempts }),
    ...(run.max_duration !== null && { maxDuration: run.max_duration }),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    payloadType: payload === undefined ? run.payload_type : (payloadType ?? 'application/json'),
  };
  const body = {
    payload:
      payload === undefined
        ? run.payload
        : typeof payload === 'string' && payloadType
          ? payload
          : JSON.stringify(payload),
    options,
  };
  return acceptRun(deps, run.task_id, body, { replayOf: run.id }).run;
}
