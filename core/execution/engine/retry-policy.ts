import { StepRetry } from '../../connector/schema.ts';
import type { ErrorClass } from '../schema.ts';
import { fullJitterMs } from './backoff.ts';
import { CIRCUIT_OPEN, LOCAL_RATE_LIMIT, type StepFailure } from './step-failure.ts';

export { retryAfterOf } from './retry-after.ts';

/** For a step that says nothing about retries. Whether it may be sent again at all is another question: `repeatable`. */
export const DEFAULT_RETRY: StepRetry = StepRetry.parse({});

/** Asking again changes nothing about these, whatever a policy says. */
const NEVER_TRANSIENT: ReadonlySet<ErrorClass> = new Set([
  'egress_blocked',
  'template',
  'validation',
  'cancelled',
]);
/** No answer of the service: these end by waiting, and a policy about its answers says nothing of them. */
const OF_OUR_OWN: ReadonlySet<string> = new Set([CIRCUIT_OPEN, LOCAL_RATE_LIMIT]);

export type FailedAttempt = {
  failure: StepFailure;
  /** Whether a request that may have arrived may be sent again. */
  repeatable: boolean;
  /** With this one. */
  failures: number;
  /** Since the first attempt. */
  elapsedMs: number;
};

/**
 * How long to wait before the next attempt; undefined when there is to be none. The wait is what the service asked for
 * or the jittered backoff, whichever is longer; one that would end after `max_elapsed_ms` is not begun.
 */
export function nextRetryMs(retry: StepRetry, at: FailedAttempt, random: () => number): number | undefined {
  const { failure, repeatable, failures, elapsedMs } = at;
  if (!failure.transient || (failure.mayHaveActed && !repeatable)) return undefined;
  if (failures >= retry.max_attempts) return undefined;
  const waitMs = Math.max(fullJitterMs(retry, failures, random), failure.retryAfterMs ?? 0);
  return elapsedMs + waitMs > retry.max_elapsed_ms ? undefined : waitMs;
}

/**
 * The failure with the author's own word on whether it is transient. `status` is null when no answer came; `matches`
 * says that `retry.on.when` holds of the answer. Where `on` is given, it alone decides.
 */
export function withPolicy(
  failure: StepFailure,
  retry: Pick<StepRetry, 'on'>,
  { status, matches }: { status: number | null; matches: boolean },
): StepFailure {
  const { on } = retry;
  if (on === undefined || OF_OUR_OWN.has(failure.code)) return failure;
  const named =
    matches ||
    on.classes?.includes(failure.class) === true ||
    on.statuses?.some((named) => named === status || named === rangeOf(status)) === true;
  return { ...failure, transient: named && !NEVER_TRANSIENT.has(failure.class) };
}

const rangeOf = (status: number | null) => (status === null ? null : `${Math.floor(status / 100)}xx`);
