import type { StepRetry } from '../../connector/schema.ts';

/**
 * Full jitter: uniform between 0 and an exponentially growing bound, which spreads clients that failed together
 * (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog). `failedAttempts` counts from 1.
 */
export function fullJitterMs(
  retry: Pick<StepRetry, 'base_ms' | 'max_ms'>,
  failedAttempts: number,
  random: () => number,
): number {
  const bound = Math.min(retry.max_ms, retry.base_ms * 2 ** (failedAttempts - 1));
  return Math.round(random() * bound);
}

/** `Retry-After` in milliseconds from `nowMs`: delta-seconds or an HTTP date (RFC 9110 section 10.2.3), else undefined. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Only the date forms of RFC 9110 section 5.6.7: Date.parse alone would read much else, "-1" for instance.
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
