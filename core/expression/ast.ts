/** A node of JSONata's syntax tree, as its parser makes it; which fields are set depends on `type`. */
export interface AstNode {
  type: string;
  value?: unknown;
  position?: number;
  [field: string]: unknown;
}

/** JSONata types its tree as a closed union that lacks fields which the parser sets; this is the honest shape. */
export function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** Fields that hold no syntax: compiled signatures, regexes, and the parser's own ancestry bookkeeping. */
const NOT_SYNTAX: ReadonlySet<string> = new Set(['signature', 'ancestor', 'seekingParent', 'slot']);

function* nodesIn(value: unknown): Generator<AstNode> {
  if (Array.isArray(value)) {
    for (const item of value) yield* nodesIn(item);
  } else if (isNode(value)) {
    yield value;
  } else if (typeof value === 'object' && value !== null && !(value instanceof RegExp)) {
    for (const item of Object.values(value)) yield* nodesIn(item); // a group or a sort term
  }
}

/** The nodes directly below `node`. */
export function* children(node: AstNode): Generator<AstNode> {
  for (const [field, value] of Object.entries(node)) {
    if (typeof value === 'object' && value !== null && !NOT_SYNTAX.has(field)) yield* nodesIn(value);
  }
}

/** `node` and everything below it, parents first. Iterative: a deep tree must not exhaust the stack. */
export function* everyNode(root: AstNode): Generator<AstNode> {
  const pending = [root];
  for (let node = pending.pop(); node; node = pending.pop()) {
    yield node;
    pending.push(...children(node));
  }
}

/** The nodes in a field that holds one node or a list of them. */
export function nodeList(value: unknown): AstNode[] {
  return [...nodesIn(value)];
}
