import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import { adminUsers } from './admin-users.ts';
import { authError, refuse, restError } from './answers.ts';
import type { Caller, ReadCaller } from './credentials.ts';
import type { Database } from './database.ts';
import type { Passes } from './passes.ts';
import { loudly, quietly } from './quiet.ts';
import { jsonArguments } from './rpc-arguments.ts';
import { exchangeSession } from './sessions.ts';
import type { Tokens } from './tokens.ts';

/** As much as hosted Supabase's gateway lets through in one request to the database API, and far below what hurts. */
export const BODY_LIMIT_BYTES = 20 * 1024 * 1024;

export type Fetch = (request: Request) => Promise<Response>;

export interface FrontParts {
  db: Database;
  /** lite's own handler, which trusts its caller. */
  lite: Fetch;
  passes: Passes;
  tokens: Tokens;
  readCaller: ReadCaller;
  /** Called with path and query of every request to `/rest/v1`. */
  onRestRequest(path: string): void;
}

/** One table or view, or one function: the only shapes of PostgREST's paths. */
const REST_PATH = /^\/rest\/v1\/(?:rpc\/)?[^/]*$/;

/** What of GoTrue works without mail, text messages and other providers. Everything else is 404. */
const AUTH_ROUTES: ReadonlyArray<readonly [method: string, path: string]> = [
  ['POST', '/auth/v1/signup'],
  ['POST', '/auth/v1/token'],
  ['POST', '/auth/v1/logout'],
  ['GET', '/auth/v1/user'],
  ['PUT', '/auth/v1/user'],
  ['GET', '/auth/v1/health'],
  ['GET', '/auth/v1/settings'],
];

/** The only door to the database API: keys and tokens are checked here, and lite sees nothing that was not. */
export function createFront(parts: FrontParts): Hono {
  const { db, lite, passes, tokens, readCaller } = parts;
  const app = new Hono();
  const withJsonArguments = jsonArguments(db);

  app.use(
    cors({
      origin: '*',
      exposeHeaders: ['Content-Range', 'Content-Location', 'Preference-Applied', 'X-Total-Count', 'Link'],
    }),
  );
  app.use(async (c, next) => {
    const length = c.req.header('content-length');
    // Node holds a body to its declared length, so the declaration is all there is to check.
    if (Number(length ?? 0) > BODY_LIMIT_BYTES)
      return restError(413, 'body_too_large', 'Request body too large');
    if (length === undefined && c.req.header('transfer-encoding') !== undefined) {
      return restError(411, 'length_required', 'a request body must declare its length');
    }
    await next();
  });

  app.get('/auth/v1/.well-known/jwks.json', (c) => c.json(tokens.jwks));

  app.use('/auth/v1/admin/*', async (c, next) => {
    const read = await readCaller(c.req.raw);
    if (!read.ok) return refuse(read.refusal, 'auth');
    if (isApiKey(read.caller)) return refuse('invalid_token', 'auth');
    if (read.caller.key !== 'secret' || read.caller.user)
      return authError(403, 'not_admin', 'User not allowed');
    await next();
  });
  app.route('/auth/v1/admin', adminUsers(db));

  for (const [method, path] of AUTH_ROUTES) {
    app.on(method, path, async (c) => {
      const read = await readCaller(c.req.raw);
      if (!read.ok) return refuse(read.refusal, 'auth');
      if (isApiKey(read.caller)) return refuse('invalid_token', 'auth');
      const answer = await forward(c, read.caller);
      return path === '/auth/v1/token' || path === '/auth/v1/signup'
        ? exchangeSession(db, tokens, answer)
        : answer;
    });
  }

  app.all('/rest/v1/*', async (c) => {
    const { pathname, search } = new URL(c.req.url);
    if (!REST_PATH.test(pathname)) return restError(404, 'PGRST125', 'Invalid path specified in request URL');
    parts.onRestRequest(pathname + search);
    const read = await readCaller(c.req.raw);
    if (!read.ok) return refuse(read.refusal, 'rest');
    return forward(c, read.caller);
  });

  app.notFound(() => restError(404, 'not_found', 'there is nothing here'));
  app.onError((error, c) => {
    report(c, 500, error);
    return failure();
  });

  async function forward(c: Context, caller: Caller): Promise<Response> {
    const url = new URL(c.req.url);
    // PostgREST would take it for a filter on a column of that name.
    url.searchParams.delete('apikey');
    const headers = new Headers(c.req.raw.headers);
    headers.delete('authorization');
    // lite's auth routes ask for a token of their own kind on top.
    if (caller.user && 'session_id' in caller.user && url.pathname.startsWith('/auth/')) {
      headers.set('authorization', `Bearer ${await tokens.seal(caller.user)}`);
    }
    const hasBody = c.req.method !== 'GET' && c.req.method !== 'HEAD';
    const body = hasBody ? await withJsonArguments(url.pathname, await c.req.arrayBuffer()) : null;
    const answer = await passes.during(caller, async (pass) => {
      headers.set('apikey', pass);
      const request = new Request(url, { method: c.req.method, headers, body });
      return quietly(() => lite(request));
    });
    if (answer.status >= 500) {
      const text = await answer.clone().text();
      report(c, answer.status, text);
      // lite's code for an exception of its own, whose text would go out.
      if (text.includes('"SUP"')) return failure();
    }
    // A copy, because headers of an answer made elsewhere can be immutable and the CORS headers are added to it.
    return new Response(answer.body, answer);
  }

  return app;
}

/** An API key has no account, no session and no password. */
const isApiKey = ({ user }: Caller) => user !== null && 'api_key_hash' in user;

const failure = () => restError(500, 'internal', 'the stack failed to answer; its log says why');

/** One line for an operator: the text of a failure goes to the log, never to the caller. */
function report(c: Context, status: number, cause: unknown): void {
  const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  const { pathname } = new URL(c.req.url);
  loudly(() =>
    console.error(
      JSON.stringify({
        level: 'error',
        event: 'supabase_failure',
        method: c.req.method,
        path: pathname,
        status,
        message,
      }),
    ),
  );
}
