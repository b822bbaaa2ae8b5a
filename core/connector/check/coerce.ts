import type { Json, JsonObject } from '../../json/json.ts';
import { isObject } from './schema-keywords.ts';

/** What coercion asks of the validator. */
export interface SchemaUse {
  /** Whether a value fits a schema. */
  fits: (schema: JsonObject | boolean, value: Json) => boolean;
  /** The schema that a `$ref` leads to. */
  resolve: (schema: JsonObject) => JsonObject | boolean | undefined;
}

/** RFC 8259 section 6: no sign but a minus, no zeros in front, no spaces. */
const JSON_NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** More digits than any number that a double holds exactly in decimal. */
const MAX_NUMBER_CHARS = 400;

/** Sign, digits and exponent of a decimal number, the same for every way to write it. */
function decimal(text: string): string | undefined {
  const found = JSON_NUMBER.exec(text);
  if (!found) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = found;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const bare = digits.replace(/0+$/, '');
  if (bare === '') return `${sign}0`;
  return `${sign}${bare}e${Number(exponent) - fraction.length + digits.length - bare.length}`;
}

/** The number that a text writes, if it is written as in JSON and a double holds all of it; `"12.50"` is 12.5. */
function numberIn(text: string): number | undefined {
  if (text.length > MAX_NUMBER_CHARS) return undefined;
  const exact = decimal(text);
  const number = Number(text);
  return exact !== undefined && decimal(String(number)) === exact ? number : undefined;
}

function typeNames(schema: JsonObject): readonly Json[] {
  const { type } = schema;
  if (type === undefined) return [];
  return Array.isArray(type) ? type : [type];
}

function hasType(value: Json, types: readonly Json[]): boolean {
  if (value === null) return types.includes('null');
  if (Array.isArray(value)) return types.includes('array');
  if (typeof value === 'number' && Number.isInteger(value) && types.includes('integer')) return true;
  return types.includes(typeof value);
}

/** The value in the first type that it can be turned into without a loss; itself if there is none. */
function converted(value: Json, types: readonly Json[]): Json {
  if (typeof value === 'string') {
    const number = types.includes('number') || types.includes('integer') ? numberIn(value) : undefined;
    if (number !== undefined && (types.includes('number') || Number.isInteger(number))) return number;
    if (types.includes('boolean') && (value === 'true' || value === 'false')) return value === 'true';
    if (types.includes('null') && (value === '' || value === 'null')) return null;
  }
  if (types.includes('string') && (typeof value === 'number' || typeof value === 'boolean'))
    return String(value);
  // Null in the place of a list says that there is none, not that there is one with nothing in it.
  return types.includes('array') && value !== null ? [value] : value;
}

/**
 * `value` in the types that `schema` asks for, wherever they differ and nothing is lost: texts as the numbers,
 * booleans and nulls that they write, numbers and booleans as texts, a single value as a list of one. What fits is
 * not changed, nor is anything in place. What cannot be mended stays, so that the result may still not fit.
 */
export function coerceWith(schema: JsonObject | boolean, value: Json, use: SchemaUse): Json {
  // Also what bounds the work: the validator counts, and schemas can refer to others twice at each level.
  if (typeof schema === 'boolean' || use.fits(schema, value)) return value;
  const applied = inPlace(schema, value, use);
  const types = typeNames(schema);
  if (types.length === 0 || hasType(applied, types)) return inside(schema, applied, use);
  const turned = converted(applied, types);
  if (!Array.isArray(turned)) return turned;
  const list = inside(schema, turned, use);
  // Kept only if it fits: errors must point into the value as it was given.
  return use.fits(schema, list) ? list : applied;
}

function schemasIn(value: Json | undefined): (JsonObject | boolean)[] {
  return Array.isArray(value) ? value.filter(isSchema) : [];
}

function isSchema(value: Json | undefined): value is JsonObject | boolean {
  return typeof value === 'boolean' || isObject(value);
}

/** By the schemas that judge the same value. */
function inPlace(schema: JsonObject, value: Json, use: SchemaUse): Json {
  let result = value;
  const target = schema.$ref === undefined ? undefined : use.resolve(schema);
  if (target !== undefined) result = coerceWith(target, result, use);
  for (const part of schemasIn(schema.allOf)) result = coerceWith(part, result, use);
  result = choose(schemasIn(schema.anyOf), result, use, (fitting) => fitting > 0);
  return choose(schemasIn(schema.oneOf), result, use, (fitting) => fitting === 1);
}

/** The value as the first alternative has it that it can be made to fit. */
function choose(
  alternatives: readonly (JsonObject | boolean)[],
  value: Json,
  use: SchemaUse,
  suffices: (fitting: number) => boolean,
): Json {
  const isChosen = (one: Json) => suffices(alternatives.filter((part) => use.fits(part, one)).length);
  if (alternatives.length === 0 || isChosen(value)) return value;
  for (const part of alternatives) {
    const tried = coerceWith(part, value, use);
    if (tried !== value && use.fits(part, tried) && isChosen(tried)) return tried;
  }
  return value;
}

/** By the schemas of the value's items or properties. */
function inside(schema: JsonObject, value: Json, use: SchemaUse): Json {
  if (Array.isArray(value)) {
    const first = schemasIn(schema.prefixItems);
    const items = value.map((item, index) => {
      const part = first[index] ?? schema.items;
      return isSchema(part) ? coerceWith(part, item, use) : item;
    });
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isObject(value)) return value;
  const partsOf = propertySchemas(schema);
  let changed = false;
  const entries = Object.entries(value).map(([key, item]): [string, Json] => {
    const coerced = partsOf(key).reduce<Json>((result, part) => coerceWith(part, result, use), item);
    changed ||= coerced !== item;
    return [key, coerced];
  });
  return changed ? Object.fromEntries(entries) : value;
}

function propertySchemas(schema: JsonObject): (key: string) => (JsonObject | boolean)[] {
  const { additionalProperties } = schema;
  const properties = isObject(schema.properties) ? schema.properties : {};
  const patterns = Object.entries(isObject(schema.patternProperties) ? schema.patternProperties : {}).map(
    ([pattern, part]) => ({ pattern: new RegExp(pattern, 'u'), part }),
  );
  return (key) => {
    const named = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const parts = [named, ...patterns.filter(({ pattern }) => pattern.test(key)).map(({ part }) => part)];
    const own = parts.filter(isSchema);
    return own.length === 0 && isSchema(additionalProperties) ? [additionalProperties] : own;
  };
}
