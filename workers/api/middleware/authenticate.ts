import type { Context, MiddlewareHandler } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import { looksLikeApiKey } from '../../../core/api-key/format.ts';
import type { Db } from '../../../core/db/db.ts';
import { Problem } from '../../../core/problem/problem.ts';
import type { Actor } from '../auth/actor.ts';
import { FAILURE_PERIOD_SECONDS } from '../limits/limits.ts';
import type { Ports } from '../ports.ts';
import { tooMany } from './rate-limit.ts';
import type { PortsVariables } from './with-ports.ts';

export interface AuthVariables {
  actor: Actor;
  /** For the log: one of the two is set. */
  userId: string | undefined;
  apiKeyId: string | undefined;
  /** The database API with the caller's rights. */
  db: Db;
}

/** RFC 6750 section 2.1; the scheme's name is case-insensitive (RFC 9110 section 11.1). */
const BEARER = /^Bearer +([^\s,]+) *$/i;
/** Set by Cloudflare for every request, whatever the caller sent. Without it there is no address to go by. */
const ADDRESS = 'cf-connecting-ip';

export interface AuthenticateOptions {
  readonly header?: string;
}

/** Lets through whoever brings a valid access token or an API key. What they may do is the database's decision. */
export function authenticate(
  options: AuthenticateOptions = {},
): MiddlewareHandler<{ Variables: PortsVariables & AuthVariables }> {
  const header = options.header ?? 'authorization';
  return async function authenticate(c, next) {
    const token = BEARER.exec(c.req.header(header) ?? '')?.[1];
    if (token === undefined)
      throw new Problem('unauthenticated', 'Send an access token or an API key as "Authorization: Bearer".');
    const ports = c.get('ports');
    const address = c.req.header(ADDRESS);
    // Whoever is known to be good goes on behind an address that others send bad tokens from.
    if (address !== undefined && ports.limits?.failures.isClosed(address) && !isKnown(ports, token)) {
      throw tooMany(c, 'failures', FAILURE_PERIOD_SECONDS);
    }
    const failed = async () => {
      if (address !== undefined) await ports.limits?.failures.note(address);
    };

    const actor = await identify(ports, token).catch(async (error: unknown) => {
      if (error instanceof Problem) await failed();
      throw error;
    });
    c.set('actor', actor);
    c.set(
      actor.type === 'user' ? 'userId' : 'apiKeyId',
      actor.type === 'user' ? actor.userId : actor.apiKeyId,
    );
    c.set('db', ports.openDatabase(actor.token));
    await next();

    if (actor.type === 'user') return;
    if (c.res.status === 401) {
      ports.apiKeys?.refused(token);
      await failed();
    } else if (c.res.status < 500 && ports.apiKeys?.accepted(token)) {
      c.executionCtx.waitUntil(noteUse(c));
    }
  };
}

async function identify({ verifyToken, apiKeys }: Ports, token: string): Promise<Actor> {
  if (!looksLikeApiKey(token)) {
    const user = await verifyToken(token);
    if (user === null) throw new Problem('unauthenticated', 'The access token is not valid.');
    return user;
  }
  if (apiKeys === null) throw new Problem('unauthenticated', 'API keys are not enabled on this deployment.');
  const key = await apiKeys.identify(token);
  if (key === null)
    throw new Problem('unauthenticated', 'The API key is malformed: was it copied as a whole?');
  return key;
}

function isKnown({ verifyToken, apiKeys }: Ports, token: string): boolean {
  return looksLikeApiKey(token) ? (apiKeys?.remembers(token) ?? false) : verifyToken.remembers(token);
}

/** Beside the answer: when a key was last used is not worth a caller's time, nor a failure of their request. */
async function noteUse(
  c: Context<{ Variables: PortsVariables & AuthVariables & Partial<RequestIdVariables> }>,
): Promise<void> {
  const { openDatabase, runtime } = c.get('ports');
  const { token } = c.get('actor');
  try {
    await openDatabase(token).call('note_api_key_use', {});
  } catch (error) {
    runtime.log('warn', 'api_key_use_not_noted', {
      requestId: c.get('requestId'),
      message: error instanceof Error ? error.message : 'unknown',
    });
  }
}
