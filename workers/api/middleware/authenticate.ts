import type { MiddlewareHandler } from 'hono';
import type { Db } from '../../../core/db/db.ts';
import { Problem } from '../../../core/problem/problem.ts';
import type { Actor } from '../auth/verify-token.ts';
import type { PortsVariables } from './with-ports.ts';

export interface AuthVariables {
  actor: Actor;
  userId: string;
  /** The database API with the caller's rights. */
  db: Db;
}

/** RFC 6750 section 2.1; the scheme's name is case-insensitive (RFC 9110 section 11.1). */
const BEARER = /^Bearer +([^\s,]+) *$/i;

export interface AuthenticateOptions {
  readonly header?: string;
}

/** Lets through whoever brings a valid access token. What they may do is the database's decision. */
export function authenticate(
  options: AuthenticateOptions = {},
): MiddlewareHandler<{ Variables: PortsVariables & AuthVariables }> {
  const header = options.header ?? 'authorization';
  return async function authenticate(c, next) {
    const token = BEARER.exec(c.req.header(header) ?? '')?.[1];
    if (token === undefined)
      throw new Problem('unauthenticated', 'Send an access token as "Authorization: Bearer".');
    const { verifyToken, openDatabase } = c.get('ports');
    const actor = await verifyToken(token);
    if (actor === null) throw new Problem('unauthenticated', 'The access token is not valid.');
    c.set('actor', actor);
    c.set('userId', actor.userId);
    c.set('db', openDatabase(token));
    await next();
  };
}
