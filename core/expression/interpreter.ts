import type jsonata from 'jsonata';
import { type AstNode, isNode } from './ast.ts';
import { asTemplateError, EvaluationError, limitReached } from './failures.ts';
import { FORBIDDEN_NAMES, type Limits } from './limits.ts';
import { Measure } from './measure.ts';
import { toPlainJson } from './plain.ts';
import { regexEngine } from './regex.ts';
import { parseSource } from './syntax.ts';

/** JSONata calls this function, if it is bound, after every node that it evaluates. */
const AFTER_EACH_NODE = Symbol.for('jsonata.__evaluate_exit');

/** Milliseconds past the interpreter's own timeout until a promise that never settles is given up. */
const STALLED_GRACE_MS = 100;

/** JSONata binds any key, but its types know only names. */
function bind(expression: jsonata.Expression, key: string | symbol, value: unknown): void {
  expression.assign(key as string, value);
}

/** Evaluates one compiled expression; undefined if it has no value. */
export type Interpret = (context: Readonly<Record<string, unknown>>) => Promise<unknown>;

function buildsObject(node: AstNode): boolean {
  return (node.type === 'unary' && node.value === '{') || node.group !== undefined;
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

/** Checks what a node produced before anything else can use it. */
function afterNode(measure: Measure, limits: Limits) {
  return (node: unknown, _input: unknown, _environment: unknown, result: unknown): void => {
    if (typeof result === 'string') {
      if (result.length > limits.characters && isNode(node) && node.type === 'binary') {
        throw limitReached('builds too long a string');
      }
    } else if (typeof result === 'object' && result !== null && isNode(node)) {
      if (node.type === 'name' || node.type === 'variable') return; // already in the context, or checked before
      measure.check(result);
      if (buildsObject(node)) checkKeys(result);
    }
  };
}

/** Compiles an expression for the guarded JSONata interpreter. Throws as `parseSource`. */
export function compileInterpreted(source: string, limits: Limits): Interpret {
  const { expression } = parseSource(source, {
    timeout: limits.timeoutMs,
    stack: limits.depth,
    sequence: limits.sequence,
    RegexEngine: regexEngine(limits.regexSteps),
  });
  const measure = new Measure(limits);
  bind(expression, AFTER_EACH_NODE, afterNode(measure, limits));
  return async (context) => {
    let stalled: ReturnType<typeof setTimeout> | undefined;
    try {
      const timeout = new Promise<never>((_, reject) => {
        const reason = () => reject(limitReached('takes too long'));
        stalled = setTimeout(reason, limits.timeoutMs + STALLED_GRACE_MS);
      });
      const result: unknown = await Promise.race([expression.evaluate(context), timeout]);
      measure.check(result);
      return toPlainJson(result);
    } catch (thrown) {
      throw asTemplateError(source, thrown);
    } finally {
      clearTimeout(stalled);
    }
  };
}
