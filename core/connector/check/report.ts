import type { FieldError } from '../../problem/problem.ts';

/** More than a person mends in one go; bounds the answer and the work spent on a hostile definition. */
export const MAX_FIELD_ERRORS = 50;

/** Gathers what is wrong, in the order found, each once. */
export class Report {
  readonly errors: FieldError[] = [];
  readonly #seen = new Set<string>();

  /** When true, nothing more is taken in: stop looking. */
  get full(): boolean {
    return this.errors.length >= MAX_FIELD_ERRORS;
  }

  add(pointer: string, detail: string): void {
    const key = JSON.stringify([pointer, detail]);
    if (this.full || this.#seen.has(key)) return;
    this.#seen.add(key);
    this.errors.push({ pointer, detail });
  }
}

const MAX_SHOWN_CHARS = 80;

/** A name from the definition, quoted for a message and cut to a length that can be read. */
export function shown(name: string): string {
  return JSON.stringify(name.length > MAX_SHOWN_CHARS ? `${name.slice(0, MAX_SHOWN_CHARS)}...` : name);
}
