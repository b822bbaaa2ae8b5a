import * as z from 'zod';
import type { Db } from './db.ts';

const BATCH = 1_000;
/** Bounds one run; what is left over is taken by the next one. */
const MAX_BATCHES = 100;

/** Deletes the stored answers whose day has passed, in batches that lock little. Answers how many. */
export async function forgetIdempotencyKeys(db: Db): Promise<number> {
  let forgotten = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const deleted = z.int().parse(await db.call('forget_idempotency_keys', { p_limit: BATCH }));
    forgotten += deleted;
    if (deleted < BATCH) break;
  }
  return forgotten;
}
