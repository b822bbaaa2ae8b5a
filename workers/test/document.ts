import { dereference, type Schema, type ValidationResult, validate } from '@cfworker/json-schema';
import type { Json, JsonObject } from '../../core/json/json.ts';
import { buildDocument } from '../api/openapi/document.ts';
import { OPERATIONS } from '../api/openapi/operations/index.ts';
import { isObject, mapObjects } from '../api/openapi/schemas.ts';

/** A page that holds all components under `$defs`, for their references to be found. */
const BASE = 'https://schemas.test/';

/** The document that the routes' metadata make now, so that no test depends on a file that is to be generated. */
export const DOCUMENT = buildDocument(OPERATIONS);

export function at(value: Json | undefined, ...keys: string[]): JsonObject {
  let found = value;
  for (const key of keys) found = isObject(found) ? found[key] : undefined;
  return isObject(found) ? found : {};
}

/** The object that a reference within the document stands for. */
export function dereferenced(node: JsonObject): JsonObject {
  const { $ref } = node;
  return typeof $ref === 'string' ? at(DOCUMENT, ...$ref.slice(2).split('/')) : node;
}

/** The schema for the validator: references to where the components are, and no examples, which it takes for schemas. */
function forValidator(schema: JsonObject): JsonObject {
  const copy = mapObjects(schema, ({ examples: _, ...node }) =>
    typeof node.$ref === 'string'
      ? { ...node, $ref: node.$ref.replace('#/components/schemas/', `${BASE}#/$defs/`) }
      : node,
  );
  return isObject(copy) ? copy : {};
}

const asSchema = (schema: JsonObject): Schema => schema as Schema;

const lookup = dereference(
  asSchema({ $id: BASE, $defs: forValidator(at(DOCUMENT, 'components', 'schemas')) }),
);
const prepared = new WeakMap<JsonObject, Schema>();
let schemas = 0;

/** What is wrong with a value, as one line; null when it is valid. */
export function flawOf(value: unknown, schema: JsonObject): string | null {
  let known = prepared.get(schema);
  if (known === undefined) {
    schemas += 1;
    known = asSchema({ ...forValidator(schema), $id: `${BASE}${schemas}` });
    dereference(known, lookup);
    prepared.set(schema, known);
  }
  const result: ValidationResult = validate(value, known, '2020-12', lookup, false);
  if (result.valid) return null;
  return result.errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`).join(' ');
}

interface DocumentedRoute {
  readonly name: string;
  readonly method: string;
  readonly pattern: RegExp;
  /** Paths with fewer parameters are looked at first. */
  readonly parameters: number;
  readonly operation: JsonObject;
}

const ROUTES: DocumentedRoute[] = OPERATIONS.map(({ method, path }) => ({
  name: `${method.toUpperCase()} ${path}`,
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
  parameters: path.split('{').length,
  operation: at(DOCUMENT, 'paths', path, method),
})).sort((a, b) => a.parameters - b.parameters);

/** Problems of requests that come to no route. */
const UNROUTED = new Set([404, 405, 401, 429]);

interface SeenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Throws when an answer is not one that the document promises: status, content type, headers and every property. */
export function assertDocumented(target: string, answer: SeenAnswer): void {
  const [method = '', path = ''] = target.split(' ');
  const { pathname } = new URL(path, BASE);
  if (method === 'OPTIONS' || method === 'HEAD') return;
  const route = ROUTES.find((entry) => entry.method === method && entry.pattern.test(pathname));
  if (route === undefined) {
    if (UNROUTED.has(answer.status)) assertProblem(target, answer);
    return;
  }
  const complain = (what: string) => {
    throw new Error(
      `${route.name} answered ${answer.status} against the document: ${what}\n${JSON.stringify(answer.body)}`,
    );
  };
  const response = dereferenced(at(route.operation, 'responses', String(answer.status)));
  if (Object.keys(response).length === 0) complain('this status is not documented');
  for (const [name, header] of Object.entries(at(response, 'headers'))) {
    const { required } = dereferenced(isObject(header) ? header : {});
    if (required === true && !answer.headers.has(name)) complain(`the header ${name} is missing`);
  }
  const content = Object.entries(at(response, 'content'));
  const type = answer.headers.get('content-type');
  if (content.length === 0) {
    if (answer.body !== undefined) complain('no body is documented');
    return;
  }
  const [documentedType, media] = content[0] ?? [];
  if (type?.split(';')[0] !== documentedType) complain(`the content type is ${type}`);
  // Of lines, the schema is that of each.
  const values =
    documentedType === 'application/x-ndjson' ? linesOf(String(answer.body ?? '')) : [answer.body];
  for (const value of values) {
    const flaw = flawOf(value, at(media, 'schema'));
    if (flaw !== null) complain(flaw);
  }
}

/** The values in newline-delimited JSON. */
export function linesOf(text: string): unknown[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line is cut off');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

function assertProblem(target: string, answer: SeenAnswer): void {
  const flaw = flawOf(answer.body, at(DOCUMENT, 'components', 'schemas', 'Problem'));
  if (flaw !== null) throw new Error(`${target} answered no problem document: ${flaw}`);
}
