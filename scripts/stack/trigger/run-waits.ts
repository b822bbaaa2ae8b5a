import type { CompletedWaitpoint } from '@trigger.dev/core/v3';
import { isFinal, type Run } from './run.ts';

interface Waiter {
  readonly parentId: string;
  readonly batch?: { readonly id: string; readonly index: number };
}

/**
 * Which executing runs wait for which other runs (`triggerAndWait`, `batchTriggerAndWait`). Kept in
 * memory on purpose: a wait lives in the parent's process, and is made anew when that is attempted again.
 */
export class RunWaits {
  readonly #waiters = new Map<string, Waiter[]>();
  readonly #resolve: (parentId: string, waitpoint: CompletedWaitpoint) => void;

  constructor(resolve: (parentId: string, waitpoint: CompletedWaitpoint) => void) {
    this.#resolve = resolve;
  }

  /** The parent goes on when `run` has ended; at once if it has. */
  add(run: Run, waiter: Waiter): void {
    if (isFinal(run.status)) this.#resolve(waiter.parentId, waitpointOf(run, waiter));
    else this.#waiters.set(run.id, [...(this.#waiters.get(run.id) ?? []), waiter]);
  }

  ended(run: Run): void {
    const waiters = this.#waiters.get(run.id) ?? [];
    this.#waiters.delete(run.id);
    for (const waiter of waiters) this.#resolve(waiter.parentId, waitpointOf(run, waiter));
  }

  /** The parent's attempt is over: nobody waits any more. */
  forget(parentId: string): void {
    for (const [runId, waiters] of this.#waiters) {
      const others = waiters.filter((waiter) => waiter.parentId !== parentId);
      if (others.length > 0) this.#waiters.set(runId, others);
      else this.#waiters.delete(runId);
    }
  }
}

function waitpointOf(run: Run, { batch }: Waiter): CompletedWaitpoint {
  const failed = run.status !== 'COMPLETED';
  const output = failed ? JSON.stringify(run.error ?? { type: 'STRING_ERROR', raw: run.status }) : run.output;
  return {
    id: run.id,
    friendlyId: run.id,
    type: 'RUN',
    completedAt: new Date(run.finished_at ?? Date.now()),
    completedByTaskRun: {
      id: run.id,
      friendlyId: run.id,
      ...(batch && { batch: { id: batch.id, friendlyId: batch.id } }),
    },
    ...(batch && { index: batch.index }),
    ...(output !== null && { output }),
    ...(run.output_type && !failed && { outputType: run.output_type }),
    outputIsError: failed,
  };
}
