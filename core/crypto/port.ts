/** What sealing needs from a runtime. WebCrypto serves the Worker; `node:crypto` is four times faster in tasks. */
export interface CryptoPort {
  /** Prepares 32 raw bytes for AES-256-GCM. The sealer calls it once per key and keeps the result. */
  importKey(raw: Uint8Array): Promise<AesGcmKey>;
  /** Fresh bytes from a cryptographically secure source. */
  randomBytes(length: number): Uint8Array;
}

export interface AesGcmKey {
  /** Ciphertext followed by the 16-byte tag. */
  encrypt(iv: Uint8Array, plaintext: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array>;
  /** Plaintext, or null when the tag does not match (wrong key, moved or altered data). */
  decrypt(iv: Uint8Array, ciphertext: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array | null>;
}

/** AES-GCM tag length, in bytes: the full 128 bits (NIST SP 800-38D section 5.2.1.2). */
export const TAG_BYTES = 16;
/** AES-GCM nonce length, in bytes: 96 bits, the length GCM is defined for without hashing. */
export const IV_BYTES = 12;
/** AES-256. */
export const KEY_BYTES = 32;
