import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, importJWK, jwtVerify } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formatApiKey, hashSecret } from '../../../core/api-key/format.ts';
import { type ApiKeys, apiKeys } from './api-keys.ts';
import { SigningKey } from './signing-key.ts';

const ISSUER = 'https://project.supabase.test/auth/v1';
const ID = '01950000-0000-7000-8000-00000000abcd';
const SECRET = 'A'.repeat(43);
const KEY = formatApiKey({ id: ID, secret: SECRET });

let signingKey: SigningKey;
beforeAll(async () => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  signingKey = SigningKey.parse({ ...(await exportJWK(privateKey)), kid: 'k1' });
});

let seconds: number;
let keys: ApiKeys;
beforeEach(() => {
  seconds = Date.UTC(2026, 0, 1) / 1000;
  keys = apiKeys(signingKey, ISSUER, { now: () => seconds * 1000 });
});

describe('the token behind a key', () => {
  it('names the key and the hash of its secret, and nothing else, for a minute', async () => {
    const actor = await keys.identify(KEY);
    const token = actor?.token ?? '';
    expect(actor).toEqual({ type: 'api_key', apiKeyId: ID, secretHash: await hashSecret(SECRET), token });
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', kid: 'k1', typ: 'JWT' });
    expect(decodeJwt(token)).toEqual({
      iss: ISSUER,
      aud: 'authenticated',
      sub: ID,
      role: 'authenticated',
      api_key_hash: await hashSecret(SECRET),
      iat: seconds,
      exp: seconds + 60,
    });
    const { d: _, ...publicKey } = signingKey;
    const options = { currentDate: new Date(seconds * 1000) };
    await expect(jwtVerify(token, await importJWK(publicKey, 'ES256'), options)).resolves.toBeDefined();
    expect(token).not.toContain(SECRET);
  });

  it('is used again for 45 seconds, then made anew', async () => {
    const first = await keys.identify(KEY);
    seconds += 44;
    expect(await keys.identify(KEY)).toBe(first);
    seconds += 1;
    const second = await keys.identify(KEY);
    expect(second?.token).not.toBe(first?.token);
    expect(decodeJwt(second?.token ?? '').exp).toBe(seconds + 60);
  });

  it('is not made for a malformed key', async () => {
    expect(await keys.identify(KEY.slice(0, -1))).toBeNull();
  });
});

describe('a key', () => {
  it('is known once the database has accepted it, until it refuses it', async () => {
    await keys.identify(KEY);
    expect(keys.remembers(KEY)).toBe(false);
    keys.accepted(KEY);
    seconds += 50;
    await keys.identify(KEY);
    expect(keys.remembers(KEY)).toBe(true);
    keys.refused(KEY);
    expect(keys.remembers(KEY)).toBe(false);
  });

  it('has its use noted once a minute', async () => {
    const noted: number[] = [];
    for (let second = 0; second < 150; second += 10) {
      await keys.identify(KEY);
      if (keys.accepted(KEY)) noted.push(second);
      seconds += 10;
    }
    expect(noted).toEqual([0, 60, 120]);
  });

  it('is forgotten when a thousand others came after it', async () => {
    await keys.identify(KEY);
    keys.accepted(KEY);
    for (let i = 0; i < 1000; i += 1) {
      await keys.identify(formatApiKey({ id: ID, secret: `${String(i).padStart(42, '0')}A` }));
    }
    expect(keys.remembers(KEY)).toBe(false);
  });
});
