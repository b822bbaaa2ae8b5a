import type { Context, MiddlewareHandler } from 'hono';
import { Problem } from '../../../core/problem/problem.ts';
import { callerOf } from '../auth/actor.ts';
import { CALLER_PERIOD_SECONDS } from '../limits/limits.ts';
import type { AuthVariables } from './authenticate.ts';
import type { PortsVariables } from './with-ports.ts';

/**
 * Counts requests by caller, behind `authenticate`. Every answer names the policy, a refusal says when to come back:
 * `RateLimit-Policy`, `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10) and `Retry-After` (RFC 9110 section 10.2.3).
 * What is left is not told with other answers, because Cloudflare's limiter does not tell it either.
 */
export function rateLimit(): MiddlewareHandler<{ Variables: PortsVariables & AuthVariables }> {
  return async function rateLimit(c, next) {
    const { limits } = c.get('ports');
    if (limits !== null) {
      c.header('RateLimit-Policy', `"caller";q=${limits.quota};w=${CALLER_PERIOD_SECONDS}`);
      if (!(await limits.callers.limit({ key: callerOf(c.get('actor')) })).success)
        throw tooMany(c, 'caller', CALLER_PERIOD_SECONDS);
    }
    await next();
  };
}

/** Prepares the answer's headers. `seconds` is the whole period: how much of it is left only the limiter knows. */
export function tooMany(c: Context, policy: string, seconds: number): Problem {
  c.header('RateLimit', `"${policy}";r=0;t=${seconds}`);
  c.header('Retry-After', String(seconds));
  return new Problem('rate_limited', `Come back in ${seconds} seconds.`);
}
