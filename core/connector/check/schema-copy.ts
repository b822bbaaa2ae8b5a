import { format } from '@cfworker/json-schema';
import type { Json, JsonObject } from '../../json/json.ts';
import { refTarget } from './input-schema.ts';
import { checkPattern } from './pattern.ts';
import {
  isObject,
  SCHEMA_KEYWORDS,
  SCHEMA_LIST_KEYWORDS,
  SCHEMA_MAP_KEYWORDS,
  VALUE_KEYWORDS,
} from './schema-keywords.ts';

/** Longer texts have none of the formats; keeps the formats' own patterns short of work. */
const MAX_FORMATTED_CHARS = 8_192;

/** The formats that are asserted; any other is an annotation, as the specification has it. */
const FORMATS: ReadonlySet<Json> = new Set(
  'date date-time duration email hostname ipv4 ipv6 json-pointer regex time uri uri-reference uuid'
    .split(' ')
    .filter((name) => Object.hasOwn(format, name)),
);

export interface SchemaCopy {
  readonly schema: JsonObject;
  /** Some list must not hold the same item twice. */
  readonly unique: boolean;
}

/**
 * A copy with the keywords that are checked, and with patterns and formats kept from texts too long for them.
 * @param onApply called whenever the validator applies a schema to a value: it has no limit of its own
 */
export function copySchema(source: JsonObject, onApply: () => void): SchemaCopy {
  let unique = false;
  const counted = (copy: JsonObject): JsonObject =>
    // The validator reads this of every schema that it applies.
    Object.defineProperty(copy, '$recursiveAnchor', {
      enumerable: false,
      get: () => {
        onApply();
        return undefined;
      },
    });
  const copyObject = (object: JsonObject): JsonObject => {
    const copy: JsonObject = {};
    const bounded: Json[] = [];
    for (const [keyword, value] of Object.entries(object)) {
      if (SCHEMA_KEYWORDS.has(keyword)) copy[keyword] = copyOne(value);
      else if (SCHEMA_LIST_KEYWORDS.has(keyword))
        copy[keyword] = Array.isArray(value) ? value.map(copyOne) : [];
      else if (SCHEMA_MAP_KEYWORDS.has(keyword)) copy[keyword] = copyMap(value);
      else if (keyword === '$ref') copy[keyword] = fragment(refTarget(value) ?? '');
      else if (keyword === 'pattern') bounded.push(boundedPattern(value));
      else if (keyword === 'format' && FORMATS.has(value))
        bounded.push(atMost(MAX_FORMATTED_CHARS, { format: value }));
      else if (VALUE_KEYWORDS.has(keyword) && keyword !== 'format') copy[keyword] = value;
    }
    if (copy.uniqueItems === true) unique = true;
    if (bounded.length > 0) copy.allOf = [...(Array.isArray(copy.allOf) ? copy.allOf : []), ...bounded];
    return counted(copy);
  };
  const copyOne = (value: Json): Json =>
    isObject(value) ? copyObject(value) : value !== false && counted({});
  const copyMap = (value: Json): Json =>
    Object.fromEntries(
      Object.entries(isObject(value) ? value : {}).map(([name, child]) => [name, copyOne(child)]),
    );
  const schema = copyObject(source);
  return { schema, unique };
}

/** Only texts up to `maxChars` are tried; longer ones fail. Counts as two schemas more. */
function atMost(maxChars: number, then: JsonObject): Json {
  return { if: { maxLength: maxChars }, then, else: { maxLength: maxChars } };
}

function boundedPattern(value: Json): Json {
  const check = typeof value === 'string' ? checkPattern(value) : undefined;
  return check?.ok ? atMost(check.maxChars, { pattern: value }) : false;
}

/** The validator finds a schema by its pointer in the form that `encodeURI` gives. */
function fragment(pointer: string): string {
  return `#${encodeURI(pointer.toWellFormed()).replaceAll('#', '%23')}`;
}
