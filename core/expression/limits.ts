/** What one expression may take. An expression that needs more ends with `template_limit`. */
export interface Limits {
  /** Milliseconds that one evaluation may run. */
  timeoutMs: number;
  /** Nested evaluations (JSONata's `stack` option). */
  depth: number;
  /** Items in one sequence or array that an expression builds. */
  sequence: number;
  /** Characters (UTF-16 units) that one evaluation may build in strings, all together. */
  characters: number;
  /** Values (objects, arrays, scalars) inside one value that an expression builds, counted as if written out. */
  nodes: number;
  /** Levels of nesting inside one value that an expression builds. */
  nesting: number;
  /** Work of one regex search: characters of the text times instructions of the pattern. */
  regexSteps: number;
  /** Compiled sources kept per evaluator; the oldest is dropped first. */
  cached: number;
}

export const DEFAULT_LIMITS: Limits = {
  timeoutMs: 500, // a hostile expression ends within a second on a slow, shared core
  depth: 2_000, // array constructors evaluate their items side by side, so width counts as depth
  sequence: 20_000, // some JSONata built-ins are quadratic in it
  characters: 4_000_000, // four request bodies' worth
  nodes: 500_000, // about the JSON of a 10 MB response
  nesting: 100,
  regexSteps: 10_000_000, // some 300 ms for the slowest patterns (Unicode classes, repeated)
  cached: 1_000,
};

/** Characters in one expression. Longer programs belong in several steps. */
export const MAX_EXPRESSION_CHARS = 8_192;

/** Characters in one template (a raw body may be long, an expression inside it may not). */
export const MAX_TEMPLATE_CHARS = 262_144;

/** Names that reach a prototype in JavaScript; never legal in a path, a lookup or a built key. */
export const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
