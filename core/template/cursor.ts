import * as z from 'zod';
import { fromBase64Url, toBase64Url } from '../crypto/base64.ts';
import type { TemplateSummary } from './schema.ts';

export const TemplateSort = z.enum(['newest', 'installs', 'rating']);
export type TemplateSort = z.infer<typeof TemplateSort>;

/** After which template a page starts, in the order of one sort. `value` is what is sorted by; null for newest. */
export type TemplatePosition = { readonly value: number | null; readonly id: string };

const Encoded = z.tuple([TemplateSort, z.number().min(0).max(Number.MAX_SAFE_INTEGER).nullable(), z.uuid()]);

export function positionOf(template: TemplateSummary, sort: TemplateSort): TemplatePosition {
  const { id, install_count, rating_average } = template;
  if (sort === 'installs') return { value: install_count, id };
  // Without a rating the database sorts it as 0.
  return { value: sort === 'rating' ? (rating_average ?? 0) : null, id };
}

/** What a caller hands back to get the next page: opaque, and good for the sort that it was made in. */
export function encodeTemplateCursor(sort: TemplateSort, { value, id }: TemplatePosition): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify([sort, value, id])));
}

/** The position in a cursor, or null when it is none of ours or of another sort. */
export function decodeTemplateCursor(cursor: string, sort: TemplateSort): TemplatePosition | null {
  const parsed = Encoded.safeParse(jsonIn(cursor));
  if (!parsed.success) return null;
  const [madeFor, value, id] = parsed.data;
  return madeFor === sort && (value === null) === (sort === 'newest') ? { value, id } : null;
}

const MAX_VERSION = 2_147_483_647;

/** Versions page by their number. */
export function encodeVersionCursor(version: number): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify(['version', version])));
}

export function decodeVersionCursor(cursor: string): number | null {
  const parsed = z.tuple([z.literal('version'), z.int().min(1).max(MAX_VERSION)]).safeParse(jsonIn(cursor));
  return parsed.success ? parsed.data[1] : null;
}

function jsonIn(cursor: string): unknown {
  const bytes = fromBase64Url(cursor);
  if (bytes === null) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
