import {
  exportJWK,
  generateKeyPair,
  generateSecret,
  type JWK,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KeySetUnavailable } from './key-set.ts';
import { type TokenRules, tokenVerifier } from './verify-token.ts';

const NOW = Date.UTC(2026, 0, 1) / 1000;
const ISSUER = 'https://project.supabase.test/auth/v1';
const rules: TokenRules = { issuer: ISSUER, secret: null, keySetUrl: `${ISSUER}/.well-known/jwks.json` };
const SECRET = 'a-secret-that-is-long-enough-for-hs256';
const USER = '7b0f1c9e-35a4-4d0c-9d0a-0c8b7e6a5f41';

const claims = {
  iss: ISSUER,
  aud: 'authenticated',
  sub: USER,
  role: 'authenticated',
  email: 'ada@example.test',
  iat: NOW - 10,
  exp: NOW + 3600,
};

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
let es256: Keys;
let rs256: Keys;
let stranger: Keys;
let es384: Keys;
let published: JWK[];

/** A clock that stands still and an auth server that answers with `published`. */
class World {
  seconds = NOW;
  fetched = 0;
  answer: () => Response = () => Response.json({ keys: published });
  verify = this.verifier(rules);

  verifier(of: TokenRules) {
    return tokenVerifier(of, {
      now: () => this.seconds * 1000,
      fetch: async () => {
        this.fetched += 1;
        return this.answer();
      },
    });
  }
}
let world: World;

beforeAll(async () => {
  [es256, rs256, stranger, es384] = await Promise.all([
    generateKeyPair('ES256', { extractable: true }),
    generateKeyPair('RS256', { extractable: true }),
    generateKeyPair('ES256', { extractable: true }),
    generateKeyPair('ES384', { extractable: true }),
  ]);
  published = [
    { ...(await exportJWK(es256.publicKey)), kid: 'ec', alg: 'ES256', use: 'sig' },
    { ...(await exportJWK(rs256.publicKey)), kid: 'rsa', alg: 'RS256', use: 'sig' },
    { ...(await exportJWK(es384.publicKey)), kid: 'ec384', alg: 'ES384', use: 'sig' },
  ];
});
beforeEach(() => {
  world = new World();
});

interface Shape {
  claims?: JWTPayload;
  without?: string;
  alg?: string;
  kid?: string;
  key?: Parameters<SignJWT['sign']>[0];
  header?: Record<string, unknown>;
}

function sign({
  claims: changes = {},
  without,
  alg = 'ES256',
  kid = 'ec',
  key = es256.privateKey,
  header = {},
}: Shape = {}) {
  const payload = Object.fromEntries(
    Object.entries({ ...claims, ...changes }).filter(([name]) => name !== without),
  );
  return new SignJWT(payload).setProtectedHeader({ alg, kid, typ: 'JWT', ...header }).sign(key);
}

const b64 = (value: unknown) =>
  btoa(typeof value === 'string' ? value : JSON.stringify(value))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** Changes one part of a good token: 0 header, 1 payload, 2 signature. */
async function tampered(part: 0 | 1 | 2, change: (text: string) => string): Promise<string> {
  const parts = (await sign()).split('.');
  parts[part] = change(parts[part] ?? '');
  return parts.join('.');
}

const hmac = (secret: string) => new TextEncoder().encode(secret);
const publicPem = async () => JSON.stringify(published[0]);

