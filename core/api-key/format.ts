import { fromBase64Url, toBase64Url } from '../crypto/base64.ts';

/**
 * An API key as callers hold it: `pbk_<id>_<secret>_<checksum>`.
 *
 * | part | form | why |
 * |---|---|---|
 * | `pbk_` | fixed | secret scanners and people recognise it |
 * | id | 32 hex digits: the key's UUID without dashes | the database finds the row without an index on secrets |
 * | secret | 43 characters of base64url: 32 random bytes | 256 bits, so that a plain SHA-256 at rest cannot be guessed |
 * | checksum | 8 hex digits: CRC-32 (IEEE 802.3) of everything before the last `_` | a mistyped or made-up key is told apart without asking anybody |
 *
 * The checksum keeps mistakes away, not attackers: anybody can compute it.
 */
const API_KEY = /^(pbk_([0-9a-f]{32})_([A-Za-z0-9_-]{43}))_([0-9a-f]{8})$/;
const PREFIX = 'pbk_';

export const SECRET_BYTES = 32;
/** How much of a secret is kept in clear, for people to tell keys apart: 24 of 256 bits. */
const HINT_CHARS = 4;

export interface PresentedKey {
  /** A UUID. */
  readonly id: string;
  readonly secret: string;
}

/** Whether somebody means this to be an API key, well-formed or not. */
export function looksLikeApiKey(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** @param secret 43 characters of base64url */
export function formatApiKey({ id, secret }: PresentedKey): string {
  const body = `${PREFIX}${id.replaceAll('-', '')}_${secret}`;
  return `${body}_${checksum(body)}`;
}

/** The parts of a well-formed key, or null. */
export function parseApiKey(text: string): PresentedKey | null {
  const [, body, hex, secret, sum] = API_KEY.exec(text) ?? [];
  if (body === undefined || hex === undefined || secret === undefined) return null;
  // Strict base64url: a second spelling of the same bytes would be a second key with the same rights in a log search.
  if (checksum(body) !== sum || fromBase64Url(secret) === null) return null;
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return { id, secret };
}

export const newSecret = (randomBytes: (length: number) => Uint8Array) =>
  toBase64Url(randomBytes(SECRET_BYTES));

export const hintOf = (secret: string) => secret.slice(-HINT_CHARS);

/** What is stored in place of the secret: SHA-256 in hex. */
export async function hashSecret(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const POLYNOMIAL = 0xedb88320;

function checksum(text: string): string {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i += 1) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}
