import { type AstNode, everyNode, nodeList } from './ast.ts';
import { EvaluationError, limitReached } from './failures.ts';
import { FORBIDDEN_NAMES } from './limits.ts';
import type { NativeFunction } from './natives.ts';

/** Names of functions that only the tree can call: symbols, so that neither the author nor a key of the data can name or shadow these functions. */
const MATCHES = Symbol('transform matches');
const UPDATE = Symbol('transform update');
const FIELDS = Symbol('all fields');

function call(procedure: symbol, argument: AstNode): AstNode {
  return {
    type: 'function',
    value: '(',
    position: argument.position ?? 0,
    procedure: { type: 'variable', value: procedure },
    arguments: [argument],
  };
}

/** True for the calls that the guards put in. */
export function isGuardCall(node: AstNode): boolean {
  return node.type === 'function' && typeof nodeList(node.procedure)[0]?.value === 'symbol';
}

/**
 * The transform operator `|pattern|update|` assigns to whatever its pattern finds. Without a guard that can be
 * the context, or a built-in function, which all expressions of the process share.
 */
export function guardTransforms(ast: AstNode): void {
  for (const node of [...everyNode(ast)]) {
    if (node.type !== 'transform') continue;
    const [pattern] = nodeList(node.pattern);
    const [update] = nodeList(node.update);
    if (pattern) node.pattern = call(MATCHES, pattern);
    if (update) node.update = call(UPDATE, update);
  }
}

/** `[true]`: keeps every item, in a list of its own. */
function keepAll(): AstNode {
  return { type: 'filter', expr: { type: 'value', value: true } };
}

/**
 * Grouping (`list{key: value}`, and `{key: value}` where the current value is a list) pushes onto its list if that
 * is empty, which may be a list of the context. A filter in front hands it a copy.
 */
export function guardGroups(ast: AstNode): void {
  for (const node of [...everyNode(ast)]) {
    if (node.type === 'unary' && node.value === '{') {
      node.group = { lhs: node.lhs, position: node.position };
      node.lhs = undefined; // or every walk of the tree would go down twice at each level
      node.type = 'variable'; // the current value
      node.value = '';
    }
    if (node.group === undefined) continue;
    const last = node.type === 'path' ? nodeList(node.steps).at(-1) : node;
    if (!last || last.type === 'sort' || last.tuple === true) continue; // these make a list of their own
    const field = node.type === 'path' ? 'stages' : 'predicate';
    last[field] = [...nodeList(last[field]), keepAll()];
  }
}

/** JSONata's `*` copies its result for every field that holds a list; this one is linear. */
export function guardWildcards(ast: AstNode): void {
  for (const node of [...everyNode(ast)]) {
    if (node.type === 'wildcard') Object.assign(node, call(FIELDS, { type: 'variable', value: '' }));
  }
}

/** The values of all fields, lists among them flattened; an ordinary list as soon as one of them was a list. */
function allFields(maxItems: number) {
  return function (this: unknown, value: unknown): unknown {
    const found: unknown[] = [];
    const add = (item: unknown): void => {
      if (Array.isArray(item)) {
        for (const inner of item) add(inner);
      } else {
        found.push(item);
        if (found.length > maxItems) throw limitReached('builds too long a list');
      }
    };
    const fields = typeof value === 'object' && value !== null ? Object.values(value) : [];
    for (const field of fields) add(field);
    if (fields.some(Array.isArray)) return found;
    return Object.assign(found, { sequence: true });
  };
}

function refuseForeign(clones: WeakSet<object>, found: unknown): unknown {
  for (const match of Array.isArray(found) ? found : [found]) {
    if (typeof match === 'function' || (typeof match === 'object' && match !== null && !clones.has(match))) {
      throw new EvaluationError('template_forbidden', 'transforms something outside of its own copy');
    }
  }
  return found;
}

function refuseKeys(update: unknown): unknown {
  for (const key of Object.keys(Object(update))) {
    if (FORBIDDEN_NAMES.has(key) || key.startsWith('_jsonata_')) {
      throw new EvaluationError('template_forbidden', `must not build the key "${key}"`);
    }
  }
  return update;
}

/** The functions that the calls put in by the guards need bound. */
export function transformFunctions(clones: WeakSet<object>, maxItems: number): Map<symbol, NativeFunction> {
  const native = (implementation: (argument: unknown) => unknown): NativeFunction => ({
    _jsonata_function: true,
    implementation,
    signature: undefined,
  });
  return new Map([
    [MATCHES, native((found) => refuseForeign(clones, found))],
    [UPDATE, native(refuseKeys)],
    [FIELDS, native(allFields(maxItems))],
  ]);
}
