import { readsWholeContext } from '../connector/check/context-reads.ts';
import type { Step } from '../connector/schema.ts';
import { collectReferences, type Reference } from '../expression/references.ts';
import { parseSource } from '../expression/syntax.ts';
import { referenceText } from './host-template.ts';

/** Roots of a response map that are the answer itself. */
const ANSWER: ReadonlySet<string> = new Set(['status', 'headers', 'body']);

/**
 * Where the mapped fields of steps come from. A response map may also read the input and earlier steps, so that
 * `steps.lookup.number` can be `input.phone` by another name: a manifest that did not follow it could be fooled.
 */
export class Origins {
  readonly #fields = new Map<string, ReadonlyMap<string, readonly string[]>>();

  /** Takes in a step, after those before it. */
  add({ name, response }: Pick<Step, 'name' | 'response'>): void {
    const fields = Object.entries(response?.map ?? {}).map(
      ([field, source]) => [field, this.#inMap(source)] as const,
    );
    this.#fields.set(name, new Map(fields));
  }

  /** The reference itself, and everything that it may hold by way of response maps. */
  of(reference: Reference): string[] {
    const [name, field] = reference.path;
    const found = [referenceText(reference)];
    if (reference.root !== 'steps') return found;
    for (const [step, fields] of this.#fields) {
      if (name !== undefined && name !== step) continue;
      for (const [key, origins] of fields) if (field === undefined || field === key) found.push(...origins);
    }
    return found;
  }

  #inMap(source: string): string[] {
    const { ast } = parseSource(source);
    const read = collectReferences(ast).filter(({ root }) => !ANSWER.has(root));
    // A response map may read its context as a whole, and so everything in it.
    const whole = ['input', 'steps', 'execution'].map((root) => ({ root, path: [] }));
    const references = readsWholeContext(ast) ? [...read, ...whole] : read;
    return [...new Set(references.flatMap((reference) => this.of(reference)))];
  }
}
