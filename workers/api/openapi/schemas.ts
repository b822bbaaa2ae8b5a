import * as z from 'zod';
import { type Json, type JsonObject, JsonObjectValue, JsonValue } from '../../../core/json/json.ts';

/** The same schema reads differently on the way in (defaults may be left out) and on the way out (they are there). */
export type Direction = 'input' | 'output';

/** What is said of a value that may be anything. */
export const ANY_VALUE = 'Any JSON value.';

const COMPONENTS = '#/components/schemas/';
const LOCAL = '#/$defs/';
const marker = (direction: Direction) => `#${direction}/`;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every object in a JSON document rebuilt by `change`, from the leaves up. */
export function mapObjects(value: Json, change: (node: JsonObject) => Json): Json {
  if (Array.isArray(value)) return value.map((item) => mapObjects(item, change));
  if (!isObject(value)) return value;
  return change(
    Object.fromEntries(Object.entries(value).map(([key, child]) => [key, mapObjects(child, change)])),
  );
}

/** All that JSON.stringify would keep: zod's output holds getters and undefined. */
const toJson = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value));

export interface SchemaCollector {
  /** The JSON Schema (2020-12) of a zod schema; what has an id becomes a reference to a component. */
  convert(schema: z.ZodType, direction: Direction): JsonObject;
  /** All components, under their final names. */
  components(): Record<string, JsonObject>;
  /** The document with the references of {@link convert} turned into those of components. */
  resolve(document: Json): Json;
}

/**
 * Turns zod schemas into the components of an OpenAPI document. A schema that reads the same in both directions is one
 * component; of one that does not, the form that callers send gets the suffix `Input`.
 */
export function schemaCollector(): SchemaCollector {
  const found: Record<Direction, Map<string, JsonObject>> = { input: new Map(), output: new Map() };

  function convert(schema: z.ZodType, direction: Direction): JsonObject {
    // Inside of an object, so that a schema with an id becomes a reference, as everywhere else.
    const json = toJson(
      z.toJSONSchema(z.object({ it: schema }), { io: direction, unrepresentable: 'any', override: tidy }),
    );
    const retarget = (node: JsonObject) => pointedAt(node, LOCAL, () => marker(direction));
    for (const [id, definition] of Object.entries(isObject(json.$defs) ? json.$defs : {})) {
      const { id: _, ...rest } = toJson(mapObjects(definition, retarget));
      found[direction].set(id, rest);
    }
    const { it } = isObject(json.properties) ? json.properties : {};
    return toJson(mapObjects(it ?? {}, retarget));
  }

  function resolve(document: Json, differ = differing(found)): Json {
    const name = (id: string, direction: Direction) =>
      direction === 'input' && differ.has(id) ? `${id}Input` : id;
    return mapObjects(document, (node) => {
      for (const direction of ['input', 'output'] as const) {
        if (typeof node.$ref === 'string' && node.$ref.startsWith(marker(direction))) {
          const id = node.$ref.slice(marker(direction).length);
          return { ...node, $ref: COMPONENTS + name(id, direction) };
        }
      }
      return node;
    });
  }

  return {
    convert,
    resolve: (document) => resolve(document),
    components() {
      const all = new Map<string, JsonObject>();
      const differ = differing(found);
      for (const direction of ['input', 'output'] as const) {
        for (const [id, schema] of found[direction]) {
          const name = direction === 'input' && differ.has(id) ? `${id}Input` : id;
          all.set(name, toJson(resolve(schema, differ)));
        }
      }
      return Object.fromEntries([...all].sort(([a], [b]) => a.localeCompare(b, 'en')));
    },
  };
}

/** The ids whose two forms differ, in themselves or in what they refer to. */
function differing(found: Record<Direction, Map<string, JsonObject>>): Set<string> {
  const anyDirection = (schema: JsonObject) =>
    JSON.stringify(mapObjects(schema, (node) => pointedAt(node, /^#(?:input|output)\//, () => '#')));
  const differ = new Set<string>();
  for (const [id, schema] of found.input) {
    const other = found.output.get(id);
    if (other !== undefined && anyDirection(schema) !== anyDirection(other)) differ.add(id);
  }
  for (let before = -1; before !== differ.size; ) {
    before = differ.size;
    for (const [id, schema] of found.input) {
      if (found.output.has(id) && referredIn(schema).some((other) => differ.has(other))) differ.add(id);
    }
  }
  return differ;
}

function referredIn(schema: JsonObject): string[] {
  return [...JSON.stringify(schema).matchAll(/"\$ref":"#input\/([^"]+)"/g)].map(([, id = '']) => id);
}

function pointedAt(node: JsonObject, from: string | RegExp, to: () => string): JsonObject {
  return typeof node.$ref === 'string' ? { ...node, $ref: node.$ref.replace(from, to) } : node;
}

/** Says what zod cannot know, and leaves out what only repeats a format or the range of JavaScript's numbers. */
function tidy({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}) {
  // Their types are the same; zod's own classes are what the callback is given.
  const schema: unknown = zodSchema;
  if (schema === JsonObjectValue) jsonSchema.type = 'object';
  if (schema === JsonValue) jsonSchema.description = ANY_VALUE;
  if (jsonSchema.format === 'uuid' || jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.example !== undefined) {
    jsonSchema.examples = [jsonSchema.example];
    delete jsonSchema.example;
  }
}
