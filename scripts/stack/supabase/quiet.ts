import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * lite writes every database error of every request to the console, stack trace included, also those that are an
 * ordinary answer (a unique violation). Inside `quietly` those lines are dropped; failures of the stack itself (5xx) are
 * logged once by the front.
 */
const muted = new AsyncLocalStorage<true>();
let installed = false;

function install(): void {
  if (installed) return;
  installed = true;
  for (const level of ['error', 'warn', 'info', 'log'] as const) {
    const write = console[level].bind(console);
    console[level] = (...values: unknown[]) => {
      if (muted.getStore() !== true) write(...values);
    };
  }
}

export function quietly<T>(work: () => T): T {
  install();
  return muted.run(true, work);
}

/** Writes a line even when called from within `quietly`. */
export function loudly<T>(work: () => T): T {
  return muted.exit(work);
}
