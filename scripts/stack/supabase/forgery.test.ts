import { createHmac, createPublicKey } from 'node:crypto';
import { generateKeyPair, importJWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateKeys, loadKeys, type StackKeys } from './keys.ts';
import { type EmbeddedSupabase, startSupabase } from './start.ts';
import { FIXTURE_MIGRATIONS, signedInUser, type TestUser, temporaryFolder } from './test-support.ts';

let supabase: EmbeddedSupabase;
let user: TestUser;
let keys: StackKeys;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  supabase = await startSupabase({ dataDir: folder.path, port: 0, migrationsDir: FIXTURE_MIGRATIONS });
  keys = await loadKeys(folder.path);
  user = await signedInUser(supabase);
});
afterAll(async () => {
  await supabase?.close();
  await folder?.[Symbol.asyncDispose]();
});

type Claims = Record<string, unknown>;

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claimsOf = (token: string): Claims =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const publicJwk = () => {
  const { d: _private, ...jwk } = keys.signing_key;
  return jwk;
};

/** Signed with the stack's own key: only the claims or the header are wrong. */
async function ownKey(change: Claims, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
  const claims = Object.fromEntries(
    Object.entries({ ...claimsOf(user.token), ...change }).filter(([, value]) => value !== undefined),
  );
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: keys.signing_key.kid, ...header })
    .sign(await importJWK(keys.signing_key, 'ES256'));
}

function hs256(secret: string, header: object = {}): string {
  const input = `${encode({ alg: 'HS256', typ: 'JWT', kid: keys.signing_key.kid, ...header })}.${encode(claimsOf(user.token))}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

async function strangersKey(header: Partial<JWTHeaderParameters>): Promise<string> {
  const stranger = await generateKeys();
  return new SignJWT(claimsOf(user.token))
    .setProtectedHeader({ alg: 'ES256', kid: keys.signing_key.kid, ...header })
    .sign(await importJWK(stranger.signing_key, 'ES256'));
}

const now = () => Math.floor(Date.now() / 1000);
const parts = () => user.token.split('.') as [string, string, string];

const FORGERIES: Record<string, () => string | Promise<string>> = {
  'alg none without a signature': () => `${encode({ alg: 'none', typ: 'JWT' })}.${parts()[1]}.`,
  'alg none with the old signature': () =>
    `${encode({ alg: 'none', typ: 'JWT' })}.${parts()[1]}.${parts()[2]}`,
  'alg nOnE': () => `${encode({ alg: 'nOnE' })}.${parts()[1]}.`,
  'the signature cut off': () => `${parts()[0]}.${parts()[1]}.`,
  'the signature missing': () => `${parts()[0]}.${parts()[1]}`,
  'the signature of another payload': () =>
    `${parts()[0]}.${encode({ ...claimsOf(user.token), sub: crypto.randomUUID() })}.${parts()[2]}`,
  'HS256 with the publishable key': () => hs256(supabase.publishableKey),
  'HS256 with the secret key': () => hs256(supabase.secretKey),
  'HS256 with an empty secret': () => hs256(''),
  'HS256 with the well-known development secret': () =>
    hs256('super-secret-jwt-token-with-at-least-32-characters-long'),
  'HS256 with the public key as JSON': () => hs256(JSON.stringify(publicJwk())),
  'HS256 with the public key as PEM': async () =>
    hs256(
      createPublicKey({ key: publicJwk(), format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString(),
    ),
  'a stranger’s key under the right kid': () => strangersKey({}),
  'a stranger’s key with itself in the header': async () => strangersKey({ jwk: publicJwk() }),
  'a stranger’s key at an address': () => strangersKey({ jku: 'http://127.0.0.1:1/jwks.json' }),
  RS256: async () =>
    new SignJWT(claimsOf(user.token))
      .setProtectedHeader({ alg: 'RS256', kid: keys.signing_key.kid })
      .sign((await generateKeyPair('RS256')).privateKey),
  'a wrong kid': () => ownKey({}, { kid: 'another' }),
  'no kid': () => ownKey({}, { kid: undefined as unknown as string }),
  'an unknown critical header': () =>
    `${encode({ alg: 'ES256', kid: keys.signing_key.kid, crit: ['exp'] })}.${parts()[1]}.${parts()[2]}`,
  'an expired token': () => ownKey({ exp: now() - 1 }),
  'a token without expiry': () => ownKey({ exp: undefined }),
  'a token from the future': () => ownKey({ nbf: now() + 60 }),
  'another issuer': () => ownKey({ iss: 'http://127.0.0.1:1/auth/v1' }),
  'no issuer': () => ownKey({ iss: undefined }),
  'another audience': () => ownKey({ aud: 'anon' }),
  'the role service_role': () => ownKey({ role: 'service_role' }),
  'the role postgres': () => ownKey({ role: 'postgres' }),
  'the role anon': () => ownKey({ role: 'anon' }),
  'a sub that is no uuid': () => ownKey({ sub: 'admin' }),
  'no sub': () => ownKey({ sub: undefined }),
  'five parts': () => `${user.token}.a.b`,
  nonsense: () => 'nonsense',
  'the secret key as bearer beside the publishable key': () => supabase.secretKey,
};

const request = (path: string, authorization: string) =>
  fetch(supabase.url + path, { headers: { apikey: supabase.publishableKey, authorization } });

it('serves the token that all forgeries start from', async () => {
  expect((await request('/rest/v1/notes', `Bearer ${user.token}`)).status).toBe(200);
  expect((await request('/auth/v1/user', `Bearer ${user.token}`)).status).toBe(200);
  expect((await request('/rest/v1/notes', `Bearer ${await ownKey({})}`)).status).toBe(200);
});

it.each(Object.entries(FORGERIES))('answers 401 to %s', async (_name, forge) => {
  const token = await forge();
  for (const path of ['/rest/v1/notes', '/rest/v1/rpc/whoami', '/auth/v1/user', '/auth/v1/admin/users']) {
    expect((await request(path, `Bearer ${token}`)).status, path).toBe(401);
  }
});

it.each(['Basic YTpi', 'Bearer', 'nonsense', 'Bearer a b'])(
  'answers 401 to the authorization %j',
  async (authorization) => {
    expect((await request('/rest/v1/notes', authorization)).status).toBe(401);
  },
);

it('forgets a verified token when it expires', async () => {
  const token = await ownKey({ exp: now() + 1 });
  expect((await request('/rest/v1/notes', `Bearer ${token}`)).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const late = await request('/rest/v1/notes', `Bearer ${token}`);
  expect(late.status).toBe(401);
  expect(await late.json()).toMatchObject({ code: 'PGRST303', message: 'JWT expired' });
});
