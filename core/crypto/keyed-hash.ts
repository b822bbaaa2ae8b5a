import { toBase64Url } from './base64.ts';
import type { KeyRing } from './key-ring.ts';

/** HMAC-SHA-256 of a list of texts, in base64url: 43 characters. */
export type KeyedHash = (...parts: readonly string[]) => Promise<string>;

/** WebCrypto's own name for it is not in every runtime's types. */
type HmacKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const encoder = new TextEncoder();

/**
 * A keyed hash for one purpose, its key derived from the ring by HKDF (RFC 5869). From the oldest key of the ring:
 * rotation puts a new key in front and would change everything derived from the newest, whereas the oldest stays until
 * nothing is sealed with it any more. When it goes, hashes change once; users of this must fail closed then.
 *
 * @param purpose keeps hashes of different uses apart, for example `patchbay idempotency v1`
 */
export function keyedHash(ring: KeyRing, purpose: string): KeyedHash {
  let key: HmacKey | undefined;
  return async (...parts) => {
    // Only the result is kept: in Workers a promise of one request cannot be awaited by another.
    key ??= await deriveKey(ring, purpose);
    // As JSON, which cannot be read two ways: ['a','bc'] and ['ab','c'] differ.
    const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(JSON.stringify(parts)));
    return toBase64Url(new Uint8Array(mac));
  };
}

async function deriveKey(ring: KeyRing, purpose: string): Promise<HmacKey> {
  const { raw } = ring.keys.at(-1) ?? ring.newest;
  const material = await crypto.subtle.importKey('raw', new Uint8Array(raw), 'HKDF', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(purpose) },
    material,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign'],
  );
}
