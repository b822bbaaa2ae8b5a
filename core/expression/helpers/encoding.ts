import { toBase64, toBase64Url } from '../../crypto/base64.ts';
import { refused, textArgument } from './arguments.ts';

export const ENCODINGS = ['hex', 'base64', 'base64url'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** The bytes of a text in UTF-8. A lone surrogate has none: encoders would silently put another character there. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  if (!text.isWellFormed()) throw refused('encodes a text that is not well-formed Unicode');
  return new TextEncoder().encode(text);
}

export function encodeBytes(bytes: Uint8Array, encoding: Encoding): string {
  switch (encoding) {
    case 'hex':
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    case 'base64':
      return toBase64(bytes);
    case 'base64url':
      return toBase64Url(bytes);
  }
}

/** @returns undefined if the text is malformed */
export function decodeBytes(text: string, encoding: Encoding): Uint8Array<ArrayBuffer> | undefined {
  if (encoding === 'hex') {
    if (!/^(?:[0-9a-f]{2})*$/i.test(text)) return undefined;
    return Uint8Array.from({ length: text.length / 2 }, (_, at) =>
      Number.parseInt(text.slice(2 * at, 2 * at + 2), 16),
    );
  }
  try {
    // Ignores white space, as mail and PEM files break lines, and takes a text with or without its padding.
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** `$base64encode`: the UTF-8 bytes of a text. JSONata's own cuts every character to its low byte. */
export function base64encode(text: unknown): unknown {
  return text === undefined ? undefined : toBase64(utf8(textArgument(text, 'the text')));
}

/** `$base64UrlEncode`: RFC 4648 section 5, without padding, as JSON Web Tokens have it. */
export function base64UrlEncode(text: unknown): unknown {
  return text === undefined ? undefined : toBase64Url(utf8(textArgument(text, 'the text')));
}

/** `$base64decode` and `$base64UrlDecode`: either alphabet, to a text in UTF-8. */
export function base64decode(text: unknown): unknown {
  if (text === undefined) return undefined;
  const bytes = decodeBytes(textArgument(text, 'the base64'), 'base64');
  if (!bytes) throw refused('decodes malformed base64');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused('decodes base64 of bytes that are not text in UTF-8');
  }
}
