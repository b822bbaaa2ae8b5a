import { createJsonErrorObject, TaskRunError } from '@trigger.dev/core/v3';
import * as z from 'zod';
import type { Database } from './database.ts';

const Row = z.object({
  number: z.number(),
  status: z.string(),
  started_at: z.number(),
  finished_at: z.number().nullable(),
  error: z.string().nullable(),
});

/** The attempts of a run, first to last, as the inspector shows them. */
export function attemptsOf(db: Database, runId: string) {
  const rows = db.all('select * from attempts where run_id = :runId order by number', { runId });
  return rows.map((row) => {
    const { number, status, started_at, finished_at, error } = Row.parse(row);
    return {
      id: `${runId}_${number}`,
      number,
      status,
      startedAt: new Date(started_at).toISOString(),
      completedAt: finished_at === null ? undefined : new Date(finished_at).toISOString(),
      error: error === null ? undefined : createJsonErrorObject(TaskRunError.parse(JSON.parse(error))),
    };
  });
}
