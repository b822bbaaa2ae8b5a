/**
 * Where a template's value stands. Every place has one writer that makes it impossible for a value to end the
 * place it stands in: a path segment, a query value, a header line, an XML text or attribute, a JSON string.
 */
export type Place = 'text' | 'path' | 'query' | 'header' | 'xml' | 'json';

/** A value that cannot stand in its place; the caller adds the expression. */
export class PlaceError extends Error {}

/**
 * The text of a value: strings as they are, numbers and booleans as JSON writes them, null as the empty string,
 * objects and arrays as compact JSON (not in a path or a header, where they are always a mistake).
 */
function textOf(value: unknown, place: Place): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (place === 'path' || place === 'header') {
    const kind = Array.isArray(value) ? 'an array' : 'an object';
    throw new PlaceError(`is ${kind}, which cannot stand in a ${place === 'path' ? 'URL path' : 'header'}`);
  }
  return JSON.stringify(value);
}

const ALL_UNRESERVED = /^[A-Za-z0-9._~-]*$/;

/** Percent-encodes everything but the unreserved characters of RFC 3986 section 2.3. */
function percentEncode(text: string): string {
  if (ALL_UNRESERVED.test(text)) return text;
  let encoded: string;
  try {
    encoded = encodeURIComponent(text);
  } catch {
    throw new PlaceError('is not well-formed Unicode, which a URL cannot carry');
  }
  return encoded.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** RFC 9110 section 5.5: no control character but the tab. */
const NOT_IN_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

function headerText(text: string): string {
  // CR and LF would start a new header (request splitting); fetch and undici take latin-1 only.
  if (NOT_IN_HEADER.test(text)) {
    throw new PlaceError(
      'holds a character that a header cannot carry (line break, control or beyond latin-1)',
    );
  }
  return text;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 section 2.2 forbids these even as references
const NOT_IN_XML = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const XML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
};

function xmlText(text: string): string {
  if (NOT_IN_XML.test(text) || !text.isWellFormed()) {
    throw new PlaceError('holds a character that XML cannot carry');
  }
  return text.replace(/[&<>"'\r]/g, (char) => XML_ENTITIES[char] ?? '');
}

/**
 * Writes a value as text for its place.
 * @throws PlaceError if the value cannot stand there
 */
export function writeValue(value: unknown, place: Place): string {
  const text = textOf(value, place);
  switch (place) {
    case 'path':
    case 'query':
      return percentEncode(text);
    case 'header':
      return headerText(text);
    case 'xml':
      return xmlText(text);
    case 'text':
    case 'json':
      return text;
  }
}

/** Segments that a URL parser resolves as "here" or "up", also when percent-encoded (WHATWG URL section 4.1). */
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;

/**
 * Refuses a path segment that values made empty or a dot segment: `/users/{{id}}` must not become `/users/`
 * (often the whole list) or climb to another resource.
 * @throws PlaceError
 */
export function checkSegment(segment: string): void {
  if (segment === '') throw new PlaceError('is empty, which would change the URL path');
  if (DOT_SEGMENT.test(segment)) throw new PlaceError('is "." or "..", which would change the URL path');
}
