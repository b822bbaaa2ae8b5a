import { EvaluationError } from './failures.ts';
import { isFunctionObject } from './measure.ts';

type Compare = (a: unknown, b: unknown) => unknown;

function rank(a: unknown, b: unknown): boolean {
  return typeof a === 'number' && typeof b === 'number' ? a > b : String(a) > String(b);
}

/**
 * `$sort` as JSONata documents it: a stable merge sort; `comparator` answers true if its arguments must be swapped.
 * JSONata's own copies the rest of the list at every step, which is quadratic.
 */
export async function sort(items: unknown, comparator: unknown): Promise<unknown> {
  if (!Array.isArray(items) || items.length <= 1) return items;
  let comes: Compare = rank;
  if (typeof comparator === 'function') {
    const compare: unknown = comparator;
    comes = (a, b) => (isCompare(compare) ? compare(a, b) : false);
  } else if (
    !items.every((item) => typeof item === 'string') &&
    !items.every((item) => typeof item === 'number')
  ) {
    throw new EvaluationError('template_evaluation', 'sorts values that need a comparison function');
  }
  let from: unknown[] = items;
  for (let width = 1; width < items.length; width *= 2) {
    const merged: unknown[] = [];
    for (let start = 0; start < items.length; start += 2 * width) {
      let left = start;
      let right = Math.min(start + width, items.length);
      const leftEnd = right;
      const rightEnd = Math.min(start + 2 * width, items.length);
      while (left < leftEnd && right < rightEnd) {
        const verdict = comes(from[left], from[right]);
        const swap = verdict instanceof Promise ? await verdict : verdict;
        if (swap === true) merged.push(from[right++]);
        else merged.push(from[left++]);
      }
      while (left < leftEnd) merged.push(from[left++]);
      while (right < rightEnd) merged.push(from[right++]);
    }
    from = merged;
  }
  return from;
}

function isCompare(value: unknown): value is Compare {
  return typeof value === 'function';
}

/** A text that is equal for values that JSONata calls equal (objects whatever the order of their keys). */
function identity(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(identity).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    if (isFunctionObject(value)) return 'function';
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${identity(item)}`).join(',')}}`;
  }
  return typeof value === 'function' ? 'function' : JSON.stringify(value);
}

/** `$distinct` in linear time; JSONata's own compares every pair. */
export function distinct(items: unknown): unknown {
  if (!Array.isArray(items) || items.length <= 1) return items;
  const first = new Map<string, unknown>();
  for (const item of items) {
    const key = identity(item);
    if (!first.has(key)) first.set(key, item);
  }
  return [...first.values()];
}
