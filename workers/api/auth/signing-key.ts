import * as z from 'zod';

/** A private key that signs tokens for the database: a JWK (RFC 7517) for ES256, with the id that its public half has there. */
export const SigningKey = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  y: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  d: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  kid: z.string().min(1),
  alg: z.literal('ES256').default('ES256'),
});
export type SigningKey = z.infer<typeof SigningKey>;

/** The key in the text of a variable, or null. Says nothing of why not: a reason could quote the key. */
export function parseSigningKey(text: string): SigningKey | null {
  try {
    return SigningKey.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
