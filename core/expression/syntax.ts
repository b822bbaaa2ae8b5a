import jsonata from 'jsonata';
import { type AstNode, children, everyNode, isNode, nodeList } from './ast.ts';
import { BUILTIN_FUNCTIONS } from './builtins.ts';
import { defaultsAreBounded } from './defaults.ts';
import { TemplateError } from './errors.ts';
import { FORBIDDEN_NAMES, MAX_EXPRESSION_CHARS } from './limits.ts';

/** RE2 has no lookaround and no backreferences; that is what makes it linear. */
const UNSUPPORTED_REGEX = /\(\?(?:[=!]|<[=!])|\\[1-9]|\\k</;
/** A user's function signature is matched by backtracking; more repetition than this could take long. */
const MAX_SIGNATURE_REPEATS = 6;

interface ParserError {
  message?: string;
  position?: number;
}

function asSyntaxError(source: string, thrown: unknown): TemplateError {
  if (thrown instanceof TemplateError) return thrown;
  if (thrown instanceof RangeError)
    return new TemplateError('template_limit', source, 'is nested too deeply');
  const error: ParserError = typeof thrown === 'object' && thrown !== null ? thrown : {};
  const where = error.position === undefined ? '' : ` (at character ${error.position})`;
  const reason = `does not parse${where}: ${error.message ?? 'syntax error'}`;
  return new TemplateError('template_syntax', source, reason, { position: error.position });
}

/** The parser copies trees through JSON, which loses regexes and signatures; put the originals back. */
function restoreCopies(ast: AstNode): void {
  const originals = new Map<number | undefined, unknown>();
  const lost: [AstNode, 'value' | 'signature'][] = [];
  for (const node of everyNode(ast)) {
    const field = node.type === 'regex' ? 'value' : node.type === 'lambda' ? 'signature' : undefined;
    const held = field && node[field];
    if (field === undefined || typeof held !== 'object' || held === null) continue;
    if (held instanceof RegExp || ('validate' in held && typeof held.validate === 'function')) {
      originals.set(node.position, held);
    } else lost.push([node, field]);
  }
  for (const [node, field] of lost) node[field] = originals.get(node.position);
}

/** Names that the expression itself gives to values: assignments, parameters, `@$x` and `#$i`. */
function declaredNames(ast: AstNode): Set<unknown> {
  const names = new Set<unknown>(['', '$']);
  for (const node of everyNode(ast)) {
    if (node.type === 'bind') for (const target of nodeList(node.lhs)) names.add(target.value);
    if (node.type === 'lambda') for (const parameter of nodeList(node.arguments)) names.add(parameter.value);
    if (node.type === 'index') names.add(node.value);
    names.add(node.focus);
    names.add(node.index);
  }
  return names;
}

function checkSignature(source: string, node: AstNode): void {
  const signature = node.signature;
  if (typeof signature !== 'object' || signature === null || !('definition' in signature)) return;
  const definition = String(signature.definition);
  const repeats = definition.match(/[?+-]/g)?.length ?? 0;
  const unbounded = definition.match(/\+/g)?.length ?? 0;
  if (repeats > MAX_SIGNATURE_REPEATS || unbounded > 1) {
    throw new TemplateError(
      'template_limit',
      source,
      'has a function signature with too many optional parts',
    );
  }
}

function checkNode(source: string, node: AstNode, declared: ReadonlySet<unknown>): void {
  const refuse = (what: string) =>
    new TemplateError('template_forbidden', source, `must not use ${what}`, { position: node.position });
  if (node.type === 'name' && FORBIDDEN_NAMES.has(String(node.value)))
    throw refuse(`"${String(node.value)}"`);
  if (node.type === 'variable') {
    const name = String(node.value);
    if (name === 'eval') throw refuse('$eval');
    if (!declared.has(name) && !BUILTIN_FUNCTIONS.has(name)) {
      throw new TemplateError('template_reference', source, `$${name} is not defined`, {
        position: node.position,
        field: `$${name}`,
      });
    }
  }
  if (node.type === 'regex' && node.value instanceof RegExp && UNSUPPORTED_REGEX.test(node.value.source)) {
    const reason = 'uses a regex with lookaround or a backreference, which are not supported';
    throw new TemplateError('template_syntax', source, reason, { position: node.position });
  }
  if (node.type === 'lambda') checkSignature(source, node);
  for (const key of literalKeys(node)) {
    if (FORBIDDEN_NAMES.has(key)) throw refuse(`the key "${key}"`);
  }
}

/** Keys written as literals: `{"a": 1}`, `x{"a": y}`, `$lookup(x, "a")`. */
function* literalKeys(node: AstNode): Generator<string> {
  const group = node.group;
  const pairs = typeof group === 'object' && group !== null && 'lhs' in group ? group.lhs : node.lhs;
  if (Array.isArray(pairs)) {
    for (const pair of pairs) {
      const key: unknown = Array.isArray(pair) ? pair[0] : undefined;
      if (isNode(key) && key.type === 'string') yield String(key.value);
    }
  }
  if (node.type === 'function' && nodeList(node.procedure)[0]?.value === 'lookup') {
    for (const argument of nodeList(node.arguments)) {
      if (argument.type === 'string') yield String(argument.value);
    }
  }
}

/**
 * Parses and checks one expression; evaluates nothing, so it is safe where no clock runs.
 * @param options passed to JSONata for a later evaluation
 * @throws TemplateError `template_syntax`, `template_forbidden`, `template_limit` or `template_reference`
 */
export function parseSource(
  source: string,
  options?: jsonata.JsonataOptions,
): { ast: AstNode; expression: jsonata.Expression } {
  if (source.length > MAX_EXPRESSION_CHARS) {
    throw new TemplateError('template_limit', source, `is longer than ${MAX_EXPRESSION_CHARS} characters`);
  }
  if (source.trim() === '') throw new TemplateError('template_syntax', source, 'is empty');
  if (!defaultsAreBounded(source)) {
    throw new TemplateError('template_limit', source, 'nests too many defaults (?? or ?:) in brackets');
  }
  try {
    const expression = jsonata(source, options);
    const ast: unknown = expression.ast();
    if (!isNode(ast)) throw new TemplateError('template_syntax', source, 'does not parse');
    restoreCopies(ast);
    const declared = declaredNames(ast);
    for (const node of everyNode(ast)) checkNode(source, node, declared);
    if (declared.has('clone') || declared.has('eval')) {
      // The transform operator calls $clone: whoever replaces it could change the context in place.
      throw new TemplateError('template_forbidden', source, 'must not redefine $clone or $eval');
    }
    return { ast, expression };
  } catch (thrown) {
    throw asSyntaxError(source, thrown);
  }
}

/** The names of a plain dotted path (`steps.lookup.body`), or undefined if the tree is anything else. */
export function plainPath(ast: AstNode): string[] | undefined {
  if (ast.type !== 'path' || Object.keys(ast).some((field) => field !== 'type' && field !== 'steps'))
    return undefined;
  const names: string[] = [];
  for (const step of children(ast)) {
    const plain = Object.keys(step).every(
      (field) => field === 'type' || field === 'value' || field === 'position',
    );
    if (!plain || step.type !== 'name' || typeof step.value !== 'string') return undefined;
    names.push(step.value);
  }
  return names;
}
