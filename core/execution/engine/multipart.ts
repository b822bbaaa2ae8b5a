import type { RandomBytes } from '../../ids.ts';

export type FormPart = {
  name: string;
  content: string | Uint8Array;
  /** What the ledger shows in place of the content. */
  shown: string;
  filename?: string;
  shownFilename?: string;
  contentType?: string;
};

const BOUNDARY_RANDOM_BYTES = 16;

/** multipart/form-data (RFC 7578), with names escaped as browsers do (WHATWG HTML, multipart encoding algorithm). */
export function multipartBody(
  parts: readonly FormPart[],
  randomBytes: RandomBytes,
): { bytes: Uint8Array; contentType: string } {
  const random = Array.from(randomBytes(BOUNDARY_RANDOM_BYTES), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  const boundary = `patchbay-${random}`;
  const encoder = new TextEncoder();
  const chunks = parts.flatMap((part) => {
    const filename = part.filename === undefined ? '' : `; filename="${escapeName(part.filename)}"`;
    const type = part.contentType === undefined ? '' : `Content-Type: ${oneLine(part.contentType)}\r\n`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(part.name)}"${filename}\r\n${type}\r\n`;
    const content = typeof part.content === 'string' ? encoder.encode(part.content) : part.content;
    return [encoder.encode(head), content, encoder.encode('\r\n')];
  });
  chunks.push(encoder.encode(`--${boundary}--\r\n`));
  return { bytes: concat(chunks), contentType: `multipart/form-data; boundary=${boundary}` };
}

/** A quote or a line break in a name would end the header that it stands in. */
function escapeName(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
