import * as z from 'zod';
import { type KeyRing, KeyRingError, parseKeyRing } from '../../core/crypto/key-ring.ts';
import type { UrlPolicy } from '../../core/egress/url.ts';
import { parseSigningKey, type SigningKey } from './auth/signing-key.ts';
import type { RateLimiter } from './limits/rate-limiter.ts';

/** Shorter secrets can be guessed: RFC 7518 section 3.2 asks for as many bits as the hash has. */
const MIN_JWT_SECRET_CHARS = 32;

const BaseUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
  .transform((url) => url.replace(/\/+$/, ''));

const Origins = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
  )
  .refine((origins) => origins.every(isOrigin), 'must be a comma-separated list of origins, without "*"');

const Ports = z
  .string()
  .regex(/^(\d{1,5}(,\d{1,5})*)?$/, 'must be ports, comma-separated')
  .default('')
  .transform((text) => (text === '' ? [] : text.split(',').map(Number)));

/** Enough for a busy server, in each period of ten seconds. */
const DEFAULT_RATE_LIMIT = '1000';

const Limiter = z.custom<RateLimiter>(
  (value) =>
    typeof value === 'object' && value !== null && 'limit' in value && typeof value.limit === 'function',
  'must be a rate limit binding',
);

const Environment = z.object({
  SUPABASE_URL: BaseUrl,
  SUPABASE_PUBLISHABLE_KEY: z.string().min(1),
  SUPABASE_JWT_SECRET: z.string().min(MIN_JWT_SECRET_CHARS).optional(),
  SUPABASE_JWT_ISSUER: z.string().min(1).optional(),
  TRIGGER_API_URL: BaseUrl,
  TRIGGER_SECRET_KEY: z.string().min(1),
  PATCHBAY_ENCRYPTION_KEYS: z.string().optional(),
  PATCHBAY_ALLOWED_ORIGINS: Origins,
  PATCHBAY_ALLOW_LOOPBACK: z.enum(['true', 'false']).default('false'),
  PATCHBAY_EGRESS_PORTS: Ports,
  PATCHBAY_SIGNING_KEY: z
    .string()
    .optional()
    .transform((text, issues) => {
      if (text === undefined || text === '') return null;
      const key = parseSigningKey(text);
      if (key === null) issues.addIssue('must be a private JWK for ES256 with a kid');
      return key;
    }),
  PATCHBAY_RATE_LIMIT: z
    .string()
    .regex(/^\d{1,6}$/, 'must be a number of requests, 0 for no limit')
    .default(DEFAULT_RATE_LIMIT)
    .transform(Number),
  CALLER_RATE_LIMIT: Limiter.optional(),
  FAILURE_RATE_LIMIT: Limiter.optional(),
});

export interface Config {
  readonly supabaseUrl: string;
  readonly supabaseKey: string;
  readonly jwt: {
    readonly issuer: string;
    /** Set on projects that still sign with a shared secret (HS256); then nothing else is accepted. */
    readonly secret: string | null;
    readonly keySetUrl: string;
  };
  readonly triggerUrl: string;
  readonly triggerKey: string;
  readonly keyRing: KeyRing;
  /** Signs tokens for API keys. Null: this deployment has no API keys. */
  readonly signingKey: SigningKey | null;
  readonly rateLimits: {
    /** Requests of one caller in each period; 0 for no limits at all. */
    readonly quota: number;
    readonly callers: RateLimiter | null;
    readonly failures: RateLimiter | null;
  };
  readonly allowedOrigins: readonly string[];
  /** Which URLs a connector may name. The tasks read the same variables, and enforce it when they call. */
  readonly urlPolicy: UrlPolicy;
}

/** The Worker cannot serve with this configuration. The message names each variable and never quotes a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the Worker's bindings.
 *
 * @throws ConfigError naming every variable that is missing or malformed
 */
export function parseEnv(bindings: unknown): Config {
  const parsed = Environment.safeParse(bindings);
  const flaws = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.') || 'environment'}: ${issue.message}`);
  let keyRing: KeyRing | undefined;
  try {
    keyRing = parseKeyRing(encryptionKeysOf(bindings), 'PATCHBAY_ENCRYPTION_KEYS');
  } catch (error) {
    if (!(error instanceof KeyRingError)) throw error;
    flaws.push(error.message);
  }
  if (!parsed.success || keyRing === undefined) throw new ConfigError(flaws.join('; '));

  const { data } = parsed;
  const auth = `${data.SUPABASE_URL}/auth/v1`;
  return {
    supabaseUrl: data.SUPABASE_URL,
    supabaseKey: data.SUPABASE_PUBLISHABLE_KEY,
    jwt: {
      issuer: data.SUPABASE_JWT_ISSUER ?? auth,
      secret: data.SUPABASE_JWT_SECRET ?? null,
      keySetUrl: `${auth}/.well-known/jwks.json`,
    },
    triggerUrl: data.TRIGGER_API_URL,
    triggerKey: data.TRIGGER_SECRET_KEY,
    keyRing,
    signingKey: data.PATCHBAY_SIGNING_KEY,
    rateLimits: {
      quota: data.PATCHBAY_RATE_LIMIT,
      callers: data.CALLER_RATE_LIMIT ?? null,
      failures: data.FAILURE_RATE_LIMIT ?? null,
    },
    allowedOrigins: data.PATCHBAY_ALLOWED_ORIGINS,
    urlPolicy: {
      allowLoopback: data.PATCHBAY_ALLOW_LOOPBACK === 'true',
      allowedPorts: data.PATCHBAY_EGRESS_PORTS,
    },
  };
}

function encryptionKeysOf(bindings: unknown): string | undefined {
  return z.object({ PATCHBAY_ENCRYPTION_KEYS: z.string() }).safeParse(bindings).data
    ?.PATCHBAY_ENCRYPTION_KEYS;
}

/** Compared as a whole with what browsers send, so that a pattern would never match anything. */
function isOrigin(text: string): boolean {
  return /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
