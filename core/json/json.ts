import * as z from 'zod';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Deep enough for any document a person writes, shallow enough that no recursive reader runs out of stack. */
export const MAX_JSON_DEPTH = 32;

/** Names that reach a prototype when they are assigned: refused wherever JSON from outside names a key. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export type JsonFlaw = { pointer: string; detail: string };

/** RFC 6901: `~` and `/` in a key are written `~0` and `~1`. */
export function pointerTo(parent: string, key: string | number): string {
  return `${parent}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The first reason why this value must not be taken in: too deep, or a key that reaches a prototype. */
export function findJsonFlaw(value: unknown, pointer = '', depth = 0): JsonFlaw | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= MAX_JSON_DEPTH) return { pointer, detail: `nested deeper than ${MAX_JSON_DEPTH} levels` };
  for (const [key, child] of Object.entries(value)) {
    if (FORBIDDEN_KEYS.has(key))
      return { pointer: pointerTo(pointer, key), detail: `the key ${key} is not allowed` };
    const flaw = findJsonFlaw(child, pointerTo(pointer, key), depth + 1);
    if (flaw) return flaw;
  }
  return undefined;
}

/** Any JSON value, as its own type; depth and keys are checked once for a whole request, not here. */
export const JsonValue = z.custom<Json>((value) => value !== undefined, 'a JSON value is needed');
export const JsonObjectValue = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'an object is needed',
);
