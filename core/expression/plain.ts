import { EvaluationError } from './failures.ts';
import { isFunctionObject } from './measure.ts';

/**
 * Copies a result into plain JSON data: sequences lose JSONata's flags, objects get an ordinary prototype, and
 * the caller can never hold an object of the context or of the interpreter. A `__proto__` key, which some parsers
 * let through from a response, is dropped. The size was checked before.
 * @throws EvaluationError `template_value` for functions, NaN and infinities
 */
export function toPlainJson(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return value;
    case 'number':
      if (!Number.isFinite(value))
        throw new EvaluationError('template_value', 'computes a number that is out of range');
      return value;
    case 'object':
      break;
    default:
      throw new EvaluationError('template_value', 'results in a function');
  }
  if (value === null) return null;
  if (Array.isArray(value)) {
    return Array.from(value, (item: unknown) => toPlainJson(item) ?? null);
  }
  if (isFunctionObject(value)) throw new EvaluationError('template_value', 'results in a function');
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__' || item === undefined) continue;
    copy[key] = toPlainJson(item);
  }
  return copy;
}
