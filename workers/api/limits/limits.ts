import { memoryRateLimiter, type RateLimiter } from './rate-limiter.ts';

/** The bindings in wrangler.toml count over the same periods: keep them in step. */
export const CALLER_PERIOD_SECONDS = 10;
export const FAILURE_PERIOD_SECONDS = 60;
/** Tokens and keys that were refused, from one address. A person mistypes a few; a scanner tries thousands. */
export const FAILURES_PER_PERIOD = 100;

export interface Limits {
  /** Requests that one caller has in each period. */
  readonly quota: number;
  readonly callers: RateLimiter;
  readonly failures: FailureGate;
}

/**
 * Counts refused tokens by address. A limiter can only be asked by counting, so that an address that is over its limit is
 * remembered here for the rest of the period, and is then answered without any work.
 */
export interface FailureGate {
  isClosed(address: string): boolean;
  note(address: string): Promise<void>;
}

/** Addresses remembered at most. */
const MAX_CLOSED = 10_000;

export function failureGate(limiter: RateLimiter, clock: { now(): number }): FailureGate {
  const closedUntil = new Map<string, number>();
  return {
    isClosed: (address) => clock.now() < (closedUntil.get(address) ?? 0),
    async note(address) {
      const { success } = await limiter.limit({ key: `failures:${address}` });
      if (success) return;
      const [oldest] = closedUntil.keys();
      if (closedUntil.size >= MAX_CLOSED && oldest !== undefined) closedUntil.delete(oldest);
      closedUntil.delete(address);
      closedUntil.set(address, clock.now() + FAILURE_PERIOD_SECONDS * 1000);
    },
  };
}

/** The limiters that are bound, and ones in memory in place of those that are not; null when limits are off. */
export function createLimits(
  config: { quota: number; callers: RateLimiter | null; failures: RateLimiter | null },
  clock: { now(): number },
): Limits | null {
  const { quota } = config;
  if (quota === 0) return null;
  const callers = { limit: quota, periodSeconds: CALLER_PERIOD_SECONDS };
  const failures = { limit: FAILURES_PER_PERIOD, periodSeconds: FAILURE_PERIOD_SECONDS };
  return {
    quota,
    callers: forgiving(config.callers ?? memoryRateLimiter(callers, clock)),
    failures: failureGate(forgiving(config.failures ?? memoryRateLimiter(failures, clock)), clock),
  };
}

/** A limiter that fails lets everybody through: it protects the service and must not be what takes it down. */
function forgiving(limiter: RateLimiter): RateLimiter {
  return { limit: (options) => limiter.limit(options).catch(() => ({ success: true })) };
}
