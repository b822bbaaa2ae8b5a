import { dereference, validate } from '@cfworker/json-schema';
import { type Json, type JsonObject, pointerTo } from '../../json/json.ts';
import type { FieldError } from '../../problem/problem.ts';
import { coerceWith } from './coerce.ts';
import { fieldErrors } from './input-errors.ts';
import { MAX_PROPERTY_NAME_CHARS } from './input-schema.ts';
import { Report } from './report.ts';
import { copySchema } from './schema-copy.ts';

/**
 * Schemas applied to values in one validation: some 100 ms for 100,000. References can make a small schema ask for
 * any number; a response of 5 MB with a field in each 20 characters needs half of this.
 */
const MAX_APPLICATIONS = 500_000;
/** Pairs of values that `uniqueItems` may compare, counting each value inside them. */
const MAX_UNIQUE_COMPARISONS = 5_000_000;
/** Levels of a value that are looked at; the schema of a tree follows them all. */
const MAX_VALUE_DEPTH = 200;

export interface SchemaOptions {
  /** The JSON pointer of the value, before every pointer in an error; by default the value is the root. */
  pointer?: string;
  /** Turns what the schema asks for in another type into that type, where nothing is lost; see `coerceTo`. */
  coerce?: boolean;
  /** What the value is, for messages: "the input", "the response". */
  what?: string;
  maxApplications?: number;
}

export interface Judged {
  /** The value as it was given, or as it was coerced if it fits then. */
  readonly value: Json;
  /** Empty if the value fits; at most `MAX_FIELD_ERRORS`. With `coerce`, what no coercion could mend. */
  readonly errors: FieldError[];
}

/** Judges one value, and changes nothing of it in place. Does not throw. */
export type SchemaCheck = (value: Json) => Judged;

class TooMuchWork extends Error {}

/**
 * Compiles a JSON Schema (2020-12), once for many values. The schema is not changed, and expected to have passed
 * `checkSchema`; one that has not may refuse every value, but does not throw.
 */
export function compileSchema(schema: JsonObject, options: SchemaOptions = {}): SchemaCheck {
  const { pointer = '', coerce = false, what = 'the value', maxApplications = MAX_APPLICATIONS } = options;
  let applications = 0;
  const { schema: copy, unique } = copySchema(schema, () => {
    applications += 1;
    if (applications > maxApplications) throw new TooMuchWork();
  });
  let known: ReturnType<typeof dereference> | undefined;
  const lookup = () => {
    known ??= dereference(copy);
    return known;
  };
  const fits = (part: JsonObject | boolean, value: Json) =>
    validate(value, part, '2020-12', lookup(), true).valid;
  const resolve = (part: JsonObject) => lookup()[String(Reflect.get(part, '__absolute_ref__'))];
  const errorsOf = (value: Json): FieldError[] => {
    applications = 0;
    return fieldErrors(validate(value, copy, '2020-12', lookup(), false).errors, pointer);
  };
  const judge: SchemaCheck = (value) => {
    const uncheckable = findUncheckable(value, pointer, unique);
    if (uncheckable) return { value, errors: [uncheckable] };
    if (!coerce) return { value, errors: errorsOf(value) };
    applications = 0;
    const coerced = coerceWith(copy, value, { fits, resolve });
    if (fits(copy, coerced)) return { value: coerced, errors: [] };
    return { value, errors: errorsOf(coerced) };
  };
  return (value) => {
    try {
      const { value: judged, errors } = judge(value);
      const report = new Report();
      for (const error of errors) report.add(error.pointer, error.detail);
      return { value: judged, errors: report.errors };
    } catch (thrown) {
      // A RangeError is a stack that a deep reference or a long list of errors has filled.
      const tooMuch = thrown instanceof TooMuchWork || thrown instanceof RangeError;
      const detail = tooMuch
        ? `${what} takes too much work to check against its schema`
        : `the schema of ${what} cannot be applied`;
      return { value, errors: [{ pointer, detail }] };
    }
  };
}

/**
 * `value` in the types that a schema asks for, where nothing is lost by it and the whole fits then; else `value`
 * itself. Changes nothing in place, and nothing of a value that fits. Numbers must be written as in JSON and be
 * held exactly (`"12.50"` is 12.5; `"007"`, `"+1"` and `"9007199254740993"` stay texts), booleans as `true` and
 * `false`; null may be written `""` or `null`. Dates stay texts.
 */
export function coerceTo(schema: JsonObject, value: Json): Json {
  return compileSchema(schema, { coerce: true })(value).value;
}

/** What the validator could not take: names it cannot encode or that are long for a pattern, lists to compare. */
function findUncheckable(value: Json, pointer: string, unique: boolean, depth = 0): FieldError | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_VALUE_DEPTH) return { pointer, detail: `nested deeper than ${MAX_VALUE_DEPTH} levels` };
  if (unique && Array.isArray(value) && value.length * countValues(value) > MAX_UNIQUE_COMPARISONS)
    return { pointer, detail: 'the list is too long to be checked for uniqueness' };
  for (const [key, child] of Object.entries(value)) {
    if (!key.isWellFormed()) return { pointer, detail: 'a name is not well-formed Unicode' };
    if (key.length > MAX_PROPERTY_NAME_CHARS)
      return { pointer, detail: `a name is longer than ${MAX_PROPERTY_NAME_CHARS} characters` };
    if (typeof child !== 'object' || child === null) continue;
    const flaw = findUncheckable(child, pointerTo(pointer, key), unique, depth + 1);
    if (flaw) return flaw;
  }
  return undefined;
}

function countValues(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, child) => sum + countValues(child), 1);
}
