import { randomBytes } from 'node:crypto';
import { errors, importJWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';
import type { StackKeys } from './keys.ts';

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

export type Verification = { ok: true; claims: UserClaims } | { ok: false; reason: 'expired' | 'invalid' };

/** Access tokens of users: ES256 towards the world, exchanged for HS256 towards lite, which checks nothing else. */
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

/** `issuer` is read late: with a free port it is only known once the server listens. */
export async function createTokens(keys: StackKeys, issuer: () => string): Promise<Tokens> {
  const { d: _private, ...publicJwk } = keys.signing_key;
  const privateKey = await importJWK(keys.signing_key, 'ES256');
  const publicKey = await importJWK(publicJwk, 'ES256');
  const innerSecret = randomBytes(INNER_SECRET_BYTES).toString('base64url');
  const innerKey = new TextEncoder().encode(innerSecret);
  const { kid } = publicJwk;

  return {
    jwks: { keys: [{ ...publicJwk }] },
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

    async verify(token) {
      try {
        const { payload } = await jwtVerify(
          token,
          (header) => {
            if (header.kid !== kid) throw new errors.JWKSNoMatchingKey();
            return publicKey;
          },
          {
            algorithms: ['ES256'],
            issuer: issuer(),
            audience: 'authenticated',
            requiredClaims: ['exp', 'iat'],
          },
        );
        const claims = UserClaims.safeParse(payload);
        return claims.success ? { ok: true, claims: claims.data } : { ok: false, reason: 'invalid' };
      } catch (error) {
        return { ok: false, reason: error instanceof errors.JWTExpired ? 'expired' : 'invalid' };
      }
    },

    seal: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(innerKey),
    unseal: async (token) => (await jwtVerify(token, innerKey, { algorithms: ['HS256'] })).payload,
  };
}
