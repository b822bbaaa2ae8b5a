import type jsonata from 'jsonata';
import { type AstNode, everyNode, isNode } from './ast.ts';
import { asTemplateError, EvaluationError, limitReached } from './failures.ts';
import { FORBIDDEN_NAMES, type Limits } from './limits.ts';
import { isFunctionObject, Measure } from './measure.ts';
import { AFTER_EACH_NODE, type BaseFrame, bind, guardedFunctions, Spending } from './natives.ts';
import { toPlainJson } from './plain.ts';
import { regexEngine } from './regex.ts';
import { parseSource } from './syntax.ts';
import {
  guardGroups,
  guardTransforms,
  guardWildcards,
  isGuardCall,
  transformFunctions,
} from './syntax-guards.ts';

/** Milliseconds past the interpreter's own timeout until a promise that never settles is given up. */
const STALLED_GRACE_MS = 100;

/** Evaluates one compiled expression; undefined if it has no value. */
export type Interpret = (context: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** Lists that JSONata built, as opposed to lists of the context, carry this flag. */
function isSequence(value: object): value is unknown[] {
  return Array.isArray(value) && 'sequence' in value;
}

function checkKeys(result: object): void {
  for (const item of Array.isArray(result) ? result : [result]) {
    if (typeof item !== 'object' || item === null) continue;
    for (const name of FORBIDDEN_NAMES) {
      if (Object.hasOwn(item, name))
        throw new EvaluationError('template_forbidden', `must not build the key "${name}"`);
    }
  }
}

/** JSONata's interpreter with every way closed in which an expression could outlast or outgrow its limits. */
export class Interpreter {
  readonly #limits: Limits;
  readonly #spending: Spending;
  readonly #measure: Measure;
  /** Nodes whose value is about to be called. */
  readonly #procedures = new WeakSet<AstNode>();
  readonly #bindings: Map<string | symbol, unknown>;

  constructor(limits: Limits) {
    const clones = new WeakSet<object>();
    this.#limits = limits;
    this.#spending = new Spending(limits);
    this.#measure = new Measure(limits, clones);
    this.#bindings = new Map<string | symbol, unknown>([
      ...guardedFunctions(limits, this.#spending, clones),
      ...transformFunctions(clones, limits.sequence),
      [AFTER_EACH_NODE, this.#afterNode.bind(this)],
    ]);
  }

  /**
   * Parses an expression; `compile` prepares it for evaluation, which a plain path may never need.
   * @throws TemplateError as `parseSource`
   */
  parse(source: string): { ast: AstNode; compile: () => Interpret } {
    const limits = this.#limits;
    const options: jsonata.JsonataOptions = {
      timeout: limits.timeoutMs,
      stack: limits.depth,
      sequence: limits.sequence,
    };
    const { ast, expression } = parseSource(source, options);
    return { ast, compile: () => this.#compile(source, ast, expression, options) };
  }

  #compile(
    source: string,
    ast: AstNode,
    expression: jsonata.Expression,
    options: jsonata.JsonataOptions,
  ): Interpret {
    const limits = this.#limits;
    guardTransforms(ast);
    guardGroups(ast);
    guardWildcards(ast);
    // JSONata looks variables up by the names in the tree, and $clone for a transform; no others are reached.
    const names = new Set<unknown>([AFTER_EACH_NODE, 'clone']);
    let hasRegex = false;
    for (const node of everyNode(ast)) {
      if (isNode(node.procedure)) this.#procedures.add(node.procedure);
      if (node.type === 'variable') names.add(node.value);
      if (node.type === 'regex') hasRegex = true;
    }
    names.delete('millis'); // each expression has its own clock
    for (const name of names) {
      if (typeof name !== 'string' && typeof name !== 'symbol') continue;
      const value = this.#bindings.get(name);
      if (value !== undefined) bind(expression, name, value);
    }
    return async (context) => {
      let stalled: ReturnType<typeof setTimeout> | undefined;
      try {
        if (hasRegex) {
          // JSONata reads its options when an evaluation starts, before it first waits.
          options.RegexEngine = regexEngine(limits.regexSteps, Date.now() + limits.timeoutMs);
        }
        const timeout = new Promise<never>((_, reject) => {
          const giveUp = () => reject(limitReached('takes too long'));
          stalled = setTimeout(giveUp, limits.timeoutMs + STALLED_GRACE_MS);
        });
        const result: unknown = await Promise.race([expression.evaluate(context), timeout]);
        this.#measure.check(result);
        return toPlainJson(result);
      } catch (thrown) {
        throw asTemplateError(source, thrown);
      } finally {
        clearTimeout(stalled);
      }
    };
  }

  /** Checks what a node produced before anything else can use it. */
  #afterNode(node: unknown, _input: unknown, frame: { base: BaseFrame }, result: unknown): void {
    if (!isNode(node)) return;
    if (typeof result === 'string') {
      if (node.type === 'binary') this.#spending.spend(frame.base, result.length);
    } else if (typeof result === 'object' && result !== null) {
      if (this.#procedures.has(node) && !isFunctionObject(result)) {
        // JSONata would note the call on the object itself, which may be one of the context.
        throw new EvaluationError('template_evaluation', 'calls something that is not a function');
      }
      if (node.keepSingletonArray === true && !isSequence(result))
        Reflect.deleteProperty(result, 'keepSingleton');
      if (node.group !== undefined) {
        this.#measure.check(result);
        checkKeys(result);
      } else if (builds(node, result)) {
        this.#measure.check(result);
      }
    }
  }
}

/** False where a node only reaches what is in the context or was checked when it was built. */
function builds(node: AstNode, result: object): boolean {
  if (node.type === 'name' || node.type === 'variable' || isGuardCall(node)) return false;
  return node.type !== 'path' || (isSequence(result) && result.length > 1);
}
