import { format, type OutputUnit, Validator } from '@cfworker/json-schema';
import { findJsonFlaw, type Json, type JsonObject, pointerTo } from '../../json/json.ts';
import type { FieldError } from '../../problem/problem.ts';
import { fieldErrors } from './input-errors.ts';
import { MAX_PROPERTY_NAME_CHARS, refTarget } from './input-schema.ts';
import { checkPattern } from './pattern.ts';
import { Report } from './report.ts';
import {
  isObject,
  SCHEMA_KEYWORDS,
  SCHEMA_LIST_KEYWORDS,
  SCHEMA_MAP_KEYWORDS,
  VALUE_KEYWORDS,
} from './schema-keywords.ts';

const ROOT = '/input';
/** Schemas applied to values in one validation: some 100 ms. References can make a small schema ask for any number. */
const MAX_APPLICATIONS = 100_000;
/** Pairs of values that `uniqueItems` may compare, counting each value inside them. */
const MAX_UNIQUE_COMPARISONS = 5_000_000;
/** Longer texts have none of the formats; keeps the formats' own patterns short of work. */
const MAX_FORMATTED_CHARS = 8_192;

/** The formats that are asserted; any other is an annotation, as the specification has it. */
const FORMATS: ReadonlySet<Json> = new Set(
  'date date-time duration email hostname ipv4 ipv6 json-pointer regex time uri uri-reference uuid'
    .split(' ')
    .filter((name) => Object.hasOwn(format, name)),
);

/** Judges one input; an empty list is a pass. Pointers start at `/input`. */
export type InputCheck = (input: Json) => FieldError[];

class TooMuchWork extends Error {}

/**
 * Compiles an input schema, once for many inputs. The schema is not changed, and expected to have passed
 * `checkInputSchema`; one that has not may refuse every input, but does not throw.
 */
export function compileInputSchema(schema: JsonObject | undefined): InputCheck {
  const compiled = compile(schema ?? {});
  return (input) => {
    const report = new Report();
    if (!isObject(input)) {
      report.add(ROOT, 'the input must be an object');
      return report.errors;
    }
    const flaw = findJsonFlaw(input, ROOT) ?? findUncheckable(input, ROOT, compiled.unique);
    if (flaw) report.add(flaw.pointer, flaw.detail);
    else for (const error of compiled.validate(input)) report.add(error.pointer, error.detail);
    return report.errors;
  };
}

/** One compiled check for each schema object that is still held. */
const compiledChecks = new WeakMap<JsonObject, InputCheck>();

/** Judges an input; errors point at the property that is missing, wrong or not expected. */
export function checkInput(schema: JsonObject | undefined, input: Json): FieldError[] {
  if (schema === undefined) return compileInputSchema(undefined)(input);
  const check = compiledChecks.get(schema) ?? compileInputSchema(schema);
  compiledChecks.set(schema, check);
  return check(input);
}

function compile(schema: JsonObject) {
  let applications = 0;
  let unique = false;
  /** The validator reads this of every schema that it applies, and has no limit of its own. */
  const counted = (copy: JsonObject): JsonObject =>
    Object.defineProperty(copy, '$recursiveAnchor', {
      enumerable: false,
      get: () => {
        applications += 1;
        if (applications > MAX_APPLICATIONS) throw new TooMuchWork();
        return undefined;
      },
    });

  /** A copy with the keywords that are checked, and with patterns and formats kept from texts too long for them. */
  const copySchema = (source: Json): Json => {
    if (!isObject(source)) return source === false ? false : counted({});
    const copy: JsonObject = {};
    const bounded: Json[] = [];
    for (const [keyword, value] of Object.entries(source)) {
      if (SCHEMA_KEYWORDS.has(keyword)) copy[keyword] = copySchema(value);
      else if (SCHEMA_LIST_KEYWORDS.has(keyword))
        copy[keyword] = Array.isArray(value) ? value.map(copySchema) : [];
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
  const copyMap = (value: Json): Json =>
    Object.fromEntries(
      Object.entries(isObject(value) ? value : {}).map(([name, child]) => [name, copySchema(child)]),
    );

  const validate = makeValidate(copySchema(schema));
  return {
    unique,
    validate: (input: JsonObject): FieldError[] => {
      applications = 0;
      try {
        return fieldErrors(validate(input), ROOT);
      } catch (thrown) {
        // A RangeError is a stack that a deep reference or a long list of errors has filled.
        const tooMuch = thrown instanceof TooMuchWork || thrown instanceof RangeError;
        return [
          {
            pointer: ROOT,
            detail: tooMuch
              ? 'the input takes too much work to check against its schema'
              : 'the input schema of the connector cannot be applied',
          },
        ];
      }
    },
  };
}

function makeValidate(schema: Json): (input: JsonObject) => OutputUnit[] {
  let validator: Validator | undefined;
  return (input) => {
    validator ??= new Validator(isObject(schema) ? schema : {}, '2020-12', false);
    return validator.validate(input).errors;
  };
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

interface Flaw {
  pointer: string;
  detail: string;
}

/** What the validator could not take: names it cannot encode or that are long for a pattern, lists to compare. */
function findUncheckable(value: Json, pointer: string, unique: boolean): Flaw | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (unique && Array.isArray(value) && value.length * countValues(value) > MAX_UNIQUE_COMPARISONS)
    return { pointer, detail: 'the list is too long to be checked for uniqueness' };
  for (const [key, child] of Object.entries(value)) {
    if (!key.isWellFormed()) return { pointer, detail: 'a name is not well-formed Unicode' };
    if (key.length > MAX_PROPERTY_NAME_CHARS)
      return { pointer, detail: `a name is longer than ${MAX_PROPERTY_NAME_CHARS} characters` };
    const flaw = findUncheckable(child, pointerTo(pointer, key), unique);
    if (flaw) return flaw;
  }
  return undefined;
}

function countValues(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, child) => sum + countValues(child), 1);
}
