import { describe, expect, it } from 'vitest';
import { ConfigError, parseEnv } from './env.ts';

const KEY = 'YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU=';
/** The form of a key; no key. */
const SIGNING_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'x'.repeat(43),
  y: 'y'.repeat(43),
  d: 'd'.repeat(43),
  kid: 'k1',
  alg: 'ES256',
};
const good = {
  SUPABASE_URL: 'https://project.supabase.test/',
  SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_x',
  TRIGGER_API_URL: 'https://api.trigger.test',
  TRIGGER_SECRET_KEY: 'tr_x',
  PATCHBAY_ENCRYPTION_KEYS: `k1:${KEY}`,
};

describe('the environment', () => {
  it('is read, with safe defaults for what is not set', () => {
    expect(parseEnv(good)).toMatchObject({
      supabaseUrl: 'https://project.supabase.test',
      jwt: {
        issuer: 'https://project.supabase.test/auth/v1',
        secret: null,
        keySetUrl: 'https://project.supabase.test/auth/v1/.well-known/jwks.json',
      },
      allowedOrigins: [],
      urlPolicy: { allowLoopback: false, allowedPorts: [] },
      signingKey: null,
      rateLimits: { quota: 1000, callers: null, failures: null },
    });
  });

  it('takes what is set', () => {
    const limiter = { limit: async () => ({ success: true }) };
    const config = parseEnv({
      ...good,
      SUPABASE_JWT_ISSUER: 'https://auth.test',
      SUPABASE_JWT_SECRET: 'x'.repeat(32),
      PATCHBAY_ALLOWED_ORIGINS: 'https://a.test, http://localhost:5173,',
      PATCHBAY_ALLOW_LOOPBACK: 'true',
      PATCHBAY_EGRESS_PORTS: '8443,9000',
      PATCHBAY_SIGNING_KEY: JSON.stringify(SIGNING_KEY),
      PATCHBAY_RATE_LIMIT: '0',
      CALLER_RATE_LIMIT: limiter,
    });
    expect(config.signingKey).toEqual(SIGNING_KEY);
    expect(config.rateLimits).toEqual({ quota: 0, callers: limiter, failures: null });
    expect(config.jwt).toMatchObject({ issuer: 'https://auth.test', secret: 'x'.repeat(32) });
    expect(config.allowedOrigins).toEqual(['https://a.test', 'http://localhost:5173']);
    expect(config.urlPolicy).toEqual({ allowLoopback: true, allowedPorts: [8443, 9000] });
  });

  it.each([
    ['SUPABASE_URL', undefined],
    ['SUPABASE_URL', 'project.supabase.test'],
    ['SUPABASE_URL', 'ftp://project.supabase.test'],
    ['SUPABASE_PUBLISHABLE_KEY', ''],
    ['SUPABASE_JWT_SECRET', 'too-short-canary'],
    ['TRIGGER_API_URL', 'canary'],
    ['TRIGGER_SECRET_KEY', undefined],
    ['PATCHBAY_ENCRYPTION_KEYS', undefined],
    ['PATCHBAY_ENCRYPTION_KEYS', ''],
    ['PATCHBAY_ENCRYPTION_KEYS', 'canary'],
    ['PATCHBAY_ENCRYPTION_KEYS', 'k1:Y2FuYXJ5'],
    ['PATCHBAY_ENCRYPTION_KEYS', `k1:${KEY},k1:${KEY}`],
    ['PATCHBAY_ALLOWED_ORIGINS', '*'],
    ['PATCHBAY_ALLOWED_ORIGINS', 'https://*.canary.test'],
    ['PATCHBAY_ALLOWED_ORIGINS', 'https://canary.test/'],
    ['PATCHBAY_ALLOWED_ORIGINS', 'null'],
    ['PATCHBAY_ALLOW_LOOPBACK', 'yes'],
    ['PATCHBAY_EGRESS_PORTS', '80;443'],
    ['PATCHBAY_SIGNING_KEY', 'canary'],
    ['PATCHBAY_SIGNING_KEY', '{"kty":"canary"}'],
    ['PATCHBAY_SIGNING_KEY', JSON.stringify({ ...SIGNING_KEY, d: undefined, x: 'canary' })],
    ['PATCHBAY_SIGNING_KEY', JSON.stringify({ ...SIGNING_KEY, alg: 'RS256' })],
    ['PATCHBAY_SIGNING_KEY', JSON.stringify({ ...SIGNING_KEY, kid: '' })],
    ['PATCHBAY_RATE_LIMIT', '-1'],
    ['PATCHBAY_RATE_LIMIT', 'canary'],
    ['CALLER_RATE_LIMIT', 'canary'],
    ['FAILURE_RATE_LIMIT', { limit: 5 }],
  ])('is refused with the name of the variable, never its value: %s = %s', (name, value) => {
    let message = '';
    try {
      parseEnv({ ...good, [name]: value });
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      message = String(error);
    }
    expect(message).toContain(name);
    expect(message).not.toContain('canary');
    expect(message).not.toContain('Y2FuYXJ5');
    expect(message).not.toContain(KEY);
  });

  it('names everything that is wrong at once', () => {
    expect(() => parseEnv({})).toThrow(
      /SUPABASE_URL.*SUPABASE_PUBLISHABLE_KEY.*TRIGGER_API_URL.*TRIGGER_SECRET_KEY.*PATCHBAY_ENCRYPTION_KEYS/,
    );
  });
});
