import { type AstNode, children, nodeList } from './ast.ts';

/** A path that an expression reads from its context: `steps.lookup.body` is root `steps`, path `lookup`, `body`. */
export interface Reference {
  /** The first name: one of the context's roots, or anything else that the author wrote. */
  root: string;
  /** The names that follow, up to the first part that is not a plain name. */
  path: string[];
}

/** The node's name if it is a plain name, as a step of a path. */
function nameOf(step: AstNode | undefined): string | undefined {
  return step?.type === 'name' && typeof step.value === 'string' ? step.value : undefined;
}

/** The leading names of a path, without the `$` or `$$` that may stand before them. */
function leadingNames(steps: readonly AstNode[]): string[] {
  const names: string[] = [];
  for (const step of steps) {
    const name = nameOf(step);
    if (name === undefined) break;
    names.push(name);
    if (step.group !== undefined) break;
  }
  return names;
}

class Collector {
  readonly found: Reference[] = [];

  private add(names: readonly string[]): void {
    const [root, ...path] = names;
    if (root !== undefined) this.found.push({ root, path });
  }

  /** Visits `node`, whose current context is the root document if `atRoot`. */
  visit(node: AstNode, atRoot: boolean): void {
    switch (node.type) {
      case 'path':
        this.path(node, atRoot);
        return;
      case 'function':
        this.lookup(node, atRoot);
        break;
      case 'transform':
        // Its three parts see the value being transformed, not the root.
        for (const part of children(node)) this.visit(part, false);
        return;
    }
    this.belowExceptFilters(node, atRoot);
  }

  /** Everything below a node sees the node's own context, except filters and groups, which see its items. */
  private belowExceptFilters(node: AstNode, atRoot: boolean): void {
    for (const [field, value] of Object.entries(node)) {
      const seesItems = field === 'predicate' || field === 'stages' || field === 'group';
      if (typeof value === 'object' && value !== null && field !== 'signature') {
        for (const below of nodeList(value)) this.visit(below, atRoot && !seesItems);
      }
    }
  }

  private path(node: AstNode, atRoot: boolean): void {
    const steps = nodeList(node.steps);
    const first = steps[0];
    if (first?.type === 'variable' && (first.value === '$' || (first.value === '' && atRoot))) {
      this.add(leadingNames(steps.slice(1)));
    } else if (atRoot) {
      this.add(leadingNames(steps));
    }
    for (const [index, step] of steps.entries()) {
      if (nameOf(step) === undefined) this.visit(step, atRoot && index === 0);
      else this.belowExceptFilters(step, false);
    }
    for (const grouped of nodeList(node.group)) this.visit(grouped, false);
    for (const filter of nodeList(node.predicate)) this.visit(filter, false);
  }

  /** `$lookup(steps, "a")` reads `steps.a`. */
  private lookup(node: AstNode, atRoot: boolean): void {
    const procedure = nodeList(node.procedure)[0];
    const [from, key] = nodeList(node.arguments);
    if (procedure?.value !== 'lookup' || from?.type !== 'path' || key?.type !== 'string' || !atRoot) return;
    const steps = nodeList(from.steps);
    const names = leadingNames(steps);
    if (names.length === steps.length && names.length > 0) this.add([...names, String(key.value)]);
  }
}

/** Every path that the tree reads from the root document, also inside functions, filters and constructors. */
export function collectReferences(ast: AstNode): Reference[] {
  const collector = new Collector();
  collector.visit(ast, true);
  return collector.found;
}
