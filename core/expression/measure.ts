import { limitReached } from './failures.ts';
import type { Limits } from './limits.ts';

interface Size {
  nodes: number;
  characters: number;
  nesting: number;
}

/**
 * Measures values as if they were written out. An expression can share one part many times
 * (`$b := [$a, $a]; $c := [$b, $b]; ...`), so that a few hundred characters describe more items than there are
 * atoms; everything that later walks such a value would never end. Sizes are remembered per object, so the
 * check costs what is new.
 */
export class Measure {
  readonly #sizes = new WeakMap<object, Size>();
  readonly #limits: Pick<Limits, 'nodes' | 'characters' | 'nesting'>;

  constructor(limits: Pick<Limits, 'nodes' | 'characters' | 'nesting'>) {
    this.#limits = limits;
  }

  /** @throws EvaluationError `template_limit` */
  check(value: unknown): void {
    if (typeof value === 'object' && value !== null && !isLambda(value)) this.#size(value, 0);
  }

  #size(value: object, level: number): Size {
    const known = this.#sizes.get(value);
    if (known) return known;
    if (level > this.#limits.nesting) throw limitReached('builds a value that is nested too deeply');
    const size: Size = { nodes: 1, characters: 0, nesting: 1 };
    for (const key in value) {
      // Sequences carry JSONata's own functions as fields; like lambdas they are not data.
      const item: unknown = Reflect.get(value, key);
      if (typeof item === 'object' && item !== null) {
        const inner = isLambda(item) ? { nodes: 1, characters: 0, nesting: 1 } : this.#size(item, level + 1);
        size.nodes += inner.nodes;
        size.characters += inner.characters;
        size.nesting = Math.max(size.nesting, inner.nesting + 1);
      } else {
        size.nodes += 1;
        if (typeof item === 'string') size.characters += item.length;
      }
      if (size.nodes > this.#limits.nodes || size.characters > this.#limits.characters) {
        throw limitReached('builds too large a value');
      }
    }
    if (size.nesting > this.#limits.nesting) throw limitReached('builds a value that is nested too deeply');
    this.#sizes.set(value, size);
    return size;
  }
}

/** JSONata's functions are objects with these flags; their closures lead to the whole environment. */
export function isLambda(value: object): boolean {
  return '_jsonata_lambda' in value || '_jsonata_function' in value;
}
