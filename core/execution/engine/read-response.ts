import type { StepResponse } from '../../connector/schema.ts';
import { toBase64 } from '../../crypto/base64.ts';
import type { EgressResponse, HeaderPair } from '../../egress/port.ts';
import type { Json } from '../../json/json.ts';
import { decodeText } from './charset.ts';
import { MAX_RESPONSE_DEPTH } from './limits.ts';
import { readXml } from './read-xml.ts';

export type ResponseType = StepResponse['type'];
export type ReadBody =
  | { ok: true; body: Json }
  | {
      ok: false;
      code: 'invalid_json' | 'invalid_xml' | 'response_too_deep' | 'response_too_large';
      message: string;
    };

/** Header names in lower case; a repeated one is joined with a comma (RFC 9110 section 5.3), Set-Cookie by line. */
export function headerRecord(headers: readonly HeaderPair[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [rawName, value] of headers) {
    const name = rawName.toLowerCase();
    const before = Object.hasOwn(record, name) ? record[name] : undefined;
    const joined = before === undefined ? value : `${before}${name === 'set-cookie' ? '\n' : ', '}${value}`;
    Object.defineProperty(record, name, {
      value: joined,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return record;
}

function mediaType(contentType: string): { essence: string; charset: string | undefined } {
  const [essence = '', ...parameters] = contentType.split(';');
  const charset = parameters.map((p) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/i.exec(p)?.[1]).find((c) => c);
  return { essence: essence.trim().toLowerCase(), charset };
}

function isJson(essence: string): boolean {
  return essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json');
}
function isXml(essence: string): boolean {
  return essence === 'application/xml' || essence === 'text/xml' || essence.endsWith('+xml');
}
function isText(essence: string): boolean {
  return (
    essence.startsWith('text/') ||
    isXml(essence) ||
    ['application/x-www-form-urlencoded', 'application/javascript', 'application/x-ndjson'].includes(essence)
  );
}

function depthExceeds(value: Json, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  return Object.values(value).some((child) => depthExceeds(child, limit - 1));
}

function readJson(text: string): ReadBody {
  let body: Json;
  try {
    body = JSON.parse(text);
  } catch {
    return {
      ok: false,
      code: 'invalid_json',
      message: 'The service said that its answer is JSON, but it is not.',
    };
  }
  if (depthExceeds(body, MAX_RESPONSE_DEPTH)) {
    return {
      ok: false,
      code: 'response_too_deep',
      message: `The answer is nested deeper than ${MAX_RESPONSE_DEPTH} levels.`,
    };
  }
  return { ok: true, body };
}

/**
 * The body as later steps see it: JSON as its value, text as a string, bytes as base64, nothing as null; XML as JSON
 * where the step says so (see `readXml`), and as text otherwise. `auto` follows the content type; an error answer whose
 * JSON or XML is broken is read as text, so that its message is not lost.
 */
export function readBody(
  response: Pick<EgressResponse, 'status' | 'headers' | 'body'>,
  type: ResponseType,
): ReadBody {
  if (response.body.byteLength === 0) return { ok: true, body: null };
  if (type === 'binary') return { ok: true, body: toBase64(response.body) };
  const { essence, charset } = mediaType(headerRecord(response.headers)['content-type'] ?? '');
  const asText = () => decodeText(response.body, charset, type === 'xml' || isXml(essence));
  const orText = (read: ReadBody): ReadBody => {
    const broken = !read.ok && (read.code === 'invalid_json' || read.code === 'invalid_xml');
    return broken && response.status >= 400 ? { ok: true, body: asText() } : read;
  };
  if (type === 'json' || (type === 'auto' && isJson(essence))) {
    return orText(readJson(asText()));
  }
  if (type === 'xml') return orText(readXml(asText()));
  if (type === 'text' || isText(essence)) return { ok: true, body: asText() };
  return essence === '' ? untyped(response.body) : { ok: true, body: toBase64(response.body) };
}

/** Without a content type: text if the bytes are UTF-8, else base64. */
function untyped(bytes: Uint8Array): ReadBody {
  try {
    return { ok: true, body: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { ok: true, body: toBase64(bytes) };
  }
}
