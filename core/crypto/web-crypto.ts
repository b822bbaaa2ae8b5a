import { type AesGcmKey, type CryptoPort, TAG_BYTES } from './port.ts';

/** AES-256-GCM by WebCrypto, present in every runtime. The Worker uses this one. */
export const webCrypto: CryptoPort = {
  async importKey(raw) {
    const key = await crypto.subtle.importKey('raw', copy(raw), 'AES-GCM', false, ['encrypt', 'decrypt']);
    return {
      encrypt: async (iv, plaintext, additionalData) =>
        new Uint8Array(await crypto.subtle.encrypt(params(iv, additionalData), key, copy(plaintext))),
      decrypt: async (iv, ciphertext, additionalData) => {
        try {
          return new Uint8Array(
            await crypto.subtle.decrypt(params(iv, additionalData), key, copy(ciphertext)),
          );
        } catch (error) {
          // WebCrypto reports a tag that does not match as OperationError and nothing else.
          if (error instanceof Error && error.name === 'OperationError') return null;
          throw error;
        }
      },
    } satisfies AesGcmKey;
  },
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};

function params(iv: Uint8Array, additionalData: Uint8Array) {
  return {
    name: 'AES-GCM',
    iv: copy(iv),
    additionalData: copy(additionalData),
    tagLength: TAG_BYTES * 8,
  };
}

/** WebCrypto's types want bytes over an unshared buffer, which a plain Uint8Array does not promise. */
function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
