import { readsWholeContext } from '../connector/check/context-reads.ts';
import type { ConnectorDefinition, Step } from '../connector/schema.ts';
import { everyStep, nestedSteps } from '../connector/walk.ts';
import { templateReferences } from '../expression/parse.ts';
import { collectReferences, type Reference } from '../expression/references.ts';
import { parseSource } from '../expression/syntax.ts';
import type { Json } from '../json/json.ts';
import { referenceText } from './host-template.ts';

/** Roots of a response map that are the answer itself. */
const ANSWER: ReadonlySet<string> = new Set(['status', 'headers', 'body']);
/** Stands for fields whose names are not known. */
const ANY = '*';

/** The loops around a place, the innermost first, each with what the expression for its list reads. */
interface Loop {
  readonly items: readonly Reference[];
  readonly outer: Loop | undefined;
}
type Read = { readonly reference: Reference; readonly loop: Loop | undefined };

/** What is known of a step: what its fields are made of, and which steps its result is made of. */
interface Known {
  readonly fields: readonly (readonly [field: string, reads: readonly Read[]])[];
  readonly within: readonly string[];
  readonly loops: boolean;
}

/**
 * Where what steps hold comes from. A response map, a transform and the list of a loop may read the input and other
 * steps, so that `steps.lookup.number` or `item.phone` can be `input.phone` by another name: a manifest that did not
 * follow it could be fooled. Where it is not certain, it says more rather than less.
 */
export class Origins {
  readonly #known = new Map<string, Known>();
  readonly #loops = new Map<string, Loop | undefined>();

  /** @param definition that has been found sound; otherwise throws `TemplateError` where it does not parse */
  constructor({ steps }: Pick<ConnectorDefinition, 'steps'>) {
    this.#addAll(steps, undefined);
  }

  /** What is read by a step's request, and everything that it may hold by way of other steps and of loops. */
  of(references: readonly Reference[], step: string): string[] {
    const pending: Read[] = references.map((reference) => ({ reference, loop: this.#loops.get(step) }));
    const found = new Set<string>();
    const seen = new Map<Loop | undefined, Set<string>>();
    for (let read = pending.shift(); read; read = pending.shift()) {
      const text = referenceText(read.reference);
      const here = seen.get(read.loop) ?? new Set();
      seen.set(read.loop, here);
      if (here.has(text)) continue;
      here.add(text);
      found.add(text);
      pending.push(...this.#behind(read));
    }
    return [...found];
  }

  #behind({ reference: { root, path }, loop }: Read): Read[] {
    if (root === 'item' && loop) return loop.items.map((reference) => ({ reference, loop: loop.outer }));
    if (root !== 'steps') return [];
    const [name, field] = path;
    if (name === undefined) return [...this.#known.values()].flatMap(({ fields }) => readsOf(fields));
    const step = this.#known.get(name);
    if (step === undefined) return [];
    const own = step.loops ? step.fields : step.fields.filter(([key]) => isField(key, field));
    const inner = step.within.flatMap((other) => this.#known.get(other)?.fields ?? []);
    return readsOf([...own, ...inner]);
  }

  #addAll(steps: readonly Step[], loop: Loop | undefined): void {
    for (const step of steps) {
      const { name, for_each, on_error } = step;
      const inside = for_each ? { items: referencesIn(for_each.items, loop), outer: loop } : loop;
      const nested = nestedSteps(step, '');
      for (const list of nested) this.#addAll(list.steps, list.steps === on_error ? loop : inside);
      const within = nested.flatMap((list) => [...everyStep(list.steps)].map((inner) => inner.step.name));
      this.#loops.set(name, inside);
      this.#known.set(name, { fields: fieldsOf(step, inside), within, loops: for_each !== undefined });
    }
  }
}

const isField = (key: string, field: string | undefined) =>
  field === undefined || key === ANY || key === field;

const readsOf = (fields: Known['fields']) => fields.flatMap(([, reads]) => reads);

function fieldsOf(
  { response, transform, connector, wait, switch: choice }: Step,
  loop: Loop | undefined,
): Known['fields'] {
  const field = (name: string, references: Reference[]) =>
    [name, references.map((reference) => ({ reference, loop }))] as const;
  const { map = {} } = response ?? {};
  return [
    ...(typeof map === 'string'
      ? [field(ANY, referencesIn(map, loop))]
      : Object.entries(map).map(([name, source]) => field(name, referencesIn(source, loop)))),
    ...Object.entries(transform ?? {}).map(([name, value]) => field(name, referencesInside(value))),
    // Another connector may answer with what it was given.
    ...(connector ? [field(ANY, referencesInside(connector.input))] : []),
    ...(wait ? [field('until', referencesInside([wait.seconds ?? null, wait.until ?? null]))] : []),
    ...(choice?.cases ?? []).map(({ when }) => field('case', referencesIn(when, loop))),
  ];
}

function referencesIn(source: string, loop: Loop | undefined): Reference[] {
  const { ast } = parseSource(source);
  const read = collectReferences(ast).filter(({ root }) => !ANSWER.has(root));
  // A response map may read its context as a whole, and so everything in it.
  const roots = ['input', 'steps', 'execution', ...(loop ? ['item'] : [])];
  const whole = roots.map((root) => ({ root, path: [] }));
  return readsWholeContext(ast) ? [...read, ...whole] : read;
}

function referencesInside(value: Json): Reference[] {
  if (typeof value === 'string') return templateReferences(value);
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(referencesInside);
}
