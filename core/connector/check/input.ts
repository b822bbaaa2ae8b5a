import { findJsonFlaw, type Json, type JsonObject } from '../../json/json.ts';
import type { FieldError } from '../../problem/problem.ts';
import { compileSchema } from './compile-schema.ts';
import { isObject } from './schema-keywords.ts';

const ROOT = '/input';
/** Some 100 ms, in a Worker that serves others meanwhile. */
const MAX_APPLICATIONS = 100_000;

/** Judges one input; an empty list is a pass. Pointers start at `/input`. */
export type InputCheck = (input: Json) => FieldError[];

/**
 * Compiles an input schema, once for many inputs. The schema is not changed, and expected to have passed
 * `checkInputSchema`; one that has not may refuse every input, but does not throw.
 */
export function compileInputSchema(schema: JsonObject | undefined): InputCheck {
  const check = compileSchema(schema ?? {}, {
    pointer: ROOT,
    what: 'the input',
    maxApplications: MAX_APPLICATIONS,
  });
  return (input) => {
    if (!isObject(input)) return [{ pointer: ROOT, detail: 'the input must be an object' }];
    const flaw = findJsonFlaw(input, ROOT);
    return flaw ? [flaw] : check(input).errors;
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
