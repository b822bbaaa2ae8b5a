import type { JsonObject } from '../../json/json.ts';
import { isObject } from './schema-keywords.ts';

/** What an expression may read where it stands. */
export interface Scope {
  /** The first names it may use. */
  readonly roots: ReadonlySet<string>;
  /** The steps whose results are there when it runs. */
  readonly steps: ReadonlySet<string>;
  /** Where the expression stands in the program, for messages: "this step" or "the output". */
  readonly where: string;
  /** Why credentials are out of reach here; absent where they are not. */
  readonly noSecrets?: string;
  /** The context holds nothing that must be known in advance, so it may be read as a whole. */
  readonly open?: boolean;
}

const REQUEST_ROOTS = new Set(['input', 'workspace', 'steps', 'execution']);
const STORED_ROOTS = new Set(['input', 'steps', 'execution']);
const RESPONSE_ROOTS = new Set(['status', 'headers', 'body', 'input', 'steps', 'execution']);

const KEPT = 'what it makes is stored and shown, and a credential must not be';

/** A step's request: everything before it, and the credentials. */
export function requestScope(steps: ReadonlySet<string>): Scope {
  return { roots: REQUEST_ROOTS, steps, where: 'this step' };
}

/** A step's condition: as its request, without credentials. What it decides can be seen in the execution. */
export function conditionScope(steps: ReadonlySet<string>): Scope {
  return {
    roots: STORED_ROOTS,
    steps,
    where: 'this step',
    noSecrets: 'what a condition decides can be seen, and a credential must not be',
  };
}

/** A step's response map: the answer, and what was there before it. */
export function responseScope(steps: ReadonlySet<string>): Scope {
  return { roots: RESPONSE_ROOTS, steps, where: 'this step', noSecrets: KEPT, open: true };
}

/** The output and the contact mapping: all steps. */
export function resultScope(steps: ReadonlySet<string>): Scope {
  return { roots: STORED_ROOTS, steps, where: 'the result', noSecrets: KEPT };
}

/** The only names that an input can have, if its schema closes the list; else undefined. */
export function closedInputNames(schema: JsonObject | undefined): ReadonlySet<string> | undefined {
  if (schema?.additionalProperties !== false || schema.patternProperties !== undefined) return undefined;
  const { properties } = schema;
  return new Set(isObject(properties) ? Object.keys(properties) : []);
}
