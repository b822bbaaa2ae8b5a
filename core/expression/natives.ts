import jsonata from 'jsonata';
import { JSONATA_FUNCTIONS } from './builtins.ts';
import { EvaluationError, limitReached } from './failures.ts';
import { createHelpers, type Helper } from './helpers/index.ts';
import type { Limits } from './limits.ts';
import { guards } from './native-guards.ts';

/** JSONata calls the function bound to this symbol after every node that it evaluates. */
export const AFTER_EACH_NODE = Symbol.for('jsonata.__evaluate_exit');

/** The root frame of one evaluation. */
export interface BaseFrame {
  guardrails(): void;
  options: unknown;
  /** When the evaluation started, which `$now` and `$millis` answer. */
  timestamp: Date;
}

/** What JSONata hands to a built-in as `this`. */
interface Focus {
  environment: { base: BaseFrame };
}

type Implementation = (this: unknown, ...parameters: unknown[]) => unknown;

/** A built-in as JSONata keeps it. */
export interface NativeFunction {
  _jsonata_function: true;
  implementation: Implementation;
  signature: unknown;
}

export function isNative(value: unknown): value is NativeFunction {
  return (
    typeof value === 'object' &&
    value !== null &&
    'implementation' in value &&
    typeof value.implementation === 'function' &&
    'signature' in value
  );
}

interface Frame {
  lookup(name: string): unknown;
}

/** JSONata binds any key, but its types know only names. */
export function bind(expression: jsonata.Expression, key: string | symbol, value: unknown): void {
  expression.assign(key as string, value);
}

/**
 * JSONata keeps its built-ins in a frame that it does not export. The callback after a node is handed the frame,
 * and for a single variable it runs before `evaluate` first waits.
 */
function readFrame(names: Iterable<string>, prepare: (probe: jsonata.Expression) => void) {
  const found = new Map<string, NativeFunction>();
  const probe = jsonata('$');
  prepare(probe);
  const wanted = new Set(names);
  bind(probe, AFTER_EACH_NODE, (_node: unknown, _input: unknown, frame: Frame) => {
    for (const name of wanted) {
      const native = frame.lookup(name);
      if (isNative(native)) found.set(name, native);
    }
  });
  void probe.evaluate(null);
  if (found.size < wanted.size) throw new Error('jsonata: built-in functions not found');
  return found;
}

/** JSONata reads the number and the names of parameters off the function. */
function describeParameters(
  implementation: Implementation,
  required: number,
  source: string,
): Implementation {
  return Object.defineProperties(implementation, {
    length: { value: required },
    toString: { value: () => source },
  });
}

/** The helpers as JSONata keeps its own, so that it checks their signatures. */
function registered(helpers: Readonly<Record<string, Helper>>): Map<string, NativeFunction> {
  return readFrame(Object.keys(helpers), (probe) => {
    for (const [name, { run, signature, parameters, required }] of Object.entries(helpers)) {
      const implementation: Implementation = function (this: unknown, ...given) {
        return run.apply(this, given);
      };
      describeParameters(implementation, required, `(${parameters.join(', ')})`);
      probe.registerFunction(name, implementation, signature);
    }
  });
}

/** Every built-in, before its calls are checked. */
function unguarded(limits: Limits): Map<string, NativeFunction> {
  const natives = readFrame(JSONATA_FUNCTIONS, () => undefined);
  const dates = (name: string): Implementation => natives.get(name)?.implementation ?? (() => undefined);
  const helpers = createHelpers(limits, { fromMillis: dates('fromMillis'), toMillis: dates('toMillis') });
  return new Map([...natives, ...registered(helpers)]);
}

/** Counts what each evaluation has built so far. */
export class Spending {
  readonly #spent = new WeakMap<BaseFrame, number>();
  readonly #limit: number;

  constructor(limits: Limits) {
    this.#limit = limits.characters;
  }

  spend(base: BaseFrame, characters: number): void {
    const total = (this.#spent.get(base) ?? 0) + characters;
    if (total > this.#limit) throw limitReached('builds too much text');
    this.#spent.set(base, total);
  }
}

/** Built-ins whose string results are new; the others pass on strings that exist already. */
const BUILDS_TEXT: ReadonlySet<string> = new Set(
  `base64decode base64encode base64UrlDecode base64UrlEncode decodeUrl decodeUrlComponent encodeUrl
  encodeUrlComponent formatBase formatInteger formatNumber lowercase replace string substring substringAfter
  substringBefore toJson trim uppercase`.split(/\s+/),
);

function isFocus(value: unknown): value is Focus {
  return typeof value === 'object' && value !== null && 'environment' in value;
}

/**
 * JSONata's built-ins with every call checked: the clock, the length of strings, and what a single call could
 * build. Each call is then linear in bounded input, so the clock is looked at often enough.
 * @param clones collects the objects that `$clone` makes, the only ones a transform may change
 */
export function guardedFunctions(
  limits: Limits,
  spending: Spending,
  clones: WeakSet<object>,
): Map<string, NativeFunction> {
  const special = guards(limits, clones);
  const guarded = new Map<string, NativeFunction>();
  const natives = unguarded(limits);
  const fromMillis = natives.get('fromMillis')?.implementation;
  for (const [name, native] of natives) {
    const guard = special[name] ?? {};
    const run: Implementation = guard.instead ?? native.implementation;
    const implementation = function (this: unknown, ...parameters: unknown[]): unknown {
      if (!isFocus(this))
        throw new EvaluationError('template_forbidden', 'calls a built-in outside of JSONata');
      const { base } = this.environment;
      base.guardrails();
      for (const parameter of parameters) {
        if (typeof parameter === 'string' && parameter.length > limits.characters)
          throw limitReached('uses too long a text');
      }
      guard.before?.(parameters, (characters) => spending.spend(base, characters));
      const check = (result: unknown): unknown => {
        guard.after?.(result);
        if (BUILDS_TEXT.has(name) && typeof result === 'string') spending.spend(base, result.length);
        return result;
      };
      // A partial application calls without the options, and so without JSONata's own limits.
      const focus = { ...this, options: base.options };
      const result =
        name === 'now' // JSONata's own is bound to the expression that it was found in
          ? fromMillis?.apply(focus, [base.timestamp.getTime(), ...parameters])
          : run.apply(focus, parameters);
      return result instanceof Promise ? result.then(check) : check(result);
    };
    const { implementation: own, signature } = native;
    describeParameters(implementation, own.length, own.toString());
    guarded.set(name, { _jsonata_function: true, implementation, signature });
  }
  return guarded;
}
