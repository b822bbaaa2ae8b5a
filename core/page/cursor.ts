import { fromBase64Url, toBase64Url } from '../crypto/base64.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a caller hands back to get the next page. Opaque, so that what is in it may change. */
export function encodeCursor(id: string): string {
  return toBase64Url(new TextEncoder().encode(id));
}

/** The id in a cursor, or null when it is not one of ours. */
export function decodeCursor(cursor: string): string | null {
  const bytes = fromBase64Url(cursor);
  if (bytes === null) return null;
  const id = new TextDecoder().decode(bytes);
  return UUID.test(id) ? id : null;
}

/** For lists whose ids are numbers: the number in a cursor, or null when it is not one of ours. */
export function decodeNumberCursor(cursor: string): number | null {
  const bytes = fromBase64Url(cursor);
  if (bytes === null) return null;
  const id = new TextDecoder().decode(bytes);
  return /^\d{1,15}$/.test(id) ? Number(id) : null;
}
