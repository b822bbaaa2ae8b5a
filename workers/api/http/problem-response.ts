import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { DatabaseError } from '../../../core/db/db.ts';
import { PROBLEMS, Problem } from '../../../core/problem/problem.ts';
import { KeySetUnavailable } from '../auth/key-set.ts';
import { ConfigError } from '../env.ts';

/** A caller who comes back this much later finds most restarts over. */
const RETRY_AFTER_SECONDS = 2;

/** What PostgREST says of a token that it does not take (any more). https://docs.postgrest.org/en/stable/references/errors.html */
const TOKEN_REFUSED: ReadonlySet<string> = new Set(['PGRST301', 'PGRST303']);

/** Names what went wrong without a URL that somebody would have to keep alive (RFC 9457 section 3.1.1). */
const typeOf = (code: string) => `urn:patchbay:problem:${code}`;

/** An answer as `application/problem+json` (RFC 9457). */
export function problemResponse(c: Context, problem: Problem): Response {
  const { code, detail, errors } = problem;
  const { status, title } = PROBLEMS[code];
  const body = {
    type: typeOf(code),
    title,
    status,
    detail,
    code,
    requestId: c.get('requestId'),
    ...(errors.length > 0 ? { errors } : {}),
  };
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (status === 401) headers['www-authenticate'] = challengeOf(c);
  if (status === 503) headers['retry-after'] = String(RETRY_AFTER_SECONDS);
  return c.body(JSON.stringify(body), status, headers);
}

/** RFC 6750 section 3.1: a request that carried no token is not told that it was invalid. */
function challengeOf(c: Context): string {
  return c.req.header('authorization') === undefined ? 'Bearer' : 'Bearer error="invalid_token"';
}

/** The problem that a caller is told of. What nobody expected becomes `internal`, without its message. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof DatabaseError) {
    if (TOKEN_REFUSED.has(error.code)) return new Problem('unauthenticated', 'The token is not accepted.');
    if (error.transient) return new Problem('unavailable', 'The database does not answer; try again.');
  }
  if (error instanceof KeySetUnavailable) {
    return new Problem('unavailable', 'Tokens cannot be checked at the moment; try again.');
  }
  if (error instanceof ConfigError) return new Problem('internal', 'The service is not configured.');
  if (error instanceof HTTPException && error.status === 400) {
    return new Problem('invalid_request', 'The request cannot be read.');
  }
  return new Problem('internal', 'The request failed; its id finds it in our log.');
}
