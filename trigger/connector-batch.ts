import { schemaTask } from '@trigger.dev/sdk';
import * as z from 'zod';
import { databaseBatchQueue } from '../core/batch/engine/queue.db.ts';
import { runSlice } from '../core/batch/engine/run-slice.ts';
import { BATCH_TASK_ID, BatchTaskPayload } from '../core/batch/schema.ts';
import { BATCH_QUEUE } from '../core/batch/task-trigger.ts';
import type { Claim } from '../core/execution/engine/ports.ts';
import { serviceDatabase } from './database.ts';
import { processEngine } from './engine.ts';
import { readTaskEnv } from './env.ts';
import { sleep } from './sleep.ts';
import { startTurn } from './start-turn.ts';

/**
 * Processes that all batches together may take. Fewer than there are in any case, so that a run somebody waits for always
 * finds one: a plan of the platform has ten or more, the embedded runtime two.
 */
const BATCHES_AT_ONCE = z.coerce
  .number()
  .int()
  .min(1)
  .default(2)
  .parse(process.env.PATCHBAY_BATCH_CONCURRENCY);

/** The slice, then the item that was taken last and has its five minutes, then what writing it down takes. */
const MAX_DURATION_SECONDS = 360;

/**
 * One turn of a batch. Its items share this process; when the turn is over and there is more to do, the next run is
 * triggered behind those of other batches.
 *
 * Attempts are for processes that died and databases that did not answer, for about a minute; the sweeper comes after.
 */
export const connectorBatch = schemaTask({
  id: BATCH_TASK_ID,
  schema: BatchTaskPayload,
  queue: { name: BATCH_QUEUE, concurrencyLimit: BATCHES_AT_ONCE },
  maxDuration: MAX_DURATION_SECONDS,
  retry: { maxAttempts: 10, factor: 2, minTimeoutInMs: 1_000, maxTimeoutInMs: 10_000, randomize: true },
  run: async ({ batchId, turn }, { ctx, signal = new AbortController().signal }) => {
    const owner = ctx.run.id;
    const engine = processEngine();
    const queue = databaseBatchQueue(serviceDatabase(readTaskEnv(process.env)), batchId, owner);
    const begun = await queue.begin(turn);
    if (begun.outcome !== 'begun') return begun;
    const run = (claim: Claim) => engine.runClaimed(claim, { owner, signal });
    const items = await runSlice({ queue, run, clock: { now: Date.now }, sleep }, signal);
    const next = await queue.end();
    if (next !== null)
      await startTurn({ id: batchId, workspaceId: begun.workspaceId, turn: next.turn }, new Date(next.due));
    return { outcome: begun.outcome, ...items, next };
  },
});
