/**
 * The forms in which a secret can turn up in recorded text. A form is a list of units, one per character, each
 * with the ways to write it, so that encoders which differ in what they escape are all covered by one form.
 */
export interface Spelling {
  text: string;
  /** True where letters are hex digits or the like, equal in upper and lower case. */
  anyCase?: boolean;
}
export type Unit = readonly Spelling[];
export type Form = readonly Unit[];

const utf8 = new TextEncoder();
/** As `encodeURIComponent`, in lower case. */
const percent = (text: string): string => encodeURIComponent(text).toLowerCase();
const hex = (value: number, width = 2): string => value.toString(16).padStart(width, '0');

const NAMED_ENTITIES: Readonly<Record<string, readonly string[]>> = {
  '&': ['&amp;'],
  '<': ['&lt;'],
  '>': ['&gt;'],
  '"': ['&quot;'],
  "'": ['&apos;', '&#039;'],
};
/** JSON's short escapes (RFC 8259 section 7), also as escaped once more inside a JSON string. */
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
};

/** Letters and digits are written as they are by every encoder. */
const NEVER_ESCAPED = /^[A-Za-z0-9]$/;

/** The ways to write one character: raw, in URLs and forms, in JSON strings, in XML, and in one inside of another. */
function spellings(char: string): Unit {
  if (NEVER_ESCAPED.test(char)) return [{ text: char }];
  const bytes = [...utf8.encode(char)];
  const units = [...char].flatMap(() => Array.from({ length: char.length }, (_, at) => char.charCodeAt(at)));
  const point = char.codePointAt(0) ?? 0;
  const found: Spelling[] = [
    { text: char },
    { text: bytes.map((byte) => `%${hex(byte)}`).join(''), anyCase: true },
    { text: bytes.map((byte) => `%25${hex(byte)}`).join(''), anyCase: true },
    { text: units.map((unit) => `\\u${hex(unit, 4)}`).join(''), anyCase: true },
    { text: units.map((unit) => `\\\\u${hex(unit, 4)}`).join(''), anyCase: true },
    { text: `&#${point};` },
    { text: `&#x${hex(point, 1)};`, anyCase: true },
    // Escaped twice over, as pages do that show what is escaped already.
    { text: `&amp;#${point};` },
    { text: `&amp;#x${hex(point, 1)};`, anyCase: true },
    ...(NAMED_ENTITIES[char] ?? []).flatMap((text) => [{ text }, { text: text.replace('&', '&amp;') }]),
    // JSON in a query parameter.
    { text: units.map((unit) => `%5cu${hex(unit, 4)}`).join(''), anyCase: true },
  ];
  if (char === ' ') found.push({ text: '+' });
  // UTF-8 read as Latin-1, as HTTP clients read the headers of services that write them in UTF-8.
  if (bytes.length > 1) found.push({ text: String.fromCharCode(...bytes) });
  const short = SHORT_ESCAPES[char];
  if (short !== undefined) {
    found.push({ text: `\\${short}` });
    found.push({ text: `\\\\${short === '"' || short === '\\' ? `\\${short}` : short}` });
    if (short === '\\') found.push({ text: '\\\\' });
    found.push({ text: `%5c${percent(short)}`, anyCase: true });
    // JSON in an attribute of XML or HTML.
    if (short === '"') found.push({ text: '\\&quot;' }, { text: '\\&#34;' });
  }
  return found.sort((a, b) => b.text.length - a.text.length);
}

/** Shared by all forms: most characters of secrets, and every digit of base64. */
const ASCII_UNITS = new Map<string, Unit>();

