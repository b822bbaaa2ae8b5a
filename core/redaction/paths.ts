/**
 * A step's `redact`: which parts of what is recorded of it are never shown.
 *
 * - A bare name (`email`) is every field of that name, at any depth, whatever its case; also a parameter of a URL, and a
 *   field of a body that is JSON or a form as text.
 * - A path (`body.customer.email`, `headers.x-trace`) begins at the request, the response and the output alike; after
 *   `request.`, `response.` or `output.` only there. `request.query.email` is a parameter of the request's URL.
 * - `[]`, `[*]` and `*` are each item or field, `[2]` is one item. A name goes through a list item by item without them
 *   too: `body.items.token` is `body.items[].token`.
 * - A name with a dot or bracket in it is written in quotes: `body."a.b"`.
 *
 * A path that leads nowhere hides nothing and is no error: an answer need not look the same each time. A hidden value is
 * hidden as a whole, whatever it is; only the status of a response always stays.
 */
import type { Json } from '../json/json.ts';
import { type PathRule, parsePath, RECORDED_PARTS, type RecordedPart } from './path-rules.ts';
import { type OnHit, PathWalk } from './path-walk.ts';
import { REDACTED } from './redactor.ts';

export type { RecordedPart } from './path-rules.ts';

/** A copy keeps the shape of its original, with `[redacted]` where something is hidden. */
function sameShape<T extends Json>(copy: Json): T {
  return copy as T;
}

/**
 * Hides declared paths.
 * @param value one recorded part, or without `part` a record `{ request?, response?, output? }` of them
 * @returns a copy (parts of it that nothing is hidden in are the original's); the argument is not changed
 */
export function redactPaths<T extends Json>(value: T, paths: readonly string[], part?: RecordedPart): T {
  return sameShape<T>(walk(value, paths, part, () => REDACTED));
}

/** Shorter ones (a flag, a country) tell nothing and would be found everywhere. */
const MIN_VALUE_CHARS = 6;
/** A longer one is a whole document; looking for all of it in every form costs too much. */
const MAX_VALUE_CHARS = 4_096;
/** Together: a path that ends at a whole body must not make the search as expensive as the body is large. */
const MAX_VALUES = 500;
const MAX_VALUES_CHARS = 64 * 1024;

/**
 * The texts and numbers at declared paths, and below them, each once: to be hidden by value wherever else they turn up.
 * Of 6 to 4,096 characters, at most 500 and 65,536 characters together; the first ones win.
 * @param value as for `redactPaths`
 */
export function valuesAtPaths(value: Json, paths: readonly string[], part?: RecordedPart): string[] {
  const found = new Set<string>();
  let chars = 0;
  const take = (text: string) => {
    if (text.length < MIN_VALUE_CHARS || text.length > MAX_VALUE_CHARS || found.has(text)) return;
    if (found.size >= MAX_VALUES || chars + text.length > MAX_VALUES_CHARS) return;
    found.add(text);
    chars += text.length;
  };
  walk(value, paths, part, (hidden) => {
    for (const text of textsIn(hidden)) take(text);
    return REDACTED;
  });
  return [...found];
}

function* textsIn(value: Json): Generator<string> {
  if (typeof value === 'string' || typeof value === 'number') yield String(value).trim();
  else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) yield* textsIn(item);
  }
}

function walk(value: Json, paths: readonly string[], part: RecordedPart | undefined, onHit: OnHit): Json {
  const rules = paths.map(parsePath).filter((rule): rule is PathRule => rule !== null);
  if (rules.length === 0) return value;
  if (part !== undefined) return new PathWalk(rules, part, onHit).part(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const copy = { ...value };
  for (const name of RECORDED_PARTS) {
    const recorded = copy[name];
    if (recorded !== undefined) copy[name] = new PathWalk(rules, name, onHit).part(recorded);
  }
  return copy;
}
