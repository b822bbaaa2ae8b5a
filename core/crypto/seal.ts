import { fromBase64Url, toBase64Url } from './base64.ts';
import type { KeyRing } from './key-ring.ts';
import { type AesGcmKey, type CryptoPort, IV_BYTES, TAG_BYTES } from './port.ts';

/**
 * What a sealed value belongs to, for example `['credential', workspaceId, serviceName, credentialId]`. Opening
 * with other parts fails, so that a row copied to another workspace or service cannot be read there.
 */
export type Aad = readonly string[];

export type DecryptReason =
  /** Not `v1.<key id>.<iv>.<ciphertext+tag>`. */
  | 'malformed'
  /** Sealed with a key that the ring does not hold (any more). */
  | 'unknown_key'
  /** Altered, moved to other parts, or sealed with another key of the same id. */
  | 'authentication';

/** A sealed value could not be opened. Carries no content, neither sealed nor open. */
export class DecryptError extends Error {
  override readonly name = 'DecryptError';
  readonly reason: DecryptReason;

  constructor(reason: DecryptReason) {
    super(`A sealed value could not be opened: ${reason}.`);
    this.reason = reason;
  }
}

export interface Sealer {
  /** Encrypts UTF-8 text with the newest key. A lone surrogate is refused (TypeError): UTF-8 cannot carry it. */
  seal(plaintext: string, aad: Aad): Promise<string>;
  /** @throws DecryptError */
  open(sealed: string, aad: Aad): Promise<string>;
  /** Key id of a sealed value, to find rows that rotation has to re-encrypt. @throws DecryptError (malformed) */
  keyIdOf(sealed: string): string;
  readonly newestKeyId: string;
}

const VERSION = 'v1';
const SEALED = /^v1\.(?<keyId>[a-z0-9_-]{1,32})\.(?<iv>[A-Za-z0-9_-]{16})\.(?<data>[A-Za-z0-9_-]{22,})$/;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** AES-256-GCM under a key ring. Imported keys are kept for the life of the sealer. */
export function createSealer(keyRing: KeyRing, port: CryptoPort): Sealer {
  const rawKeys = new Map(keyRing.keys.map((key) => [key.id, key.raw]));
  const imported = new Map<string, Promise<AesGcmKey>>();

  function keyFor(id: string): Promise<AesGcmKey> | null {
    const known = imported.get(id);
    if (known !== undefined) return known;
    const raw = rawKeys.get(id);
    if (raw === undefined) return null;
    const key = port.importKey(raw);
    imported.set(id, key);
    // A failed import must not be remembered for the life of the process.
    key.catch(() => imported.delete(id));
    return key;
  }

  return {
    newestKeyId: keyRing.newest.id,

    async seal(plaintext, aad) {
      if (!plaintext.isWellFormed()) throw new TypeError('The text to seal is not well-formed Unicode.');
      const { id } = keyRing.newest;
      const key = await keyFor(id);
      if (key === null) throw new TypeError('The key ring does not hold its own newest key.');
      const iv = port.randomBytes(IV_BYTES);
      const data = await key.encrypt(iv, encoder.encode(plaintext), additionalData(id, aad));
      return [VERSION, id, toBase64Url(iv), toBase64Url(data)].join('.');
    },

    async open(sealed, aad) {
      const { keyId, iv, data } = parse(sealed);
      const key = await keyFor(keyId);
      if (key === null) throw new DecryptError('unknown_key');
      const plaintext = await key.decrypt(iv, data, additionalData(keyId, aad));
      if (plaintext === null) throw new DecryptError('authentication');
      return decoder.decode(plaintext);
    },

    keyIdOf: (sealed) => parse(sealed).keyId,
  };
}

/** A JSON array cannot be read two ways: ['a','bc'] and ['ab','c'] encode differently. */
function additionalData(keyId: string, aad: Aad): Uint8Array {
  return encoder.encode(JSON.stringify([VERSION, keyId, ...aad]));
}

interface Parsed {
  readonly keyId: string;
  readonly iv: Uint8Array;
  readonly data: Uint8Array;
}

function parse(sealed: string): Parsed {
  const groups = SEALED.exec(sealed)?.groups;
  const keyId = groups?.keyId;
  const iv = fromBase64Url(groups?.iv ?? '');
  const data = fromBase64Url(groups?.data ?? '');
  if (keyId === undefined || iv?.length !== IV_BYTES || data === null || data.length < TAG_BYTES) {
    throw new DecryptError('malformed');
  }
  return { keyId, iv, data };
}
