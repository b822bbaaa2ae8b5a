import { Problem } from '../problem/problem.ts';
import { importCurl } from './import.ts';
import { CurlRefused } from './refused.ts';
import type { ImportCurl, ImportedCurl } from './schema.ts';

/** A command as a step; `validation_failed` says why it cannot become one. Nothing is stored. */
export function importCommand({ command }: ImportCurl): ImportedCurl {
  return orProblem('The command cannot become a step.', '/command', () => importCurl(command));
}

/** Runs `work`; what it refuses is the caller's to change. */
export function orProblem<T>(detail: string, pointer: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CurlRefused)) throw error;
    throw new Problem('validation_failed', detail, [{ pointer, detail: error.message }]);
  }
}
