import type { MiddlewareHandler } from 'hono';
import { idempotentDb } from '../../../core/db/idempotent.ts';
import { canonicalJson } from '../../../core/json/canonical.ts';
import { Problem } from '../../../core/problem/problem.ts';
import type { AuthVariables } from './authenticate.ts';
import type { PortsVariables } from './with-ports.ts';

export interface IdempotencyVariables {
  /** The caller's Idempotency-Key on a POST, or null. */
  idempotencyKey: string | null;
}

const HEADER = 'Idempotency-Key';
const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/**
 * `Idempotency-Key` on POST, after Stripe: the same key and request get the stored answer for a day, with
 * `Idempotency-Replayed: true`; the same key with another request is 422 `idempotency_key_reused`. Keys belong to their
 * caller. Only what was written is kept: a request that failed wrote nothing and may be sent again under its key.
 *
 * The database keeps a keyed hash of the request and never the request, so that nobody who reads the table can test
 * guesses of the secrets in it.
 */
export function idempotency(): MiddlewareHandler<{
  Variables: PortsVariables & AuthVariables & IdempotencyVariables;
}> {
  return async function idempotency(c, next) {
    const key = c.req.method === 'POST' ? c.req.header(HEADER) : undefined;
    c.set('idempotencyKey', key ?? null);
    if (key === undefined) return next();
    if (!PRINTABLE.test(key)) {
      throw new Problem('invalid_request', 'The Idempotency-Key is not valid.', [
        { pointer: `#header/${HEADER}`, detail: 'must be 1 to 255 printable ASCII characters' },
      ]);
    }
    let replayed = false;
    const { fingerprint } = c.get('ports');
    const { pathname, search } = new URL(c.req.url);
    const db = idempotentDb(c.get('db'), {
      key,
      // At the time of the write, so that the body has been read and checked.
      fingerprint: async () => {
        const workspace = c.req.header('X-Workspace-Id') ?? '';
        const body = canonical(await c.req.text());
        return fingerprint(c.req.method, pathname, search, workspace.toLowerCase(), body);
      },
      onReplay: () => {
        replayed = true;
      },
    });
    c.set('db', db);
    await next();
    if (replayed) c.header('Idempotency-Replayed', 'true');
  };
}

/** A larger body is compared as it was sent: as values it would take memory that a Worker has not. */
const MAX_CANONICAL_CHARS = 1024 * 1024;

/** Routes that take a body have read it as JSON by now; others do not look at theirs. */
function canonical(text: string): string {
  if (text.length > MAX_CANONICAL_CHARS) return text;
  try {
    return canonicalJson(JSON.parse(text));
  } catch {
    return text;
  }
}
