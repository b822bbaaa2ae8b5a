import type { Json } from '../../json/json.ts';

/** JSON Schema 2020-12, sections 7.4 to 9 of the core and validation specifications. */
export const JSON_TYPES: ReadonlySet<Json> = new Set([
  'array',
  'boolean',
  'integer',
  'null',
  'number',
  'object',
  'string',
]);

/** Keywords that hold one schema. */
export const SCHEMA_KEYWORDS: ReadonlySet<string> = new Set([
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);

/** Keywords that hold a list of schemas. */
export const SCHEMA_LIST_KEYWORDS: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);

/** Keywords that hold schemas by name. */
export const SCHEMA_MAP_KEYWORDS: ReadonlySet<string> = new Set([
  '$defs',
  'definitions',
  'dependentSchemas',
  'patternProperties',
  'properties',
]);

/** Keywords whose schemas judge the same value again: a circle of them would never end. */
export const IN_PLACE_KEYWORDS: ReadonlySet<string> = new Set([
  'allOf',
  'anyOf',
  'dependentSchemas',
  'else',
  'if',
  'not',
  'oneOf',
  'then',
]);

/** Keywords that the validator does not follow as 2020-12 has them, and what to write instead. */
export const REFUSED_KEYWORDS: ReadonlyMap<string, string> = new Map([
  ['$anchor', 'refer to "#/$defs/..." instead'],
  ['$dynamicAnchor', 'refer to "#/$defs/..." instead'],
  ['$dynamicRef', 'use $ref with "#/$defs/..."'],
  ['$recursiveAnchor', 'use $ref with "#"'],
  ['$recursiveRef', 'use $ref with "#"'],
  ['additionalItems', 'use prefixItems and items'],
  ['dependencies', 'use dependentRequired or dependentSchemas'],
]);

const COUNT = 'a whole number, 0 or more';
const isCount = (value: Json) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isNumber = (value: Json) => typeof value === 'number';
const isText = (value: Json) => typeof value === 'string';
const isNameList = (value: Json) =>
  Array.isArray(value) && value.every(isText) && new Set(value).size === value.length;
const isType = (value: Json) =>
  JSON_TYPES.has(value) ||
  (Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => JSON_TYPES.has(item)) &&
    new Set(value).size === value.length);

interface ValueRule {
  readonly accepts: (value: Json) => boolean;
  readonly needs: string;
}
const rule = (accepts: (value: Json) => boolean, needs: string): ValueRule => ({ accepts, needs });

/** Keywords that hold no schema, and what their value must be. The rest is ignored, as the specification says. */
export const VALUE_KEYWORDS: ReadonlyMap<string, ValueRule> = new Map([
  ['const', rule(() => true, 'any value')],
  [
    'dependentRequired',
    rule(
      (value) => isObject(value) && Object.values(value).every(isNameList),
      'lists of different names, by name',
    ),
  ],
  ['enum', rule((value) => Array.isArray(value) && value.length > 0, 'a list with at least one value')],
  ['exclusiveMaximum', rule(isNumber, 'a number')],
  ['exclusiveMinimum', rule(isNumber, 'a number')],
  ['format', rule(isText, 'a string')],
  ['maxContains', rule(isCount, COUNT)],
  ['maxItems', rule(isCount, COUNT)],
  ['maxLength', rule(isCount, COUNT)],
  ['maxProperties', rule(isCount, COUNT)],
  ['maximum', rule(isNumber, 'a number')],
  ['minContains', rule(isCount, COUNT)],
  ['minItems', rule(isCount, COUNT)],
  ['minLength', rule(isCount, COUNT)],
  ['minProperties', rule(isCount, COUNT)],
  ['minimum', rule(isNumber, 'a number')],
  ['multipleOf', rule((value) => typeof value === 'number' && value > 0, 'a number above 0')],
  ['pattern', rule(isText, 'a string')],
  ['required', rule(isNameList, 'a list of different names')],
  ['type', rule(isType, `one of ${[...JSON_TYPES].join(', ')}, or a list of them`)],
  ['uniqueItems', rule((value) => typeof value === 'boolean', 'true or false')],
]);

export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
