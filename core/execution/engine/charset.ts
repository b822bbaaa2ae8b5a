/** How the bytes of a text begin that says in which of Unicode's encodings it is (RFC 3629 section 6, RFC 2781). */
const BYTE_ORDER_MARKS: readonly (readonly [label: string, bytes: readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/** `<?` without a byte order mark (XML 1.0, appendix F). */
const XML_STARTS: readonly (readonly [label: string, bytes: readonly number[]])[] = [
  ['utf-16le', [0x3c, 0x00, 0x3f, 0x00]],
  ['utf-16be', [0x00, 0x3c, 0x00, 0x3f]],
];
const XML_ENCODING = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']/;
/** The declaration stands at the very start. */
const XML_DECLARATION_BYTES = 200;

/**
 * A body as text: in the charset that the content type names, else in what a byte order mark or, for XML, the
 * declaration says, else in UTF-8. A label that no standard knows counts for nothing (WHATWG Encoding, section 4.2).
 */
export function decodeText(bytes: Uint8Array, charset: string | undefined, isXml: boolean): string {
  const mark = markOf(bytes, BYTE_ORDER_MARKS);
  const declared = charset === undefined ? undefined : decoderFor(charset);
  // "utf-16" leaves the order of the bytes to the mark, and a mark is no text in any of Unicode's encodings.
  const overruled = mark !== undefined && declared?.encoding.startsWith('utf-') === true;
  const decoder =
    (overruled ? undefined : declared) ??
    (mark === undefined ? undefined : decoderFor(mark)) ??
    (isXml ? decoderFor(xmlEncoding(bytes)) : undefined) ??
    new TextDecoder();
  return decoder.decode(bytes);
}

function markOf(
  bytes: Uint8Array,
  marks: readonly (readonly [string, readonly number[]])[],
): string | undefined {
  return marks.find(([, start]) => start.every((byte, index) => bytes[index] === byte))?.[0];
}

/** Undefined for a label that is none. */
function decoderFor(label: string | undefined) {
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

function xmlEncoding(bytes: Uint8Array): string | undefined {
  const wide = markOf(bytes, XML_STARTS);
  if (wide !== undefined) return wide;
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, XML_DECLARATION_BYTES));
  const label = XML_ENCODING.exec(start)?.[1];
  // Read as single bytes, it cannot be in one of two (XML 1.0, appendix F.1).
  return label !== undefined && /^utf-?16|^ucs/i.test(label) ? undefined : label;
}
