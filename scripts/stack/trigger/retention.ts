import type { Database } from './database.ts';

/** Rows removed in one go: short enough that no request waits for it. */
const ROWS_AT_A_TIME = 500;

/** Removes what finished before `before` (milliseconds since the epoch); returns the number of runs. */
export function removeOld(db: Database, before: number): number {
  return db.transaction(() => {
    const old = `select id from runs where finished_at < :before order by finished_at limit ${ROWS_AT_A_TIME}`;
    db.run(`delete from attempts where run_id in (${old})`, { before });
    db.run(`delete from waitpoints where run_id in (${old})`, { before });
    db.run(`delete from run_tags where seq in (select seq from runs where id in (${old}))`, { before });
    const removed = db.run(`delete from runs where id in (${old})`, { before });
    db.run(
      `delete from batches where id in (select id from batches b where created_at < :before
         and not exists (select 1 from runs where batch_id = b.id) limit ${ROWS_AT_A_TIME})`,
      { before },
    );
    db.run('delete from batch_items where batch_id not in (select id from batches)');
    db.run(
      `delete from packets where name in (select name from packets where created_at < :before limit ${ROWS_AT_A_TIME})`,
      { before },
    );
    return removed;
  });
}
