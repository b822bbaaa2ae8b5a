import { limitReached } from './failures.ts';
import type { Limits } from './limits.ts';

interface Size {
  nodes: number;
  characters: number;
  nesting: number;
  /** False if a transform may still change some part of the value. */
  settled: boolean;
}

type MeasureLimits = Pick<Limits, 'nodes' | 'characters' | 'nesting'>;

const OPAQUE: Size = { nodes: 1, characters: 0, nesting: 1, settled: true };

/**
 * Measures values as if they were written out. An expression can share one part many times
 * (`$b := [$a, $a]; $c := [$b, $b]; ...`), so that a few hundred characters describe more items than there are
 * atoms; whatever walks such a value would never end. Sizes are remembered per object, so that a check costs
 * only what is new.
 */
export class Measure {
  readonly #sizes = new WeakMap<object, Size>();
  readonly #limits: MeasureLimits;
  readonly #mutable: { has(value: object): boolean };

  /** @param mutable objects that a transform made and may still change */
  constructor(limits: MeasureLimits, mutable: { has(value: object): boolean } = new WeakSet()) {
    this.#limits = limits;
    this.#mutable = mutable;
  }

  /** @throws EvaluationError `template_limit` */
  check(value: unknown): void {
    if (typeof value === 'object' && value !== null) this.#size(value, 0);
  }

  #size(value: object, level: number): Size {
    if (isFunctionObject(value)) return OPAQUE;
    const known = this.#sizes.get(value);
    if (known) return known;
    if (level > this.#limits.nesting) throw limitReached('builds a value that is nested too deeply');
    const size: Size = { nodes: 1, characters: 0, nesting: 1, settled: !this.#mutable.has(value) };
    if (Array.isArray(value)) {
      for (const item of value) this.#add(size, item, level);
    } else {
      for (const [key, item] of Object.entries(value)) {
        size.characters += key.length;
        this.#add(size, item, level);
      }
    }
    if (size.settled) this.#sizes.set(value, size);
    return size;
  }

  #add(size: Size, item: unknown, level: number): void {
    if (typeof item === 'object' && item !== null) {
      const inner = this.#size(item, level + 1);
      size.nodes += inner.nodes;
      size.characters += inner.characters;
      size.nesting = Math.max(size.nesting, inner.nesting + 1);
      size.settled &&= inner.settled;
      if (size.nesting > this.#limits.nesting) throw limitReached('builds a value that is nested too deeply');
    } else {
      size.nodes += 1;
      if (typeof item === 'string') size.characters += item.length;
    }
    if (size.nodes > this.#limits.nodes || size.characters > this.#limits.characters) {
      throw limitReached('builds too large a value');
    }
  }
}

/**
 * True for JSONata's own function objects; their closures lead to the whole environment and are not data. Data
 * with the same keys is told apart by what JSON cannot hold: a function where JSONata keeps one.
 */
export function isFunctionObject(value: object): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype) return false; // constructors and $merge make no prototype
  if ('_jsonata_lambda' in value && 'environment' in value) {
    const { environment } = value;
    return (
      typeof environment === 'object' &&
      environment !== null &&
      'lookup' in environment &&
      typeof environment.lookup === 'function'
    );
  }
  return (
    '_jsonata_function' in value && 'implementation' in value && typeof value.implementation === 'function'
  );
}
