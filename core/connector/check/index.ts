/** What the Worker checks before it stores a connector or accepts an input. Evaluates no expression. */

export {
  coerceTo,
  compileSchema,
  type Judged,
  type SchemaCheck,
  type SchemaOptions,
} from './compile-schema.ts';
export { type CheckOptions, checkDefinition, type DefinitionCheck } from './definition.ts';
export { checkInput, compileInputSchema, type InputCheck } from './input.ts';
export { checkInputSchema, checkSchema } from './input-schema.ts';
export { MAX_FIELD_ERRORS } from './report.ts';
