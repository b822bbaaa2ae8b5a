import { logger } from '@trigger.dev/sdk';
import * as z from 'zod';
import type { Db } from '../core/db/db.ts';
import { inTurn } from './in-turn.ts';
import { startTurn } from './start-turn.ts';

const Overdue = z.array(z.object({ id: z.uuid(), workspace_id: z.uuid(), turn: z.int() }));
const TRIGGERS_AT_ONCE = 10;

/** Starts batches again that have work which is due and nobody doing it, and writes down which ones have ended. */
export async function sweepBatches(
  db: Db,
  limits: { olderThanSeconds: number; most: number },
): Promise<{ triggered: number; failed: number }> {
  const answer = await db.call('sweep_batches', {
    p_older_than_seconds: limits.olderThanSeconds,
    p_limit: limits.most,
  });
  const overdue = Overdue.parse(answer);
  const failed = await inTurn(overdue, TRIGGERS_AT_ONCE, ({ id, workspace_id, turn }) =>
    startTurn({ id, workspaceId: workspace_id, turn }),
  );
  const triggered = overdue.length - failed;
  if (overdue.length > 0)
    logger[failed > 0 ? 'error' : 'info']('triggered overdue batches again', { triggered, failed });
  return { triggered, failed };
}
