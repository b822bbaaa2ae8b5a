import { ServiceName } from '../../credential/schema.ts';
import { MAX_EXPRESSION_CHARS, type Piece, parseTemplate, TemplateError } from '../../expression/parse.ts';
import { collectReferences, type Reference } from '../../expression/references.ts';
import { parseSource } from '../../expression/syntax.ts';
import { type Json, pointerTo } from '../../json/json.ts';
import { readsWholeContext } from './context-reads.ts';
import { type Report, shown } from './report.ts';
import type { Scope } from './scope.ts';

/** More than any connector needs. Reading so many takes about half a second, which is the Worker's CPU time. */
const MAX_EXPRESSIONS = 2_000;
/** Characters of all expressions together, for the same reason: a few long ones cost as much as many short ones. */
const MAX_EXPRESSION_TEXT = 100_000;

interface Program {
  /** Every step's name, with the outermost loop that it is inside of. */
  readonly loops: ReadonlyMap<string, string | undefined>;
  /** The only names that the input can have, or undefined if it can have any. */
  readonly inputNames: ReadonlySet<string> | undefined;
}

/** Checks templates and expressions against what they can see, and collects the credentials that they name. */
export class Expressions {
  readonly #report: Report;
  readonly #program: Program;
  readonly #pointers = new Map<string, Set<string>>();
  readonly #calls = new Map<string, string[]>();
  #count = 0;
  #characters = 0;

  constructor(report: Report, program: Program) {
    this.#report = report;
    this.#program = program;
  }

  /** Notes that the field at `pointer` needs the credential of `service`. */
  needs(service: string, pointer: string): void {
    this.#pointers.set(service, (this.#pointers.get(service) ?? new Set()).add(pointer));
  }

  /** Notes that the field at `pointer` names the connector `id`. */
  calls(id: string, pointer: string): void {
    this.#calls.set(id, [...(this.#calls.get(id) ?? []), pointer]);
  }

  connectorPointers(): Map<string, string[]> {
    return new Map([...this.#calls].sort());
  }

  /** How many expressions there were, and how long they are together. */
  size(): { count: number; characters: number } {
    return { count: this.#count, characters: this.#characters };
  }

  credentialPointers(): Map<string, string[]> {
    return new Map([...this.#pointers].sort().map(([service, pointers]) => [service, [...pointers]]));
  }

  /** Checks one expression without braces. */
  expression(source: string, pointer: string, scope: Scope): void {
    if (this.#mayParse([source.length], pointer))
      this.#guard(pointer, () => this.#check(source, pointer, scope));
  }

  /** Checks a text with `{{ }}` and returns its pieces, or undefined if it does not parse. */
  template(source: string, pointer: string, scope: Scope): Piece[] | undefined {
    if (!this.#mayParse(expressionLengths(source), pointer)) return undefined;
    return this.#guard(pointer, () => {
      const { pieces } = parseTemplate(source);
      for (const piece of pieces) if (piece.type === 'expression') this.#check(piece.source, pointer, scope);
      return pieces;
    });
  }

  /** Checks every string in JSON data. Keys stay as they are, so an expression in one would never be seen. */
  value(json: Json, pointer: string, scope: Scope): void {
    if (this.#report.full) return;
    if (typeof json === 'string') this.template(json, pointer, scope);
    if (typeof json !== 'object' || json === null) return;
    for (const [key, child] of Object.entries(json)) {
      const at = pointerTo(pointer, key);
      if (key.includes('{{')) this.#report.add(at, 'an expression can stand in a value, not in a key');
      this.value(child, at, scope);
    }
  }

  #mayParse(lengths: readonly number[], pointer: string): boolean {
    if (this.#report.full) return false;
    this.#count += lengths.length;
    this.#characters += lengths.reduce((sum, length) => sum + length, 0);
    if (this.#count > MAX_EXPRESSIONS)
      this.#report.add(pointer, `the connector has more than ${MAX_EXPRESSIONS} expressions`);
    else if (this.#characters > MAX_EXPRESSION_TEXT)
      this.#report.add(
        pointer,
        `the connector's expressions are longer than ${MAX_EXPRESSION_TEXT} characters`,
      );
    else return true;
    return false;
  }

  #guard<T>(pointer: string, check: () => T): T | undefined {
    try {
      return check();
    } catch (thrown) {
      if (!(thrown instanceof TemplateError)) throw thrown;
      this.#report.add(pointer, thrown.message);
      return undefined;
    }
  }

  #check(source: string, pointer: string, scope: Scope): void {
    const { ast } = parseSource(source);
    for (const reference of collectReferences(ast)) this.#reference(reference, pointer, scope);
    if (!scope.open && readsWholeContext(ast)) {
      const detail =
        'reads the context as a whole: name what it needs, such as input.email or steps.lookup.body';
      this.#report.add(pointer, detail);
    }
  }

  #reference(reference: Reference, pointer: string, scope: Scope): void {
    const { root, path } = reference;
    const [first] = path;
    if (root === 'workspace') this.#credential(path, pointer, scope);
    else if ((root === 'item' || root === 'index') && !scope.roots.has(root))
      this.#report.add(pointer, `${root} is there inside a loop only`);
    else if (!scope.roots.has(root)) {
      const known = [...scope.roots].join(', ');
      this.#report.add(pointer, `${shown(root)} is unknown: an expression here starts with ${known}`);
    } else if (root === 'steps' && first !== undefined && !scope.steps.has(first)) {
      this.#report.add(pointer, `the step ${shown(first)} ${this.#whyUnseen(first, scope)}`);
    } else if (root === 'input' && first !== undefined && this.#program.inputNames?.has(first) === false) {
      this.#report.add(pointer, `the input has no property ${shown(first)} by its schema`);
    }
  }

  #whyUnseen(name: string, scope: Scope): string {
    const { loops } = this.#program;
    if (!loops.has(name)) return 'does not exist';
    const loop = loops.get(name);
    return loop !== undefined && scope.steps.has(loop)
      ? `runs inside of the loop ${loop}: its results are at steps.${loop}.results`
      : `does not run before ${scope.where}`;
  }

  #credential(path: readonly string[], pointer: string, scope: Scope): void {
    const [service, field] = path;
    if (scope.noSecrets !== undefined) {
      this.#report.add(pointer, `workspace credentials cannot be used here: ${scope.noSecrets}`);
    } else if (service === undefined || field === undefined) {
      const detail =
        'a credential is named in full, workspace.<service>.<field>, so that it is known in advance';
      this.#report.add(pointer, detail);
    } else if (!ServiceName.safeParse(service).success) {
      this.#report.add(pointer, `${shown(service)} is not the name of a service`);
    } else {
      this.needs(service, pointer);
    }
  }
}

/** At most how long each expression of a text is, without parsing it: up to the next one or to the last `}}`. */
function expressionLengths(text: string): number[] {
  const lengths: number[] = [];
  const last = text.lastIndexOf('}}');
  for (let open = text.indexOf('{{'); open >= 0; ) {
    const next = text.indexOf('{{', open + 2);
    const end = next < 0 ? last : next;
    lengths.push(Math.min(Math.max(0, end - open), MAX_EXPRESSION_CHARS));
    open = next;
  }
  return lengths;
}
