import { randomBytes } from 'node:crypto';
import { errors, importJWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';
import type { StackKeys } from './keys.ts';
import type { TrustedKey } from './trusted-keys.ts';

/** As on hosted Supabase. */
export const ACCESS_TOKEN_SECONDS = 3600;

const INNER_SECRET_BYTES = 48;

/** What a user's access token says: https://supabase.com/docs/guides/auth/jwt-fields */
const UserClaims = z.object({
  iss: z.string(),
  aud: z.literal('authenticated'),
  sub: z.uuid(),
  role: z.literal('authenticated'),
  email: z.string(),
  phone: z.string(),
  app_metadata: z.record(z.string(), z.unknown()),
  user_metadata: z.record(z.string(), z.unknown()),
  aal: z.string(),
  amr: z.array(z.object({ method: z.string(), timestamp: z.number() })),
  session_id: z.uuid(),
  is_anonymous: z.boolean(),
  iat: z.number(),
  exp: z.number(),
});
export type UserClaims = z.infer<typeof UserClaims>;

export type Subject = Pick<
  UserClaims,
  'sub' | 'email' | 'phone' | 'app_metadata' | 'user_metadata' | 'session_id' | 'is_anonymous'
>;

/** Longer than any key's token needs to live, shorter than a stolen one is worth. */
const MAX_API_KEY_TOKEN_SECONDS = 300;

/**
 * What a token says that the Worker signed for an API key: its id and the hash of its secret, which the database looks
 * up. Nothing else, so that a key can never pass for a user.
 */
const ApiKeyClaims = z
  .strictObject({
    iss: z.string(),
    aud: z.literal('authenticated'),
    sub: z.uuid(),
    role: z.literal('authenticated'),
    api_key_hash: z.string().regex(/^[0-9a-f]{64}$/),
    iat: z.number(),
    exp: z.number(),
  })
  .refine(({ iat, exp }) => exp - iat <= MAX_API_KEY_TOKEN_SECONDS, 'lives too long');
export type ApiKeyClaims = z.infer<typeof ApiKeyClaims>;

export type Claims = UserClaims | ApiKeyClaims;

export type Verification = { ok: true; claims: Claims } | { ok: false; reason: 'expired' | 'invalid' };

/** Access tokens of users: ES256 towards the world; HS256, the only kind lite knows, between the front and lite's auth routes. */
export interface Tokens {
  /** `signedInAt` in seconds since 1970: when the session began, not when this token was made. */
  issue(subject: Subject, signedInAt: number): Promise<{ token: string; expiresAt: number }>;
  verify(token: string): Promise<Verification>;
  /** The public half, as a JWK set (RFC 7517 section 5). */
  jwks: { keys: Record<string, string>[] };
  /** Shared with lite in this process only, new at every start. */
  innerSecret: string;
  seal(claims: UserClaims): Promise<string>;
  unseal(token: string): Promise<JWTPayload>;
}

/**
 * `issuer` is read late: with a free port it is only known once the server listens. Tokens signed with one of
 * `trustedKeys` speak for API keys, those signed with the stack's own key for users: neither can carry the other's claims.
 */
export async function createTokens(
  keys: StackKeys,
  issuer: () => string,
  trustedKeys: readonly TrustedKey[] = [],
): Promise<Tokens> {
  const { d: _private, ...publicJwk } = keys.signing_key;
  const privateKey = await importJWK(keys.signing_key, 'ES256');
  const publicKey = await importJWK(publicJwk, 'ES256');
  const innerSecret = randomBytes(INNER_SECRET_BYTES).toString('base64url');
  const innerKey = new TextEncoder().encode(innerSecret);
  const { kid } = publicJwk;
  if (trustedKeys.some((key) => key.kid === kid)) throw new Error('a trusted key has the id of the own key');
  const trusted = new Map(
    await Promise.all(
      trustedKeys.map(async (key) => [key.kid, await importJWK({ ...key }, 'ES256')] as const),
    ),
  );
  const verified = new VerifiedTokens(async (token) => {
    const { payload, protectedHeader } = await jwtVerify(
      token,
      (header) => {
        const key = header.kid === kid ? publicKey : trusted.get(header.kid ?? '');
        if (key === undefined) throw new errors.JWKSNoMatchingKey();
        return key;
      },
      { algorithms: ['ES256'], issuer: issuer(), audience: 'authenticated', requiredClaims: ['exp', 'iat'] },
    );
    if (protectedHeader.kid !== kid) return ApiKeyClaims.parse(payload);
    if ('api_key_hash' in payload) throw new errors.JWTInvalid('a user is no API key');
    return UserClaims.parse(payload);
  });

  return {
    jwks: { keys: [{ ...publicJwk }, ...trustedKeys.map((key) => ({ ...key }))] },
    innerSecret,

    async issue(subject, signedInAt) {
      const iat = Math.floor(Date.now() / 1000);
      const claims: UserClaims = {
        ...subject,
        iss: issuer(),
        aud: 'authenticated',
        role: 'authenticated',
        aal: 'aal1',
        amr: [{ method: 'password', timestamp: signedInAt }],
        iat,
        exp: iat + ACCESS_TOKEN_SECONDS,
      };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' })
        .sign(privateKey);
      return { token, expiresAt: claims.exp };
    },

    verify: (token) => verified.verify(token),

    seal: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(innerKey),
    unseal: async (token) => (await jwtVerify(token, innerKey, { algorithms: ['HS256'] })).payload,
  };
}

/** Enough for every session of a busy test run, at about 2 kB each. */
const VERIFIED_KEPT = 1000;

/** Remembers tokens that were found valid until they expire: checking one costs as much as a small query. */
class VerifiedTokens {
  readonly #known = new Map<string, Claims>();
  readonly #check: (token: string) => Promise<Claims>;

  constructor(check: (token: string) => Promise<Claims>) {
    this.#check = check;
  }

  async verify(token: string): Promise<Verification> {
    const known = this.#known.get(token);
    if (known && known.exp > Date.now() / 1000) return { ok: true, claims: known };
    this.#known.delete(token);
    try {
      const claims = await this.#check(token);
      const [oldest] = this.#known.keys();
      if (this.#known.size >= VERIFIED_KEPT && oldest !== undefined) this.#known.delete(oldest);
      this.#known.set(token, claims);
      return { ok: true, claims };
    } catch (error) {
      return { ok: false, reason: error instanceof errors.JWTExpired ? 'expired' : 'invalid' };
    }
  }
}
