import fc from 'fast-check';
import type { Json, JsonObject } from '../../core/json/json.ts';
import { isObject } from '../api/openapi/schemas.ts';
import { dereferenced } from './document.ts';

/** Deep enough for every schema of the API; what is deeper is a short text. */
const MAX_DEPTH = 12;
const MAX_IN_ITSELF = 2;
const MAX_ITEMS = 3;
const MAX_TEXT = 60;

/** What breaks readers: empty, long, other scripts, controls, half of a surrogate pair, JSON's and SQL's own signs. */
const NASTY = [
  '',
  ' ',
  '0',
  '-1',
  '\u0000',
  '\ud800',
  '\u202e\u200b',
  'ä'.repeat(300),
  "'; select 1; --",
  '{{input.x}}',
  '{{',
  '__proto__',
  '../../etc/passwd',
  '%00',
  '1e999',
  'null',
];
const anyText = fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: MAX_TEXT, unit: 'binary' }));

export const anyJson: fc.Arbitrary<Json> = fc
  .oneof(anyText, fc.jsonValue({ maxDepth: 4 }))
  .map((value): Json => JSON.parse(JSON.stringify(value)));

/** Values that a JSON Schema of the document takes, as far as it tells. */
export function arbitraryOf(
  schema: JsonObject,
  depth = 0,
  inside: readonly string[] = [],
): fc.Arbitrary<Json> {
  if (depth > MAX_DEPTH) return fc.constant('deep');
  const { $ref } = schema;
  if (typeof $ref === 'string') {
    // What stands inside of itself (steps inside of steps) is as large as a tree of all its branches.
    if (inside.filter((outer) => outer === $ref).length >= MAX_IN_ITSELF) return fc.constant('deep');
    return arbitraryOf(dereferenced(schema), depth, [...inside, $ref]);
  }
  if ('const' in schema) return fc.constant(schema.const ?? null);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  const options = [schema.oneOf, schema.anyOf].find(Array.isArray);
  if (options !== undefined) {
    return fc.oneof(...options.filter(isObject).map((option) => arbitraryOf(option, depth + 1, inside)));
  }
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  return fc.oneof(...types.map((type) => arbitraryOfType(String(type), schema, depth, inside)));
}

function arbitraryOfType(
  type: string,
  schema: JsonObject,
  depth: number,
  inside: readonly string[],
): fc.Arbitrary<Json> {
  switch (type) {
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer(bounds(schema));
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(arbitraryOf(isObject(schema.items) ? schema.items : {}, depth + 1, inside), {
        minLength: numberIn(schema.minItems) ?? 0,
        maxLength: Math.max(numberIn(schema.minItems) ?? 0, MAX_ITEMS),
      });
    case 'object':
      return objectOf(schema, depth, inside);
    default:
      return anyJson;
  }
}

function textOf(schema: JsonObject): fc.Arbitrary<string> {
  if (schema.format === 'uuid') return fc.uuid();
  if (schema.format === 'date-time') {
    const range = { min: new Date('1990-01-01'), max: new Date('2210-01-01'), noInvalidDate: true };
    return fc.date(range).map((date) => date.toISOString());
  }
  if (typeof schema.pattern === 'string') return fc.stringMatching(new RegExp(schema.pattern));
  const minLength = numberIn(schema.minLength) ?? 0;
  const maxLength = Math.max(minLength, Math.min(numberIn(schema.maxLength) ?? MAX_TEXT, MAX_TEXT));
  const plain = fc.string({ minLength, maxLength });
  const url = fc.webUrl().map((text) => text.slice(0, 200));
  return maxLength < 30 ? plain : fc.oneof(plain, plain, url, fc.constantFrom(...NASTY));
}

function objectOf(schema: JsonObject, depth: number, inside: readonly string[]): fc.Arbitrary<Json> {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const known = fc.record(
    Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [
        name,
        arbitraryOf(isObject(property) ? property : {}, depth + 1, inside),
      ]),
    ),
    { requiredKeys: required.filter((name) => typeof name === 'string') },
  );
  const { additionalProperties, propertyNames } = schema;
  if (additionalProperties === false) return known;
  const names = isObject(propertyNames) ? textOf(propertyNames) : fc.string({ minLength: 1, maxLength: 20 });
  const values = isObject(additionalProperties)
    ? arbitraryOf(additionalProperties, depth + 1, inside)
    : anyJson;
  const others = fc.dictionary(names, values, { maxKeys: MAX_ITEMS });
  return fc.tuple(known, others).map(([own, more]) => ({ ...more, ...own }));
}

function numberIn(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function bounds({ minimum, maximum }: JsonObject): { min: number; max: number } {
  return { min: numberIn(minimum) ?? -1000, max: numberIn(maximum) ?? 1_000_000 };
}

/** Text for a place in the URL or a header. */
export const anyPlainText = fc.oneof(
  fc.constantFrom('0', '-1', 'x', "'", '"', '%00', '%', '{}', '[]', 'true', 'null', '..', 'A'.repeat(300)),
  fc.string({ maxLength: 30 }),
);