/** A secret as it is, and as encoders write it that escape character by character. */
export function escapedForm(secret: string): Form {
  // One unit for each different character: a long secret has thousands of the same ones.
  const units = new Map<string, Unit>();
  return Array.from(secret, (char) => {
    const known = char <= '\u007f' ? ASCII_UNITS : units;
    const unit = known.get(char) ?? spellings(char);
    known.set(char, unit);
    return unit;
  });
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 digits that `bytes` alone decide when `before` (0 to 2) unknown bytes precede them. */
function base64Core(bytes: readonly number[], before: number): string {
  const firstDigit = Math.ceil((before * 8) / 6);
  const endDigit = Math.floor(((before + bytes.length) * 8) / 6);
  let digits = '';
  for (let digit = firstDigit; digit < endDigit; digit += 1) {
    let value = 0;
    for (let bit = digit * 6; bit < digit * 6 + 6; bit += 1) {
      const byte = bytes[Math.floor(bit / 8) - before] ?? 0;
      value = value * 2 + ((byte >> (7 - (bit % 8))) & 1);
    }
    digits += BASE64[value] ?? '';
  }
  return digits;
}

function base64Whole(bytes: readonly number[]): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Longer secrets are found by their core alone, which leaves at most a digit and the padding on each side. */
const MAX_WHOLE_BASE64_BYTES = 8_192;

/** A shorter run of base64 digits would match ordinary words. */
const MIN_BASE64_DIGITS = 4;

/** Base64 and base64url of `bytes`, alone or inside a longer text, at each of the three alignments. */
function base64Forms(bytes: readonly number[]): Form[] {
  const whole = bytes.length <= MAX_WHOLE_BASE64_BYTES ? base64Whole(bytes) : '';
  const standard = [whole, whole.replace(/=+$/, ''), ...[0, 1, 2].map((before) => base64Core(bytes, before))];
  const url = standard.map((digits) => digits.replaceAll('+', '-').replaceAll('/', '_'));
  const unique = new Set([...standard, ...url].filter((digits) => digits.length >= MIN_BASE64_DIGITS));
  return [...unique].map(escapedForm);
}

function hexForm(bytes: readonly number[]): Form {
  return bytes.map((byte) => [{ text: hex(byte), anyCase: true }]);
}

/** The bytes of a text in latin-1, which `btoa` and older Basic authentication use; undefined if it has none. */
function latin1(text: string): number[] | undefined {
  const codes = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  return codes.every((code) => code <= 0xff) && codes.some((code) => code > 0x7f) ? codes : undefined;
}

/** In UTF-16, which PowerShell and Windows services encode in base64. */
function utf16(text: string, littleEndian: boolean): number[] {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at)).flatMap((unit) =>
    littleEndian ? [unit & 0xff, unit >> 8] : [unit >> 8, unit & 0xff],
  );
}

/**
 * What a secret is turned into before the text around it is encoded as a whole: a JSON document in base64, or client
 * credentials, which are form-encoded first (RFC 6749 section 2.3.1). Only where that makes a difference.
 */
function escapedBefore(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const texts = [json, json.replaceAll('/', '\\/'), ascii(json), ascii(json).replaceAll('/', '\\/')];
  if (secret.isWellFormed()) {
    const url = encodeURIComponent(secret);
    const form = new URLSearchParams({ x: secret }).toString().slice(2);
    texts.push(url, form, form.replaceAll('+', '%20'), lowerCaseEscapes(url), lowerCaseEscapes(form));
  }
  return [...new Set(texts)].filter((text) => text !== secret);
}

const ascii = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`);
const lowerCaseEscapes = (text: string): string => text.replace(/%../g, (code) => code.toLowerCase());

/** A secret that is longer is looked for in base64 as it is only: these forms would take as long as all others. */
const MAX_INDIRECT_CHARS = 4_096;

/** Every form of one secret. */
export function formsOf(secret: string): Form[] {
  const bytes = [[...utf8.encode(secret)], latin1(secret)].filter((encoded) => encoded !== undefined);
  const indirect =
    secret.length > MAX_INDIRECT_CHARS
      ? []
      : [
          utf16(secret, true),
          utf16(secret, false),
          ...escapedBefore(secret).map((text) => [...utf8.encode(text)]),
        ];
  return [escapedForm(secret), ...[...bytes, ...indirect].flatMap(base64Forms), ...bytes.map(hexForm)];
}
