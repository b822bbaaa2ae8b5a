import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { type AesGcmKey, type CryptoPort, TAG_BYTES } from '../../core/crypto/port.ts';

const ALGORITHM = 'aes-256-gcm';

/** AES-256-GCM by `node:crypto`: reads and writes the same bytes as WebCrypto, without its thread hop. */
export const nodeCrypto: CryptoPort = {
  async importKey(raw) {
    const key = createSecretKey(raw);
    return {
      async encrypt(iv, plaintext, additionalData) {
        const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
        cipher.setAAD(additionalData);
        return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
      },
      async decrypt(iv, ciphertext, additionalData) {
        const split = ciphertext.length - TAG_BYTES;
        if (split < 0) return null;
        const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
        decipher.setAAD(additionalData);
        decipher.setAuthTag(ciphertext.subarray(split));
        const head = decipher.update(ciphertext.subarray(0, split));
        try {
          return Buffer.concat([head, decipher.final()]);
        } catch {
          // `final` only throws for a tag that does not match; nothing of `head` is handed out.
          return null;
        }
      },
    } satisfies AesGcmKey;
  },
  randomBytes: (length) => randomBytes(length),
};
