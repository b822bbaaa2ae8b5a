/** Counts by key. Cloudflare's binding has this shape: https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/ */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** Keys counted at once, at about 100 B each; beyond them the oldest starts again. */
const MAX_KEYS = 10_000;

/**
 * A limiter in this isolate's memory, for where there is no binding: fixed windows, `limit` calls in each. It knows
 * nothing of other isolates, so it serves the local stack and tests.
 */
export function memoryRateLimiter(
  rule: { readonly limit: number; readonly periodSeconds: number },
  clock: { now(): number },
): RateLimiter {
  const periodMs = rule.periodSeconds * 1000;
  const counted = new Map<string, { startedAt: number; calls: number }>();
  return {
    async limit({ key }) {
      const now = clock.now();
      const known = counted.get(key);
      if (known !== undefined && now - known.startedAt < periodMs) {
        known.calls += 1;
        return { success: known.calls <= rule.limit };
      }
      counted.delete(key);
      const [oldest] = counted.keys();
      if (counted.size >= MAX_KEYS && oldest !== undefined) counted.delete(oldest);
      counted.set(key, { startedAt: now, calls: 1 });
      return { success: rule.limit >= 1 };
    },
  };
}
