import type { Json, JsonObject } from '../json/json.ts';
import type { FieldError } from '../problem/problem.ts';
import { checkInput, compileSchema, type SchemaCheck } from './check/index.ts';
import type { ConnectorDefinition } from './schema.ts';

/** One compiled coercion for each schema object that is still held. */
const coercions = new WeakMap<JsonObject, SchemaCheck>();

/** An input as a connector takes it, and where it does not fit; pointers start at `/input`. */
export function readInput<Input extends Json>(
  { input_schema, coerce_input }: Pick<ConnectorDefinition, 'input_schema' | 'coerce_input'>,
  input: Input,
): { input: Input; errors: FieldError[] } {
  const read = coerce_input && input_schema ? coerced(input_schema, input) : input;
  return { input: read, errors: checkInput(input_schema, read) };
}

function coerced<Input extends Json>(schema: JsonObject, input: Input): Input {
  const coerce = coercions.get(schema) ?? compileSchema(schema, { coerce: true });
  coercions.set(schema, coerce);
  // Coercing changes values inside of an object, and leaves it one.
  return coerce(input).value as Input;
}
