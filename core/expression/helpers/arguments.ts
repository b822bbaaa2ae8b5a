import { EvaluationError } from '../failures.ts';

/** A failure that says what the helper needs, and never what it was given: that may be a credential. */
export function refused(reason: string): EvaluationError {
  return new EvaluationError('template_evaluation', reason);
}

/** Signatures are not checked when a helper is called through a partial application, so each argument is. */
export function textArgument(value: unknown, what: string): string {
  if (typeof value !== 'string') throw refused(`needs a string as ${what}`);
  return value;
}

/** An argument that may be left out. */
export function optionalText(value: unknown, what: string, fallback: string): string {
  return value === undefined ? fallback : textArgument(value, what);
}