const FORGED: [string, () => string | Promise<string>][] = [
  ['an empty text', () => ''],
  ['a word', () => 'token'],
  ['two parts', async () => (await sign()).split('.').slice(0, 2).join('.')],
  ['four parts', async () => `${await sign()}.x`],
  ['five parts, as an encrypted token has', async () => `${await sign()}.x.y`],
  ['no signature', async () => tampered(2, () => '')],
  ['a signature cut short', async () => tampered(2, (text) => text.slice(0, -4))],
  [
    'a signature with one bit flipped',
    async () => tampered(2, (text) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1)),
  ],
  ['a signature of zeros', async () => tampered(2, () => b64('\0'.repeat(64)))],
  ['the signature of another token', async () => tampered(2, () => 'x'.repeat(86))],
  [
    'another payload under the same signature',
    async () => tampered(1, () => b64({ ...claims, sub: '00000000-0000-4000-8000-000000000000' })),
  ],
  ['a payload that is no JSON', async () => tampered(1, () => b64('{'))],
  ['a header that is no JSON', async () => tampered(0, () => b64('{'))],
  ['characters that are not base64url', async () => tampered(1, (text) => `${text}+/=`)],
  ['alg none', () => new UnsecuredJWT(claims).encode()],
  ['alg none with a signature', async () => tampered(0, () => b64({ alg: 'none' }))],
  ['alg None', async () => tampered(0, () => b64({ alg: 'None', kid: 'ec' }))],
  ['no alg', async () => tampered(0, () => b64({ kid: 'ec' }))],
  ['HS256 with the public key as secret', async () => sign({ alg: 'HS256', key: hmac(await publicPem()) })],
  ['HS256 with a made-up secret', () => sign({ alg: 'HS256', key: hmac(SECRET) })],
  ['HS256 with an empty kid', () => sign({ alg: 'HS256', kid: '', key: hmac(SECRET) })],
  ['ES384, whose key is published, too', () => sign({ alg: 'ES384', kid: 'ec384', key: es384.privateKey })],
  ["another's key under a published kid", () => sign({ key: stranger.privateKey })],
  ["another's key under an unknown kid", () => sign({ key: stranger.privateKey, kid: 'mine' })],
  [
    "another's key in the header (jwk)",
    async () => sign({ key: stranger.privateKey, header: { jwk: await exportJWK(stranger.publicKey) } }),
  ],
  [
    "another's key by URL (jku)",
    () => sign({ key: stranger.privateKey, header: { jku: 'https://evil.test/jwks' } }),
  ],
  ['a kid that is a path', () => sign({ key: stranger.privateKey, kid: '../../dev/null' })],
  ['an EC signature under the RSA kid', () => sign({ kid: 'rsa' })],
  [
    'an unknown critical extension',
    async () => tampered(0, () => b64({ alg: 'ES256', kid: 'ec', crit: ['x'], x: 1 })),
  ],
  [
    'an unencoded payload (b64 false)',
    async () => tampered(0, () => b64({ alg: 'ES256', kid: 'ec', crit: ['b64'], b64: false })),
  ],
  ['another issuer', () => sign({ claims: { iss: 'https://other.supabase.test/auth/v1' } })],
  ['an issuer with a slash more', () => sign({ claims: { iss: `${ISSUER}/` } })],
  ['no issuer', () => sign({ without: 'iss' })],
  ['another audience', () => sign({ claims: { aud: 'anon' } })],
  ['no audience', () => sign({ without: 'aud' })],
  ['no expiry', () => sign({ without: 'exp' })],
  ['an expiry in the past', () => sign({ claims: { exp: NOW - 1 } })],
  ['an expiry at this second', () => sign({ claims: { exp: NOW } })],
  ['a start in the future', () => sign({ claims: { nbf: NOW + 60 } })],
  ['an expiry in words', () => sign({ claims: Object({ exp: 'tomorrow' }) })],
  ['no subject', () => sign({ without: 'sub' })],
  ['a subject that is no UUID', () => sign({ claims: { sub: "' or 1=1 --" } })],
  ['no role', () => sign({ without: 'role' })],
  ['the role anon', () => sign({ claims: { role: 'anon' } })],
  ['the role service_role', () => sign({ claims: { role: 'service_role' } })],
  ['the claims that the Worker gives API keys', () => sign({ claims: { api_key_hash: 'a'.repeat(64) } })],
  ['roles in a list', () => sign({ claims: { role: ['authenticated'] } })],
  ['more than 8 KiB', () => sign({ claims: { padding: 'x'.repeat(9000) } })],
];

describe('a token', () => {
  it('of the auth server speaks for its user', async () => {
    const token = await sign();
    expect(await world.verify(token)).toEqual({
      type: 'user',
      userId: USER,
      email: 'ada@example.test',
      token,
    });
  });

  it('may be signed with RS256', async () => {
    const token = await sign({ alg: 'RS256', kid: 'rsa', key: rs256.privateKey });
    expect(await world.verify(token)).toMatchObject({ userId: USER });
  });

  it('may lack an email', async () => {
    expect(await world.verify(await sign({ without: 'email' }))).toMatchObject({ email: null });
  });

  it.each(FORGED)('is refused with %s', async (_, forge) => {
    const token = await forge();
    expect(await world.verify(token)).toBeNull();
    // Not remembered as good either.
    expect(await world.verify(token)).toBeNull();
  });
});

describe('with a shared secret configured', () => {
  const withSecret = () => world.verifier({ ...rules, secret: SECRET });

  it('takes HS256 with that secret', async () => {
    const token = await sign({ alg: 'HS256', key: hmac(SECRET) });
    expect(await withSecret()(token)).toMatchObject({ userId: USER });
  });

  it.each([
    ['another secret', () => sign({ alg: 'HS256', key: hmac(`${SECRET}!`) })],
    ['the published key', () => sign()],
    ['HS512 with the same secret', async () => sign({ alg: 'HS512', key: await generateSecret('HS512') })],
    ['no signature', () => new UnsecuredJWT(claims).encode()],
  ])('refuses %s, and asks for no key set', async (_, forge) => {
    expect(await withSecret()(await forge())).toBeNull();
    expect(world.fetched).toBe(0);
  });
});

