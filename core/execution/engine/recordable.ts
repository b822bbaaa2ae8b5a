import type { Json } from '../../json/json.ts';
import { MAX_RECORDED_CHARS } from './limits.ts';

/**
 * JSON that Postgres can keep: jsonb refuses U+0000 and lone surrogates (PostgreSQL manual, section 8.14), and other
 * people's services send both.
 */
export function storable<T extends Json>(value: T): T {
  return mapStrings(value, wellFormed) as T;
}

/** As `storable`, with long texts cut to what a person can read. */
export function recordable<T extends Json>(value: T): T {
  return mapStrings(value, (text) => {
    const clean = wellFormed(text);
    if (clean.length <= MAX_RECORDED_CHARS) return clean;
    return `${clean.slice(0, MAX_RECORDED_CHARS).toWellFormed()}… [cut: ${clean.length} characters in all]`;
  }) as T;
}

function wellFormed(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}

function mapStrings(value: Json, map: (text: string) => string): Json {
  if (typeof value === 'string') return map(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [wellFormed(key), mapStrings(item, map)]),
  );
}
