import * as z from 'zod';
import type { Db } from '../db/db.ts';

const BATCH = 1_000;
/** Bounds one run; what is left over is taken by the next one. */
const MAX_BATCHES = 100;

/** Deletes buckets that are full again and circuits of which nothing was heard for a day, in batches. Answers how many. */
export async function forgetGuardState(db: Db): Promise<number> {
  let forgotten = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const deleted = z.int().parse(await db.call('forget_guard_state', { p_limit: BATCH }));
    forgotten += deleted;
    // Buckets and circuits have a batch of their own each.
    if (deleted < BATCH) break;
  }
  return forgotten;
}