describe('the memory for verified tokens', () => {
  it('ends with the token', async () => {
    const token = await sign({ claims: { exp: NOW + 60 } });
    expect(await world.verify(token)).not.toBeNull();
    world.seconds += 59;
    expect(await world.verify(token)).not.toBeNull();
    world.seconds += 1;
    expect(await world.verify(token)).toBeNull();
  });

  it('ends within minutes when the auth server revokes the key', async () => {
    const token = await sign();
    expect(await world.verify(token)).not.toBeNull();
    world.answer = () => Response.json({ keys: [] });
    world.seconds += 11 * 60;
    expect(await world.verify(token)).toBeNull();
  });

  it('tells tokens apart that differ in their last character', async () => {
    const token = await sign();
    expect(await world.verify(token)).not.toBeNull();
    expect(await world.verify(`${token.slice(0, -2)}zz`)).toBeNull();
  });

  it('holds a bounded number of tokens and forgets the oldest first', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 1001 }, (_, index) => sign({ claims: { jti: String(index) } })),
    );
    await world.verify(await sign());
    world.seconds += 10 * 60 - 1;
    for (const token of tokens) expect(await world.verify(token)).not.toBeNull();
    // The key set is too old now, and the next one holds no key: only what is remembered still passes.
    world.answer = () => Response.json({ keys: [] });
    world.seconds += 2;
    expect(await world.verify(tokens.at(-1) ?? '')).not.toBeNull();
    expect(await world.verify(tokens[0] ?? '')).toBeNull();
  });
});

describe('the key set', () => {
  it('is fetched once for many tokens', async () => {
    for (let i = 0; i < 20; i += 1) await world.verify(await sign({ claims: { jti: String(i) } }));
    expect(world.fetched).toBe(1);
  });

  it('is fetched once for many tokens at once, and all of them wait for it', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, i) => sign({ claims: { jti: String(i) } })),
    );
    const actors = await Promise.all(tokens.map((token) => world.verify(token)));
    expect(actors.filter((actor) => actor !== null)).toHaveLength(20);
    expect(world.fetched).toBe(1);
  });

  it('is fetched at most twice in 30 seconds, however many kids are made up', async () => {
    const forged = await Promise.all(
      Array.from({ length: 90 }, (_, i) => sign({ key: stranger.privateKey, kid: crypto.randomUUID() + i })),
    );
    const fetchedAt: number[] = [];
    for (const [i, token] of forged.entries()) {
      world.seconds = NOW + i;
      const before = world.fetched;
      expect(await world.verify(token)).toBeNull();
      if (world.fetched > before) fetchedAt.push(i);
    }
    for (const start of fetchedAt) {
      expect(fetchedAt.filter((at) => at >= start && at <= start + 30).length).toBeLessThanOrEqual(2);
    }
  });

  it('is not fetched for tokens that name no acceptable algorithm', async () => {
    await world.verify(new UnsecuredJWT(claims).encode());
    await world.verify(await sign({ alg: 'HS256', key: hmac(SECRET) }));
    expect(world.fetched).toBe(0);
  });

  it('is not fetched again for each made-up kid', async () => {
    await world.verify(await sign());
    for (let i = 0; i < 50; i += 1) {
      world.seconds += 1;
      await world.verify(await sign({ key: stranger.privateKey, kid: `made-up-${i}` }));
    }
    expect(world.fetched).toBeLessThanOrEqual(3);
  });

  it('is fetched again for a new key, after the cool-down', async () => {
    await world.verify(await sign());
    published.push({ ...(await exportJWK(stranger.publicKey)), kid: 'new', alg: 'ES256', use: 'sig' });
    try {
      const token = await sign({ key: stranger.privateKey, kid: 'new' });
      expect(await world.verify(token)).toBeNull();
      world.seconds += 31;
      expect(await world.verify(token)).not.toBeNull();
    } finally {
      published.pop();
    }
  });

  it('goes on serving when the auth server stops answering', async () => {
    await world.verify(await sign());
    world.answer = () => new Response('down', { status: 503 });
    world.seconds += 3000;
    expect(await world.verify(await sign())).not.toBeNull();
    expect(world.fetched).toBe(2);
  });

  it.each([
    ['an error', () => new Response('down', { status: 500 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://evil.test/' } })],
    ['no JSON', () => new Response('<html>')],
    ['no key set', () => Response.json({ keys: 'none' })],
    [
      'nothing',
      () => {
        throw new TypeError('no connection');
      },
    ],
  ])('that was never had is no verdict on a token: %s', async (_, answer) => {
    world.answer = answer;
    await expect(world.verify(await sign())).rejects.toBeInstanceOf(KeySetUnavailable);
    // Not asked again for the next token in the same moment.
    await expect(world.verify(await sign())).rejects.toBeInstanceOf(KeySetUnavailable);
    expect(world.fetched).toBe(1);
    world.answer = () => Response.json({ keys: published });
    world.seconds += 2;
    expect(await world.verify(await sign())).not.toBeNull();
  });
});
