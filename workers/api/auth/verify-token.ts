import { errors, type JWTVerifyOptions, jwtVerify } from 'jose';
import * as z from 'zod';
import type { UserActor } from './actor.ts';
import { type KeySetPorts, remoteKeySet } from './key-set.ts';

/** Who a token speaks for, or null when it is not to be trusted. @throws KeySetUnavailable */
export interface VerifyToken {
  (token: string): Promise<UserActor | null>;
  /** Whether this token was found good and has not expired since. */
  remembers(token: string): boolean;
}

export interface TokenRules {
  readonly issuer: string;
  readonly secret: string | null;
  readonly keySetUrl: string;
}

const AUDIENCE = 'authenticated';
/** What hosted Supabase sends is 1–2 KiB; whatever is larger than this is not worth hashing. */
const MAX_TOKEN_CHARS = 8192;
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

const Claims = z.object({
  sub: z.uuid(),
  role: z.literal('authenticated'),
  exp: z.number(),
  email: z.string().optional().catch(undefined),
  /** The Worker's own key is in the key set, too: what it signs for the database must not open the API. */
  api_key_hash: z.undefined().optional(),
});

/**
 * Checks access tokens as RFC 8725 asks: the algorithms are fixed by configuration, never by the token; issuer,
 * audience and expiry are required.
 */
export function tokenVerifier(rules: TokenRules, ports: KeySetPorts): VerifyToken {
  const required = ['exp', 'iss', 'aud', 'sub'];
  const common: JWTVerifyOptions = { issuer: rules.issuer, audience: AUDIENCE, requiredClaims: required };
  const keySet = remoteKeySet(rules.keySetUrl, ports);
  const secret = rules.secret === null ? null : new TextEncoder().encode(rules.secret);

  const verify = (token: string) => {
    const options = { ...common, currentDate: new Date(ports.now()) };
    return secret === null
      ? jwtVerify(token, keySet, { ...options, algorithms: ['ES256', 'RS256'] })
      : jwtVerify(token, secret, { ...options, algorithms: ['HS256'] });
  };

  return cachedUntilExpiry(ports.now, async (token) => {
    if (token.length > MAX_TOKEN_CHARS || !COMPACT.test(token)) return null;
    try {
      const { payload } = await verify(token);
      const claims = Claims.safeParse(payload);
      if (!claims.success) return null;
      const { sub, email, exp } = claims.data;
      return { actor: { type: 'user', userId: sub, email: email ?? null, token }, expiresAtMs: exp * 1000 };
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
      throw error;
    }
  });
}

/** Tokens remembered at most: 8 MiB at worst, 1–2 MiB in practice. */
const MAX_REMEMBERED = 1000;
/** A key that the auth server revoked is trusted at most this much longer. */
const MAX_REMEMBERED_MS = 5 * 60 * 1000;

interface Verified {
  readonly actor: UserActor;
  readonly expiresAtMs: number;
}

/** Only good tokens are remembered, so that nobody can push others out with forged ones. */
function cachedUntilExpiry(
  now: () => number,
  verify: (token: string) => Promise<Verified | null>,
): VerifyToken {
  const remembered = new Map<string, Verified>();
  const find = (token: string): UserActor | null => {
    const known = remembered.get(token);
    return known !== undefined && now() < known.expiresAtMs ? known.actor : null;
  };
  async function verifyOnce(token: string): Promise<UserActor | null> {
    const known = find(token);
    if (known !== null) return known;
    remembered.delete(token);
    const verified = await verify(token);
    if (verified === null) return null;
    const [oldest] = remembered.keys();
    if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    remembered.set(token, {
      ...verified,
      expiresAtMs: Math.min(verified.expiresAtMs, now() + MAX_REMEMBERED_MS),
    });
    return verified.actor;
  }
  return Object.assign(verifyOnce, { remembers: (token: string) => find(token) !== null });
}
