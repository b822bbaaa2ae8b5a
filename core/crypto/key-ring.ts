import { fromBase64 } from './base64.ts';
import { KEY_BYTES } from './port.ts';

export interface RingKey {
  readonly id: string;
  readonly raw: Uint8Array;
}

/** Keys by age, newest first: the first seals, all of them open. */
export interface KeyRing {
  readonly newest: RingKey;
  readonly keys: readonly RingKey[];
}

/** The configuration is unusable: the process must refuse to start. Its message never holds key material. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError';
  readonly code = 'key_ring_invalid';
  readonly variable: string;

  constructor(variable: string, problem: string) {
    super(`${variable}: ${problem}`);
    this.variable = variable;
  }
}

const KEY_ID = /^[a-z0-9_-]{1,32}$/;

/**
 * Parses `id:base64,id:base64`, newest first; each value is 32 bytes (`openssl rand -base64 32`).
 *
 * @param text the variable's value; undefined when it is not set
 * @param variable its name, so that the error says where to look
 * @throws KeyRingError when empty, or an id or a key is malformed or repeated
 */
export function parseKeyRing(text: string | undefined, variable: string): KeyRing {
  if (text === undefined || text.trim() === '') {
    throw new KeyRingError(variable, 'not set; expected "id:base64,..." with 32-byte keys, newest first');
  }
  const keys = text.split(',').map((entry, index) => parseEntry(entry.trim(), index + 1, variable));
  keys.forEach((key, index) => {
    if (keys.findIndex((other) => other.id === key.id) !== index) {
      throw new KeyRingError(variable, `the key id "${key.id}" appears twice`);
    }
    if (keys.findIndex((other) => sameBytes(other.raw, key.raw)) !== index) {
      throw new KeyRingError(variable, `the key "${key.id}" repeats the value of another key`);
    }
  });
  const [newest] = keys;
  if (newest === undefined) throw new KeyRingError(variable, 'holds no key');
  return { newest, keys };
}

function parseEntry(entry: string, position: number, variable: string): RingKey {
  const colon = entry.indexOf(':');
  // The position, never the text: an entry without its id is the key itself.
  if (colon < 0) throw new KeyRingError(variable, `entry ${position} is not of the form id:base64`);
  const id = entry.slice(0, colon);
  if (!KEY_ID.test(id)) {
    throw new KeyRingError(variable, `entry ${position} has an id that does not match ${KEY_ID.source}`);
  }
  const raw = fromBase64(entry.slice(colon + 1));
  if (raw === null) throw new KeyRingError(variable, `the key "${id}" is not valid base64`);
  if (raw.length !== KEY_BYTES) {
    throw new KeyRingError(variable, `the key "${id}" has ${raw.length} bytes instead of ${KEY_BYTES}`);
  }
  if (raw.every((byte) => byte === raw[0])) {
    throw new KeyRingError(
      variable,
      `the key "${id}" repeats one byte; generate it with "openssl rand -base64 32"`,
    );
  }
  return { id, raw };
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
