import type { HeaderPair } from './port.ts';

/**
 * Headers that frame the message or steer the connection (RFC 9110 sections 7.2, 7.6.1 and 10.1.1). The door
 * writes its own: a caller's Host would reach another virtual host than the one checked, and a caller's framing
 * is how requests are smuggled. Dropped without an error, since people paste them from other tools.
 */
export const OWNED_BY_THE_DOOR: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** RFC 9110 section 5.6.2. */
export const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 section 5.5, with obs-text: no CR, LF, NUL or other control character, nothing beyond one byte. */
export const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** More than any service asks for; servers commonly stop at 100. */
const MAX_REQUEST_HEADERS = 100;
/** CONNECT would open a tunnel; TRACE and TRACK echo the credential back in a body. */
const REFUSED_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

export type HeaderCheck =
  | { readonly ok: true; readonly headers: readonly HeaderPair[] }
  | { readonly ok: false; readonly message: string };

/** Drops what the door writes itself and refuses what could not stand on the wire. Names come back in lower case. */
export function checkHeaders(headers: readonly HeaderPair[]): HeaderCheck {
  if (headers.length > MAX_REQUEST_HEADERS)
    return { ok: false, message: 'The request has too many headers.' };
  const kept: HeaderPair[] = [];
  for (const [rawName, value] of headers) {
    if (!HEADER_NAME.test(rawName))
      return { ok: false, message: 'A header name holds a character that is not allowed.' };
    const name = rawName.toLowerCase();
    // The value may be a credential: only the name is told.
    if (!HEADER_VALUE.test(value)) {
      return { ok: false, message: `The header "${name}" holds a character that is not allowed.` };
    }
    if (!OWNED_BY_THE_DOOR.has(name)) kept.push([name, value]);
  }
  return { ok: true, headers: kept };
}

/** Whether the method is a token and not one that tunnels or echoes. Methods are case-sensitive. */
export function isAllowedMethod(method: string): boolean {
  return HEADER_NAME.test(method) && !REFUSED_METHODS.has(method.toUpperCase());
}
