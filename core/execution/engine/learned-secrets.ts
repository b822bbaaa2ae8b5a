import type { Redactor } from '../../redaction/index.ts';

/** More than a redactor looks for. */
const MAX_SECRETS = 2_000;
/** They are sealed with the steps that they were learnt from, and come back with each claim. */
const MAX_CHARS = 1024 * 1024;

/**
 * What a run learns to be secret besides its credentials, each with the row of the ledger (step and place in loops) that
 * it was learnt from. It is kept with that row: a later run reads what the row holds, but does not learn from it again.
 */
export class LearnedSecrets {
  readonly #redactor: Redactor;
  readonly #byRow = new Map<string, Set<string>>();
  #count = 0;
  #chars = 0;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  add(row: string, secrets: Iterable<string>): void {
    const known = this.#byRow.get(row) ?? new Set<string>();
    for (const secret of secrets) {
      if (known.has(secret)) continue;
      this.#redactor.add([secret]);
      if (this.#count >= MAX_SECRETS || this.#chars + secret.length > MAX_CHARS) continue;
      known.add(secret);
      this.#count += 1;
      this.#chars += secret.length;
      this.#byRow.set(row, known);
    }
  }

  ofRow(row: string): string[] {
    return [...(this.#byRow.get(row) ?? [])];
  }

  /** For a row that stands for all those inside of it, at this place in the loops. */
  inside(iteration: string): string[] {
    const within = iteration === '' ? '' : `${iteration}.`;
    const found = new Set<string>();
    for (const [row, secrets] of this.#byRow) {
      const place = row.slice(row.indexOf(' ') + 1);
      if (place === iteration || place.startsWith(within)) for (const secret of secrets) found.add(secret);
    }
    return [...found];
  }
}
