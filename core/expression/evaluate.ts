import { TemplateError } from './errors.ts';
import { type Evaluate, interpolate, required, whenAll } from './interpolate.ts';
import { Interpreter } from './interpreter.ts';
import { DEFAULT_LIMITS, FORBIDDEN_NAMES, type Limits } from './limits.ts';
import type { Place } from './places.ts';
import { compilePath } from './plain-path.ts';
import { plainPath } from './syntax.ts';
import { parseTemplate } from './template.ts';
import { isTrue } from './truth.ts';

/** What an expression reads: `{ input, workspace, steps, execution, item?, index? }`, or a response. JSON data. */
export type ExpressionContext = Readonly<Record<string, unknown>>;

/** A compiled expression or template. Its result may share objects with the context: read it, do not change it. */
export type Compiled<T = unknown> = (context: ExpressionContext) => Promise<T>;

export interface ExpressionOptions {
  /** True: a value that is missing is `undefined`, as in a response map. Default: `template_reference`. */
  optional?: boolean;
}

/** Compiles sources once and evaluates them often. Compiling throws what parsing throws; see `parseExpression`. */
export interface Evaluator {
  /** One expression, without braces. */
  expression(source: string, options?: ExpressionOptions): Compiled;
  /** An expression as a condition: JSONata's truth ($boolean), and false if it has no value. */
  condition(source: string): Compiled<boolean>;
  /**
   * A text with `{{ }}`. In `text` and `json` a text that is exactly one expression keeps its value's type; in all
   * other cases the result is a string, each value written for its place (see `writeValue`).
   */
  template(source: string, place: Place): Compiled;
  /**
   * JSON data whose strings are templates, at any depth. Values go in as data, so they cannot change its shape.
   * Keys are literal. Default place: `json`. Compiled once per object, which must not change afterwards.
   * @throws TemplateError `template_forbidden` for a key that reaches a prototype
   */
  value(json: unknown, place?: Place): Compiled;
}

class CachingEvaluator implements Evaluator {
  readonly #limits: Limits;
  readonly #interpreter: Interpreter;
  readonly #expressions = new Map<string, Evaluate>();
  readonly #templates = new Map<string, Evaluate>();
  /** By identity: a definition is parsed once and not changed afterwards. */
  readonly #values = new WeakMap<object, { place: Place; evaluate: Evaluate }>();

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#interpreter = new Interpreter(limits);
  }

  expression(source: string, options: ExpressionOptions = {}): Compiled {
    const evaluate = this.#expression(source);
    const answer = options.optional === true ? evaluate : required({ source, evaluate });
    return async (context) => answer(context);
  }

  condition(source: string): Compiled<boolean> {
    const evaluate = this.#expression(source);
    return async (context) => isTrue(await evaluate(context));
  }

  template(source: string, place: Place): Compiled {
    const evaluate = this.#template(source, place);
    return async (context) => evaluate(context);
  }

  value(json: unknown, place: Place = 'json'): Compiled {
    const known = typeof json === 'object' && json !== null ? this.#values.get(json) : undefined;
    const evaluate = known?.place === place ? known.evaluate : this.#value(json, place);
    if (typeof json === 'object' && json !== null) this.#values.set(json, { place, evaluate });
    return async (context) => evaluate(context);
  }

  #expression(source: string): Evaluate {
    return this.#cached(this.#expressions, source, () => {
      const { ast, compile } = this.#interpreter.parse(source);
      const path = plainPath(ast);
      return path ? compilePath(path, compile) : compile();
    });
  }

  #template(source: string, place: Place): Evaluate {
    return this.#cached(this.#templates, `${place}:${source}`, () => {
      const { pieces } = parseTemplate(source);
      const parts = pieces.map((piece) =>
        piece.type === 'literal'
          ? piece.text
          : { source: piece.source, evaluate: this.#expression(piece.source) },
      );
      const [only] = parts;
      if (parts.length === 0) return () => '';
      if (parts.length === 1 && typeof only === 'string') return () => only;
      if (parts.length === 1 && typeof only === 'object' && (place === 'text' || place === 'json')) {
        return required(only);
      }
      return interpolate(parts, place);
    });
  }

  #value(json: unknown, place: Place): Evaluate {
    if (typeof json === 'string') return this.#template(json, place);
    if (typeof json !== 'object' || json === null) return () => json;
    const keys = Object.keys(json);
    const forbidden = keys.find((key) => FORBIDDEN_NAMES.has(key));
    if (forbidden !== undefined)
      throw new TemplateError('template_forbidden', forbidden, 'is not allowed as a key');
    const parts = Object.values(json).map((item: unknown) => this.#value(item, place));
    const rebuild = Array.isArray(json)
      ? (values: readonly unknown[]) => values
      : (values: readonly unknown[]) => Object.fromEntries(keys.map((key, index) => [key, values[index]]));
    return (context) =>
      whenAll(
        parts.map((part) => part(context)),
        rebuild,
      );
  }

  #cached(cache: Map<string, Evaluate>, key: string, compile: () => Evaluate): Evaluate {
    const known = cache.get(key);
    if (known) return known;
    const evaluate = compile();
    if (cache.size >= this.#limits.cached) {
      for (const oldest of cache.keys()) {
        cache.delete(oldest);
        break;
      }
    }
    cache.set(key, evaluate);
    return evaluate;
  }
}

/** An evaluator with its own bounded cache; make one per connector version. */
export function createEvaluator(limits: Partial<Limits> = {}): Evaluator {
  return new CachingEvaluator({ ...DEFAULT_LIMITS, ...limits });
}
