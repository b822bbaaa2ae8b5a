import { logger, schedules } from '@trigger.dev/sdk';
import * as z from 'zod';
import { serviceDatabase } from './database.ts';
import { readTaskEnv } from './env.ts';
import { inTurn } from './in-turn.ts';
import { startExecution } from './start-execution.ts';
import { sweepBatches } from './sweep-batches.ts';

/** An accepted execution normally starts within a second; this long without a start means that its trigger was lost. */
const OVERDUE_SECONDS = 30;
/** An execution that was claimed this often and never ended is given up. */
const MAX_CLAIMS = 20;
/** Of one sweep; the next one is a minute away. */
const SWEEP_LIMIT = 500;

/** The platform answers in some 100 ms: one after the other, a full sweep would not end in its minute. */
const TRIGGERS_AT_ONCE = 10;

const Overdue = z.array(z.object({ id: z.uuid(), workspace_id: z.uuid(), fence: z.int() }));

/** Triggers executions and batches again that were accepted but never started, or whose run is gone. */
export const executionSweeper = schedules.task({
  id: 'execution-sweeper',
  cron: '* * * * *',
  queue: { concurrencyLimit: 1 },
  maxDuration: 60,
  run: async () => {
    const db = serviceDatabase(readTaskEnv(process.env));
    const overdue = Overdue.parse(
      await db.call('sweep_executions', {
        p_older_than_seconds: OVERDUE_SECONDS,
        p_max_claims: MAX_CLAIMS,
        p_limit: SWEEP_LIMIT,
      }),
    );
    const batches = sweepBatches(db, { olderThanSeconds: OVERDUE_SECONDS, most: SWEEP_LIMIT });
    const failed = await inTurn(overdue, TRIGGERS_AT_ONCE, ({ id, workspace_id, fence }) =>
      startExecution({ id, workspaceId: workspace_id, fence }),
    );
    if (overdue.length > 0) {
      logger[failed > 0 ? 'error' : 'info']('triggered overdue executions again', {
        executions: overdue.length - failed,
        failed,
      });
    }
    return { triggered: overdue.length - failed, failed, batches: await batches };
  },
});
