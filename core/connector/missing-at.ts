import type { DatabaseProblem } from '../db/db.ts';
import { type FieldError, Problem } from '../problem/problem.ts';

/** The database names what it misses, in its hint; the definition says where that stands. */
export function missingAt(
  { code, detail, hint }: DatabaseProblem,
  pointers: ReadonlyMap<string, string[]>,
  describe: (name: string) => string,
): Problem {
  const errors = hint
    .split(',')
    .flatMap((name): FieldError[] =>
      (pointers.get(name) ?? []).map((pointer) => ({ pointer, detail: describe(name) })),
    );
  return new Problem(code, detail, errors);
}
