import { optionalText, refused, textArgument } from './arguments.ts';
import { decodeBytes, ENCODINGS, type Encoding, encodeBytes, utf8 } from './encoding.ts';
import { md5 } from './md5.ts';

/** Names that authors use, with WebCrypto's. */
const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['sha1', 'SHA-1'],
  ['sha256', 'SHA-256'],
  ['sha384', 'SHA-384'],
  ['sha512', 'SHA-512'],
]);

function encodingArgument(value: unknown): Encoding {
  const wanted = optionalText(value, 'the encoding', 'hex');
  const encoding = ENCODINGS.find((known) => known === wanted);
  if (!encoding) throw refused(`needs an encoding: ${ENCODINGS.join(', ')}`);
  return encoding;
}

/** `$hash(text, algorithm = "sha256", encoding = "hex")`: the digest of the text's UTF-8 bytes. */
export async function hash(text: unknown, algorithm?: unknown, encoding?: unknown): Promise<unknown> {
  if (text === undefined) return undefined;
  const name = optionalText(algorithm, 'the algorithm', 'sha256');
  const written = encodingArgument(encoding);
  const bytes = utf8(textArgument(text, 'the text'));
  if (name === 'md5') return encodeBytes(md5(bytes), written);
  const known = ALGORITHMS.get(name);
  if (known === undefined) throw refused(`needs an algorithm: ${[...ALGORITHMS.keys(), 'md5'].join(', ')}`);
  return encodeBytes(new Uint8Array(await crypto.subtle.digest(known, bytes)), written);
}

function keyBytes(key: string, encoding: string): Uint8Array<ArrayBuffer> {
  if (encoding === 'text') return utf8(key);
  const known = ENCODINGS.find((one) => one === encoding);
  if (!known) throw refused(`needs a key encoding: text, ${ENCODINGS.join(', ')}`);
  const bytes = decodeBytes(key, known);
  if (!bytes) throw refused(`has a key that is malformed ${known}`);
  return bytes;
}

/**
 * `$hmac(key, text, algorithm = "sha256", encoding = "hex", keyEncoding = "text")` (RFC 2104). With a `keyEncoding`
 * of hex, base64 or base64url the key is the bytes that it stands for.
 */
export async function hmac(
  key: unknown,
  text: unknown,
  algorithm?: unknown,
  encoding?: unknown,
  keyEncoding?: unknown,
): Promise<unknown> {
  if (key === undefined || text === undefined) return undefined;
  const known = ALGORITHMS.get(optionalText(algorithm, 'the algorithm', 'sha256'));
  if (known === undefined) throw refused(`needs an algorithm: ${[...ALGORITHMS.keys()].join(', ')}`);
  const written = encodingArgument(encoding);
  const raw = keyBytes(textArgument(key, 'the key'), optionalText(keyEncoding, 'the key encoding', 'text'));
  if (raw.length === 0) throw refused('needs a key that is not empty');
  const signer = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: known }, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', signer, utf8(textArgument(text, 'the text')));
  return encodeBytes(new Uint8Array(mac), written);
}
