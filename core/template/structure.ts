import type { ConnectorDefinition, Step } from '../connector/schema.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { sameJson } from './same-json.ts';

/** Of a definition as zod typed it, the same value as plain JSON: its optional fields are left out, not undefined. */
export function asJson(definition: ConnectorDefinition | Step): JsonObject {
  return definition as unknown as JsonObject;
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parts of a step that only make sense together, by their path in the step. */
const WHOLE: ReadonlySet<string> = new Set([
  'retry',
  'rate_limit',
  'cache',
  'wait',
  'stop',
  'connector',
  'request/auth',
]);
/** Parts whose `type` says what else is in them. */
const TYPED: ReadonlySet<string> = new Set(['request/body', 'pagination']);

/**
 * Whether what stands at a path is compared key by key. Lists, values and {@link WHOLE} parts are one unit; a body and a
 * pagination are, unless they are of one type everywhere.
 */
export function isCompared(path: readonly string[], values: readonly (Json | undefined)[]): boolean {
  if (!values.every(isJsonObject)) return false;
  const [area, , ...inStep] = path;
  if (area !== 'steps') return true;
  const place = inStep.join('/');
  if (WHOLE.has(place)) return false;
  return !TYPED.has(place) || new Set(values.map((value) => value.type)).size === 1;
}

/** Whether steps stand at a path, inside of another step. */
export function isStepList([area, , ...inStep]: readonly string[]): boolean {
  if (area !== 'steps') return false;
  return /^(?:steps|parallel\/steps|switch\/default|switch\/cases\/\d+\/steps|on_error)$/.test(
    inStep.join('/'),
  );
}

/** Whether the cases of a switch stand at a path. They have no names: as many on each side are told by their places. */
export function isCaseList([area, , ...inStep]: readonly string[]): boolean {
  return area === 'steps' && inStep.join('/') === 'switch/cases';
}

/** Steps of a definition that has been read as plain JSON, typed again; undefined for no list. */
export function asSteps(value: Json | undefined): Step[] | undefined {
  return Array.isArray(value) ? (value as unknown as Step[]) : undefined;
}

/**
 * Which step of `before` each step of `after` was (by index): the one of its name; else one that is gone and does the
 * same, or at least makes the same call, under another name.
 */
export function matchSteps(before: readonly Step[], after: readonly Step[]): Map<number, number> {
  const matches = new Map<number, number>();
  const taken = new Set<number>();
  const same: ((one: Step, other: Step) => boolean)[] = [
    (one, other) => one.name === other.name,
    (one, other) => sameJson({ ...one, name: '' }, { ...other, name: '' }),
    ({ request: one }, { request: other }) =>
      one !== undefined && one.url === other?.url && one.method === other.method,
  ];
  for (const isSame of same) {
    for (const [index, step] of after.entries()) {
      if (matches.has(index)) continue;
      const found = before.findIndex((other, at) => !taken.has(at) && isSame(other, step));
      if (found < 0) continue;
      matches.set(index, found);
      taken.add(found);
    }
  }
  return matches;
}

/**
 * What a path is called: `step lookup: url`, `input phone: type`, `output: country`.
 *
 * @param path keys from the top of a definition; of a step, wherever it stands, `steps`, its name, and keys from there
 */
export function labelOf(path: readonly string[]): string {
  const [area, name, ...rest] = path;
  const words = (keys: readonly string[]) => keys.join('.');
  if (area === 'steps') return name === undefined ? 'steps' : withDetail(`step ${name}`, stepWords(rest));
  if (area === 'input_schema' && name === 'properties' && rest[0] !== undefined) {
    return withDetail(`input ${rest[0]}`, words(rest.slice(1)));
  }
  const title = (area ?? 'definition').replaceAll('_', ' ');
  return withDetail(title, words(path.slice(1)));
}

const PLACES: Readonly<Record<string, string>> = { query: 'query', headers: 'header', body: 'body' };

function stepWords([first, second, ...rest]: readonly string[]): string {
  if (first === undefined) return '';
  if (first === 'request' && second !== undefined) {
    const place = Object.hasOwn(PLACES, second) ? PLACES[second] : second;
    return [place, rest.join('.')].join(' ').trim();
  }
  if (first === 'response' && second === 'map') return `result ${rest.join('.')}`.trim();
  return [first.replaceAll('_', ' '), ...(second === undefined ? [] : [[second, ...rest].join('.')])].join(
    ' ',
  );
}

function withDetail(title: string, detail: string): string {
  return detail === '' ? title : `${title}: ${detail}`;
}
