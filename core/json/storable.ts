import { findJsonFlaw, type JsonFlaw, pointerTo } from './json.ts';

/**
 * The first reason why Postgres would refuse this value as `jsonb`, or store another one: the NUL character and lone
 * surrogates (PostgreSQL manual, section 8.14), and numbers beyond the range of a double, which JSON.parse reads as
 * infinite and JSON.stringify writes as null.
 */
export function findUnstorable(value: unknown, pointer: string): JsonFlaw | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : { pointer, detail: UNSTORABLE_TEXT };
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { pointer, detail: 'is a number too large to be kept' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    if (!isStorable(key)) return { pointer, detail: `has a key that ${UNSTORABLE_TEXT}` };
    const flaw = findUnstorable(child, pointerTo(pointer, key));
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

const UNSTORABLE_TEXT = 'holds a NUL character or half of a surrogate pair';

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/**
 * The first reason why a request's body must not be taken in at all, before any schema looks at it.
 *
 * @param wrapping levels around what is kept, which may be as deep on top of them as it could be alone
 */
export function findBodyFlaw(body: unknown, wrapping = 0): JsonFlaw | undefined {
  return findJsonFlaw(body, '', -wrapping) ?? findUnstorable(body, '');
}
