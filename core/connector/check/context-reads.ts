import { type AstNode, everyNode, nodeList } from '../../expression/ast.ts';
import { BUILTIN_FUNCTIONS } from '../../expression/builtins.ts';

/**
 * Built-ins that take the current context when an argument is missing, and how many arguments they need so that
 * they do not: `$lookup("workspace")` and `$string()` would read the whole context.
 */
const NEEDED_ARGUMENTS: Readonly<Record<string, number>> = {
  clone: 1,
  each: 2,
  keys: 1,
  lookup: 2,
  sift: 2,
  spread: 1,
  string: 1,
};

/** What may hang on a `$` or `$$` in the tree and reads the value it stands for. */
const READING_FIELDS = ['predicate', 'stages', 'group', 'focus', 'index', 'ancestor'];

/**
 * Whether an expression could read its context as a whole (`$`, `$$`, `*`, `%` up to the top, `$keys()`), so that
 * what it reads cannot be told from its text. Credentials must be known when a definition is saved, so such an
 * expression is refused wherever credentials are in reach. Errs on the side of saying yes.
 */
export function readsWholeContext(ast: AstNode): boolean {
  return new Finder(ast).reads(ast, true);
}

class Finder {
  readonly #redefinesBuiltin: boolean;

  constructor(ast: AstNode) {
    this.#redefinesBuiltin = [...everyNode(ast)].some(
      (node) =>
        (node.type === 'bind' && nodeList(node.lhs).some(isBuiltin)) ||
        (node.type === 'lambda' && nodeList(node.arguments).some(isBuiltin)),
    );
  }

  /** `atRoot`: the node's current context may be the whole context. */
  reads(node: AstNode, atRoot: boolean): boolean {
    // `%` in a later step names the value that this one was read from.
    if (atRoot && node.ancestor !== undefined) return true;
    switch (node.type) {
      case 'variable':
        return (
          node.value === '$' ||
          (node.value === '' && atRoot) ||
          takesContext(node) ||
          this.#below(node, atRoot)
        );
      case 'wildcard':
      case 'descendant':
      case 'parent':
        return atRoot || this.#below(node, atRoot);
      case 'path':
        return this.#path(node, atRoot);
      case 'function':
      case 'partial':
        return this.#call(node, atRoot);
      case 'apply':
        // `x ~> $string` hands x over; on the left a function stands as a value.
        return (
          nodeList(node.lhs).some((side) => this.reads(side, atRoot)) ||
          nodeList(node.rhs).some((side) =>
            takesContext(side) ? this.#redefinesBuiltin : this.#applied(side, atRoot),
          )
        );
      case 'lambda':
        return declaresContextArgument(node) || this.#below(node, atRoot);
      case 'transform':
        return ['pattern', 'update', 'delete'].some((part) =>
          nodeList(node[part]).some((below) => this.reads(below, false)),
        );
      default:
        return this.#below(node, atRoot);
    }
  }

  #path(node: AstNode, atRoot: boolean): boolean {
    const steps = nodeList(node.steps);
    let rooted = atRoot;
    for (const [index, step] of steps.entries()) {
      if (isContextVariable(step) && (step.value === '$' || rooted)) {
        // Only `$.name` and `$$.name` say what they read.
        const next = steps[index + 1];
        if (next?.type !== 'name' || READING_FIELDS.some((field) => step[field] !== undefined)) return true;
        rooted = true;
        continue;
      }
      // `a@$x.b` reads b from where a was read.
      if (rooted && step.focus !== undefined) return true;
      if (this.reads(step, rooted)) return true;
      rooted = false;
    }
    return this.#below({ ...node, steps: [] }, atRoot);
  }

  #applied(side: AstNode, atRoot: boolean): boolean {
    if (side.type !== 'function') return this.reads(side, atRoot);
    return this.#call(side, atRoot, 1);
  }

  #call(node: AstNode, atRoot: boolean, handedOver = 0): boolean {
    const procedure = nodeList(node.procedure);
    const given = nodeList(node.arguments);
    const name = procedure[0]?.type === 'variable' ? String(procedure[0].value) : undefined;
    const needed = name === undefined ? undefined : needs(name);
    if (needed !== undefined && given.length + handedOver < needed && atRoot) return true;
    if (needed === undefined && procedure.some((callee) => this.reads(callee, atRoot))) return true;
    // `$map(list, $string)`: built-ins call what they are given with arguments; functions of the author may not.
    const trusted = name !== undefined && BUILTIN_FUNCTIONS.has(name) && !this.#redefinesBuiltin;
    return given.some((argument) => !(trusted && takesContext(argument)) && this.reads(argument, atRoot));
  }

  /** Filters and groups see the items of the value before them, everything else the node's own context. */
  #below(node: AstNode, atRoot: boolean): boolean {
    for (const [field, value] of Object.entries(node)) {
      if (field === 'signature' || field === 'ancestor' || field === 'seekingParent' || field === 'slot')
        continue;
      if (typeof value !== 'object' || value === null) continue;
      const seesItems = field === 'predicate' || field === 'stages' || field === 'group';
      if (nodeList(value).some((below) => this.reads(below, atRoot && !seesItems))) return true;
    }
    return false;
  }
}

function needs(name: string): number | undefined {
  return Object.hasOwn(NEEDED_ARGUMENTS, name) ? NEEDED_ARGUMENTS[name] : undefined;
}

/** `function($x)<x-:x>{...}`: the signature's `-` fills a missing argument from the context. */
function declaresContextArgument({ signature }: AstNode): boolean {
  if (typeof signature !== 'object' || signature === null || !('definition' in signature)) return false;
  return String(signature.definition).includes('-');
}

function takesContext(node: AstNode): boolean {
  return node.type === 'variable' && needs(String(node.value)) !== undefined;
}

function isBuiltin(node: AstNode): boolean {
  return BUILTIN_FUNCTIONS.has(String(node.value));
}

function isContextVariable(node: AstNode): boolean {
  return node.type === 'variable' && (node.value === '' || node.value === '$');
}
