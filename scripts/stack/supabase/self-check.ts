import { SignJWT, UnsecuredJWT } from 'jose';
import { sql as statement } from 'kysely';
import type { Database } from './database.ts';
import type { Fetch } from './front.ts';
import { generateKeys, type StackKeys } from './keys.ts';
import { createTokens, type UserClaims } from './tokens.ts';

export interface SelfCheckParts {
  db: Database;
  /** The front, as the outside reaches it. */
  fetch: Fetch;
  url: string;
  keys: StackKeys;
}

/**
 * Tries the stack's guards from outside before it serves anybody, and throws unless each of them holds: the isolation of
 * workspaces rests on them, and an update of a dependency could open any of them without another sign.
 */
export async function selfCheck(parts: SelfCheckParts): Promise<void> {
  const failures = [
    ...(await checkTables(parts)),
    ...(await checkTransactions(parts.db)),
    ...(await checkTokens(parts)),
    ...(await checkPaths(parts)),
  ];
  if (failures.length > 0)
    throw new Error(`the self-check failed, so nothing is served: ${failures.join('; ')}`);
}

const REVOKED = 'patchbay_self_check_revoked';
const PROTECTED = 'patchbay_self_check_protected';

const DROP = `drop table if exists public.${REVOKED}, public.${PROTECTED};`;

const CREATE = `${DROP}
create table public.${REVOKED} (id int primary key);
insert into public.${REVOKED} values (1);
revoke all on public.${REVOKED} from public, anon, authenticated;
create table public.${PROTECTED} (id int primary key);
insert into public.${PROTECTED} values (1);
alter table public.${PROTECTED} enable row level security;
revoke all on public.${PROTECTED} from public;
grant select on public.${PROTECTED} to anon, authenticated, service_role;`;

async function checkTables({ db, fetch, url, keys }: SelfCheckParts): Promise<string[]> {
  const read = async (table: string, key: string): Promise<{ status: number; body: unknown }> => {
    const request = new Request(`${url}/rest/v1/${table}?select=id`, { headers: { apikey: key } });
    const response = await fetch(request);
    return { status: response.status, body: await response.json().catch(() => null) };
  };
  await db.script(CREATE);
  try {
    await db.connection.clearSchemaCache();
    const revoked = await read(REVOKED, keys.publishable_key);
    const hidden = await read(PROTECTED, keys.publishable_key);
    const visible = await read(PROTECTED, keys.secret_key);
    return [
      ...(codeOf(revoked.body) === '42501'
        ? []
        : [`a table without grants answered ${revoked.status} to anon`]),
      ...(isRows(hidden.body, 0) ? [] : ['anon saw rows of a table with row level security and no policy']),
      ...(isRows(visible.body, 1)
        ? []
        : ['the secret key did not see the row of a table with row level security']),
    ];
  } finally {
    await db.script(DROP);
    await db.connection.clearSchemaCache();
  }
}

const codeOf = (body: unknown) =>
  typeof body === 'object' && body !== null ? Reflect.get(body, 'code') : undefined;
const isRows = (body: unknown, count: number) => Array.isArray(body) && body.length === count;

/** How long the first transaction leaves the second one time to disturb it. */
const INTERLEAVE_MS = 20;

/** Two transactions write the same transaction-local setting; each must read back its own. */
async function checkTransactions(db: Database): Promise<string[]> {
  const turn = (name: string) =>
    db.connection.kysely.transaction().execute(async (tx) => {
      await statement`select set_config('patchbay.self_check', ${name}, true)`.execute(tx);
      await new Promise((resolve) => setTimeout(resolve, INTERLEAVE_MS));
      const read = await statement<{ value: string }>`
        select current_setting('patchbay.self_check', true) as value`.execute(tx);
      return read.rows[0]?.value === name;
    });
  const results = await Promise.allSettled([turn('one'), turn('two')]);
  const apart = results.every((result) => result.status === 'fulfilled' && result.value);
  return apart ? [] : ['two transactions at the same time saw each other'];
}

async function checkTokens({ fetch, url, keys }: SelfCheckParts): Promise<string[]> {
  const now = Math.floor(Date.now() / 1000);
  const claims: UserClaims = {
    iss: `${url}/auth/v1`,
    aud: 'authenticated',
    sub: crypto.randomUUID(),
    role: 'authenticated',
    email: '',
    phone: '',
    app_metadata: {},
    user_metadata: {},
    aal: 'aal1',
    amr: [],
    session_id: crypto.randomUUID(),
    is_anonymous: false,
    iat: now,
    exp: now + 60,
  };
  const strangers = await generateKeys();
  strangers.signing_key.kid = keys.signing_key.kid;
  const forgers = await createTokens(strangers, () => claims.iss);
  const forged = {
    'no signature': new UnsecuredJWT(claims).encode(),
    'HS256 with the public key': await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: keys.signing_key.kid })
      .sign(new TextEncoder().encode(keys.publishable_key.padEnd(32))),
    'a stranger’s ES256 key': (await forgers.issue(claims, now)).token,
  };
  const failures: string[] = [];
  for (const [kind, token] of Object.entries(forged)) {
    const headers = { apikey: keys.publishable_key, authorization: `Bearer ${token}` };
    const { status } = await fetch(new Request(`${url}/rest/v1/${REVOKED}`, { headers }));
    if (status !== 401) failures.push(`a forged token (${kind}) answered ${status}`);
  }
  return failures;
}

/** lite's own administration tells the database's address to anybody who asks. */
async function checkPaths({ fetch, url, keys }: SelfCheckParts): Promise<string[]> {
  const headers = { apikey: keys.secret_key };
  const { status } = await fetch(new Request(`${url}/_system/info`, { headers }));
  return status === 404 ? [] : [`/_system/info answered ${status}`];
}
