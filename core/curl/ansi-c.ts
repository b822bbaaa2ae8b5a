import { CurlRefused } from './refused.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  ...{ n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', e: '\x1b', E: '\x1b', f: '\f', v: '\v' },
  ...{ '\\': '\\', "'": "'", '"': '"', '?': '?' },
};
const BYTE = /^(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))/;
const CODE_POINT = /^(?:u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8}))/;
/** Of the longest escape. */
const MAX_ESCAPE_CHARS = 9;

/**
 * What stands in `$'…'` (POSIX.1-2024 XCU section 2.2.4), from after its first quote. `length` counts the closing one.
 * Several bytes may make one character, so that the text is put together from bytes. Throws `CurlRefused`.
 */
export function ansiCString(source: string, start: number): { text: string; length: number } {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const add = (text: string) => {
    for (const byte of encoder.encode(text)) bytes.push(byte);
  };
  let at = start;
  for (;;) {
    const point = source.codePointAt(at);
    if (point === undefined) throw new CurlRefused('A quote is not closed.');
    const char = String.fromCodePoint(point);
    at += char.length;
    if (char === "'") break;
    if (char !== '\\') {
      add(char);
      continue;
    }
    const rest = source.slice(at, at + MAX_ESCAPE_CHARS);
    const escaped = escapeAt(rest);
    if (typeof escaped.what === 'number') bytes.push(escaped.what);
    else add(escaped.what);
    at += escaped.length;
  }
  if (bytes.includes(0)) throw new CurlRefused('The command holds characters that are no text.');
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
    return { text, length: at - start };
  } catch {
    throw new CurlRefused(
      'The command holds bytes that are no text: send them as a body of the type binary.',
    );
  }
}

/** A byte or a text, and how much of the source says so. */
function escapeAt(rest: string): { what: number | string; length: number } {
  const simple = SIMPLE[rest.charAt(0)];
  if (simple !== undefined) return { what: simple, length: 1 };
  const byte = BYTE.exec(rest);
  if (byte) {
    const what =
      byte[1] === undefined ? Number.parseInt(byte[2] ?? '0', 8) & 0xff : Number.parseInt(byte[1], 16);
    return { what, length: byte[0].length };
  }
  const point = CODE_POINT.exec(rest);
  if (point) {
    const value = Number.parseInt(point[1] ?? point[2] ?? '0', 16);
    if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
      throw new CurlRefused('The command holds characters that are no text.');
    return { what: String.fromCodePoint(value), length: point[0].length };
  }
  const control = /^c([@-_a-z])/.exec(rest);
  if (control) return { what: (control[1] ?? '@').toUpperCase().charCodeAt(0) & 0x1f, length: 2 };
  return { what: '\\', length: 0 };
}
