import * as z from 'zod';

/**
 * The public half of a key that others sign with, as a JWK (RFC 7517). Strict: a private key that is passed here by
 * mistake is refused, not published.
 */
export const TrustedKey = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  kid: z.string().min(1),
  alg: z.literal('ES256'),
  use: z.literal('sig'),
});
export type TrustedKey = z.infer<typeof TrustedKey>;

/** The public half of a private JWK. */
export function publicKeyOf(key: TrustedKey & { d: string }): TrustedKey {
  const { d: _private, ...publicKey } = key;
  return TrustedKey.parse(publicKey);
}
