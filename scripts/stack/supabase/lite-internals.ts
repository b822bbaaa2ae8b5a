import type { Kysely } from 'kysely';
import { CompiledQuery } from 'kysely';
import type { Database } from './database.ts';

/**
 * Members of `@supabase/lite` connections that are private in its types but decide its security. The version is pinned;
 * when an update renames one of them, this fails at start instead of leaving a hole open.
 */
function setInternal(connection: Database['connection'], name: string, value: unknown): void {
  if (!Reflect.has(connection, name)) {
    throw new Error(`@supabase/lite no longer has "${name}": its pinned version and this code disagree`);
  }
  Reflect.set(connection, name, value);
}

/**
 * Says that row level security is on. Left alone, lite decides that at the first request, from what it finds, and then
 * grants everything on every table to `anon` and `authenticated`.
 */
export function activateRls(connection: Database['connection']): void {
  setInternal(connection, 'rlsState', 'active');
}

interface Vars {
  auth?: { uid?: unknown; role?: unknown; jwt?: unknown };
}

const API_ROLES = new Set(['anon', 'authenticated', 'service_role']);

const SESSION_CONTEXT = `select
  set_config('role', $1, true),
  set_config('request.jwt.claim.role', $1, true),
  set_config('request.jwt.claim.sub', $2, true),
  set_config('request.jwt.claims', $3, true)`;

/** Sets role and claims for the transaction in one statement, where lite takes six. Refuses every role but the API's three. */
async function applySessionContext(executor: Kysely<unknown>, vars: Vars): Promise<void> {
  const role = vars.auth?.role;
  if (typeof role !== 'string' || !API_ROLES.has(role))
    throw new Error('a request must have one of the API roles');
  const sub = typeof vars.auth?.uid === 'string' ? vars.auth.uid : '';
  const claims = JSON.stringify(vars.auth?.jwt ?? { role });
  await executor.executeQuery(CompiledQuery.raw(SESSION_CONTEXT, [role, sub, claims]));
}

interface RpcRequest {
  method: string;
  path: string;
  readOnly: boolean;
  requestHeaders?: Record<string, string>;
}

const RPC_CONTEXT = `select
  set_config('response.status', '', true),
  set_config('response.headers', '', true),
  set_config('request.method', $1, true),
  set_config('request.path', $2, true),
  set_config('request.headers', $3, true)`;

/** What a function called by `rpc` can read of its request. Credentials are left out: a function could return them. */
async function applyRpcContext(executor: Kysely<unknown>, rpc: RpcRequest): Promise<void> {
  const {
    authorization: _authorization,
    apikey: _apikey,
    cookie: _cookie,
    ...headers
  } = rpc.requestHeaders ?? {};
  await executor.executeQuery(
    CompiledQuery.raw(RPC_CONTEXT, [rpc.method, rpc.path, JSON.stringify(headers)]),
  );
}

/** Halves the statements of every request; see the two functions above for what changes. */
export function shortenRequestContext(connection: Database['connection']): void {
  setInternal(connection, 'applyJwtSessionContext', applySessionContext);
  setInternal(connection, 'applyRpcRequestGucs', applyRpcContext);
}
