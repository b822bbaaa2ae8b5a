import type { Claim } from '../../execution/engine/ports.ts';
import type { RunOutcome } from '../../execution/engine/run-outcome.ts';
import type { Clock } from '../../ids.ts';
import { ITEMS_AT_ONCE, SLICE_MS, SLICE_RENEWAL_MS } from './limits.ts';
import { type BatchQueue, SliceLost } from './ports.ts';

export interface SliceDeps {
  queue: Pick<BatchQueue, 'claim' | 'renew'>;
  /** Runs a claimed execution to its end, or until it waits. Rejects when a later attempt may do better. */
  run(claim: Claim): Promise<RunOutcome>;
  clock: Clock;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** What became of the items that were taken. */
export type SliceTally = { ended: number; waiting: number; lost: number };

/**
 * One turn of a batch: takes items that are due and runs several at the same time, the next as soon as one ends, until
 * none is due or the time is up; then waits for those under way.
 *
 * Rejects when the database failed or the process has to end, after the last item has let go.
 *
 * @param signal aborts when the process has to end; the items heed it by themselves
 */
export async function runSlice(deps: SliceDeps, signal: AbortSignal): Promise<SliceTally> {
  const { queue, clock } = deps;
  const deadline = clock.now() + SLICE_MS;
  const tally: SliceTally = { ended: 0, waiting: 0, lost: 0 };
  const running = new Set<Promise<void>>();
  const ending = new AbortController();
  const failures: unknown[] = [];

  const start = (claim: Claim) => {
    const item = deps
      .run(claim)
      .then(({ outcome }) => {
        if (outcome === 'ended' || outcome === 'waiting') tally[outcome] += 1;
        else tally.lost += 1;
      })
      // Nothing more is taken: what made this one fail, such as a database that is away, would meet the next one.
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(item));
    running.add(item);
  };
  const watchLease = async () => {
    for (;;) {
      await deps.sleep(SLICE_RENEWAL_MS, ending.signal);
      if (ending.signal.aborted) return;
      await queue.renew().catch((error: unknown) => {
        // A database that does not answer may come back before the lease ends, and items are fenced anyway.
        if (error instanceof SliceLost) failures.push(error);
      });
    }
  };

  void watchLease();
  try {
    while (failures.length === 0 && !signal.aborted && clock.now() < deadline) {
      const free = ITEMS_AT_ONCE - running.size;
      if (free > 0) for (const claim of await queue.claim(free)) start(claim);
      if (running.size === 0) break;
      await Promise.race(running);
    }
  } catch (error) {
    failures.push(error);
  }
  await Promise.all(running);
  ending.abort('the slice has ended');
  const failure = failures.find((error) => !(error instanceof SliceLost));
  if (failure !== undefined) throw failure;
  return tally;
}
