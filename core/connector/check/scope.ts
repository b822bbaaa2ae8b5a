import type { JsonObject } from '../../json/json.ts';
import { isObject } from './schema-keywords.ts';

/** What an expression may read where it stands. */
export interface Scope {
  /** The first names it may use. */
  readonly roots: ReadonlySet<string>;
  /** The steps whose results may be there when it runs. */
  readonly steps: ReadonlySet<string>;
  /** Where the expression stands in the program, for messages: "this step" or "the output". */
  readonly where: string;
  /** Why credentials are out of reach here; absent where they are not. */
  readonly noSecrets?: string;
  /** The context holds nothing that must be known in advance, so it may be read as a whole. */
  readonly open?: boolean;
}

/** Where in the program a step stands: what ran before it on its path, and whether `item` and `index` are there. */
export interface Place {
  readonly steps: ReadonlySet<string>;
  readonly inLoop: boolean;
}

const STORED_ROOTS = ['input', 'steps', 'execution'];
const REQUEST_ROOTS = ['input', 'workspace', 'steps', 'execution'];
const ANSWER_ROOTS = ['status', 'headers', 'body'];
const LOOP_ROOTS = ['item', 'index'];
const NO_STEPS: ReadonlySet<string> = new Set();

const KEPT = 'what it makes is stored and shown, and a credential must not be';
const DECIDES = 'what a condition decides can be seen, and a credential must not be';
const ANSWERED = 'only the answer is in reach here';

const rootsAt = ({ inLoop }: Place, roots: readonly string[]) =>
  new Set(inLoop ? [...roots, ...LOOP_ROOTS] : roots);

/** A step's request: everything before it, and the credentials. */
export function requestScope(place: Place): Scope {
  return { roots: rootsAt(place, REQUEST_ROOTS), steps: place.steps, where: 'this step' };
}

/** What decides what runs: as a request, without credentials. What it decides can be seen in the execution. */
export function conditionScope(place: Place): Scope {
  return { roots: rootsAt(place, STORED_ROOTS), steps: place.steps, where: 'this step', noSecrets: DECIDES };
}

/** What a step keeps: transforms, inputs of connectors, keys of a cache, times to wait until. */
export function keptScope(place: Place): Scope {
  return { roots: rootsAt(place, STORED_ROOTS), steps: place.steps, where: 'this step', noSecrets: KEPT };
}

/** A step's response map: the answer, and what was there before it. `more` are names beside the answer's. */
export function responseScope(place: Place, more: readonly string[] = []): Scope {
  return {
    roots: rootsAt(place, [...ANSWER_ROOTS, ...more, ...STORED_ROOTS]),
    steps: place.steps,
    where: 'this step',
    noSecrets: KEPT,
    open: true,
  };
}

/** What judges an answer by itself: predicates, messages, the ways to the next page. `more` are names beside the answer's. */
export function answerScope(...more: string[]): Scope {
  return {
    roots: new Set([...ANSWER_ROOTS, ...more]),
    steps: NO_STEPS,
    where: 'this step',
    noSecrets: ANSWERED,
    open: true,
  };
}

/** The output and the contact mapping: all steps that are not inside of a loop. */
export function resultScope(steps: ReadonlySet<string>): Scope {
  return { roots: new Set(STORED_ROOTS), steps, where: 'the result', noSecrets: KEPT };
}

/** The only names that an input can have, if its schema closes the list; else undefined. */
export function closedInputNames(schema: JsonObject | undefined): ReadonlySet<string> | undefined {
  if (schema?.additionalProperties !== false || schema.patternProperties !== undefined) return undefined;
  const { properties } = schema;
  return new Set(isObject(properties) ? Object.keys(properties) : []);
}
