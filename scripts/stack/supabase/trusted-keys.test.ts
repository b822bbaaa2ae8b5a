import { importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateSigningKey } from '../secrets.ts';
import { loadKeys, type StackKeys } from './keys.ts';
import { type EmbeddedSupabase, startSupabase } from './start.ts';
import { FIXTURE_MIGRATIONS, signedInUser, type TestUser, temporaryFolder } from './test-support.ts';
import { publicKeyOf, TrustedKey } from './trusted-keys.ts';

const trusted = generateSigningKey();
const HASH = 'a'.repeat(64);
let supabase: EmbeddedSupabase;
let user: TestUser;
let keys: StackKeys;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  supabase = await startSupabase({
    dataDir: folder.path,
    port: 0,
    migrationsDir: FIXTURE_MIGRATIONS,
    trustedKeys: [publicKeyOf(trusted)],
  });
  keys = await loadKeys(folder.path);
  user = await signedInUser(supabase);
});
afterAll(async () => {
  await supabase?.close();
  await folder?.[Symbol.asyncDispose]();
});

const now = () => Math.floor(Date.now() / 1000);

/** What the Worker signs for a key, changed. */
async function keyToken(change: Record<string, unknown> = {}, signer: { kid: string } = trusted) {
  const claims = {
    iss: supabase.jwtIssuer,
    aud: 'authenticated',
    role: 'authenticated',
    sub: crypto.randomUUID(),
    api_key_hash: HASH,
    iat: now(),
    exp: now() + 60,
    ...change,
  };
  return new SignJWT(Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)))
    .setProtectedHeader({ alg: 'ES256', kid: signer.kid })
    .sign(await importJWK({ ...trusted, ...signer }, 'ES256'));
}

const get = (path: string, token: string) =>
  fetch(supabase.url + path, {
    headers: { apikey: supabase.publishableKey, authorization: `Bearer ${token}` },
  });
const userClaims = () => JSON.parse(Buffer.from(user.token.split('.')[1] ?? '', 'base64url').toString());

it('publishes the public half beside its own key', async () => {
  const { keys: published } = Object(
    await (await fetch(`${supabase.jwtIssuer}/.well-known/jwks.json`)).json(),
  );
  expect(published.map(({ kid }: { kid: string }) => kid)).toEqual([keys.signing_key.kid, trusted.kid]);
  expect(JSON.stringify(published)).not.toContain(trusted.d);
});

it('lets a token of a trusted key into the database API, as nobody whom it knows', async () => {
  const answer = await get('/rest/v1/notes', await keyToken());
  expect([answer.status, await answer.json()]).toEqual([200, []]);
});

it('lets it into no account', async () => {
  const token = await keyToken();
  for (const path of ['/auth/v1/user', '/auth/v1/admin/users'])
    expect((await get(path, token)).status).toBe(401);
});

it.each<[string, () => Promise<string>]>([
  [
    'a user’s token with the claim of a key',
    () => keyToken({ ...userClaims(), api_key_hash: HASH }, keys.signing_key),
  ],
  ['a user’s claims under a trusted key', () => keyToken({ ...userClaims(), api_key_hash: undefined })],
  ['a user’s claims and a key’s under a trusted key', () => keyToken(userClaims())],
  ['a key’s token without the hash', () => keyToken({ api_key_hash: undefined })],
  ['a hash that is none', () => keyToken({ api_key_hash: 'x' })],
  ['a claim too many', () => keyToken({ email: 'a@example.com' })],
  ['a sub that is no uuid', () => keyToken({ sub: 'x' })],
  ['the role service_role', () => keyToken({ role: 'service_role' })],
  ['another issuer', () => keyToken({ iss: 'http://127.0.0.1:1/auth/v1' })],
  ['an expired token', () => keyToken({ iat: now() - 61, exp: now() - 1 })],
  ['a token that lives too long', () => keyToken({ exp: now() + 3600 })],
  [
    'a stranger’s key under the trusted kid',
    () => keyToken({}, { ...generateSigningKey(), kid: trusted.kid }),
  ],
])('answers 401 to %s', async (_name, forge) => {
  expect((await get('/rest/v1/notes', await forge())).status).toBe(401);
});

it('takes public keys only, and none with the id of its own', async () => {
  expect(TrustedKey.safeParse(trusted).success).toBe(false);
  const same = { ...publicKeyOf(trusted), kid: keys.signing_key.kid };
  await using other = await temporaryFolder();
  const start = (trustedKeys: TrustedKey[]) =>
    startSupabase({ dataDir: other.path, port: 0, migrationsDir: FIXTURE_MIGRATIONS, trustedKeys });
  const own = (await loadKeys(other.path)).signing_key.kid;
  await expect(start([{ ...same, kid: own }])).rejects.toThrow('id of the own key');
});
