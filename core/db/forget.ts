import * as z from 'zod';
import type { Db } from './db.ts';

/** Functions that delete at most `p_limit` of what is kept for a time only, and answer how many that were. */
export type Forgetful =
  | 'forget_idempotency_keys'
  | 'forget_step_cache'
  | 'forget_executions'
  | 'forget_guard_state';

/** Locks little, and does not hold what it locks for long. */
const BATCH = 1_000;
/** Bounds one run; what is left over is taken by the next one. */
const MAX_BATCHES = 100;

/** Deletes in batches until one is not full, or `until` (milliseconds since the Unix epoch). Answers how many. */
export async function forget(
  db: Db,
  fn: Forgetful,
  { now, until }: { readonly now: () => number; readonly until: number },
): Promise<number> {
  let forgotten = 0;
  for (let batch = 0; batch < MAX_BATCHES && now() < until; batch += 1) {
    const deleted = z.int().parse(await db.call(fn, { p_limit: BATCH }));
    forgotten += deleted;
    if (deleted < BATCH) break;
  }
  return forgotten;
}
