import { TemplateError } from './errors.ts';
import { asTemplateError } from './failures.ts';
import { checkSegment, type Place, PlaceError, writeValue } from './places.ts';
import { parseSource, plainPath } from './syntax.ts';

type Context = Readonly<Record<string, unknown>>;

/** Plain paths answer at once; only the interpreter is waited for. */
export type Evaluate = (context: Context) => unknown;

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

/** Waits only if there is something to wait for. */
export function whenAll(values: readonly unknown[], then: (settled: readonly unknown[]) => unknown): unknown {
  return values.some(isPromise) ? Promise.all(values).then(then) : then(values);
}

export interface ExpressionPart {
  source: string;
  evaluate: Evaluate;
}

/** Says which part of a plain path is missing; for other expressions, only that there is no value. */
function missing(source: string, context: Context): TemplateError {
  const path = plainPath(parseSource(source).ast) ?? [];
  let at: unknown = context;
  for (const [index, name] of path.entries()) {
    if (Array.isArray(at)) break; // the path goes on in every item
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) {
      const parent = path.slice(0, index).join('.');
      const where = parent === '' ? '' : ` in ${parent}`;
      return new TemplateError('template_reference', source, `"${name}" is missing${where}`, { field: name });
    }
    at = Reflect.get(at, name);
  }
  return new TemplateError('template_reference', source, 'has no value', { field: source.trim() });
}

/** The part's value; a missing one is an error. */
export function required(part: ExpressionPart): Evaluate {
  const orThrow = (value: unknown, context: Context) => {
    if (value === undefined) throw missing(part.source, context);
    return value;
  };
  return (context) => {
    const value = part.evaluate(context);
    return isPromise(value) ? value.then((settled) => orThrow(settled, context)) : orThrow(value, context);
  };
}

/** A template of several pieces as one text, each value written for the place. */
export function interpolate(parts: readonly (string | ExpressionPart)[], place: Place): Evaluate {
  const evaluations = parts.map((part) => (typeof part === 'string' ? () => part : required(part)));
  return (context) => {
    const values = evaluations.map((evaluate) => evaluate(context));
    return whenAll(values, (settled) => join(parts, settled, place));
  };
}

/** Writes the pieces one after the other; in a path, checks each segment that a value is part of. */
function join(parts: readonly (string | ExpressionPart)[], values: readonly unknown[], place: Place): string {
  let text = '';
  let segmentStart = 0;
  let touchedBy: string | undefined;
  for (const [index, part] of parts.entries()) {
    const value = values[index];
    if (typeof part === 'string') {
      if (place === 'path') {
        const slash = part.indexOf('/');
        if (slash >= 0) {
          if (touchedBy !== undefined)
            placed(touchedBy, () => checkSegment(text.slice(segmentStart) + part.slice(0, slash)));
          touchedBy = undefined;
          segmentStart = text.length + part.lastIndexOf('/') + 1;
        }
      }
      text += part;
    } else {
      text += placed(part.source, () => writeValue(value, place));
      touchedBy = part.source;
    }
  }
  if (place === 'path' && touchedBy !== undefined)
    placed(touchedBy, () => checkSegment(text.slice(segmentStart)));
  return text;
}

function placed<T>(source: string, write: () => T): T {
  try {
    return write();
  } catch (thrown) {
    if (thrown instanceof PlaceError) throw new TemplateError('template_value', source, thrown.message);
    throw asTemplateError(source, thrown);
  }
}
