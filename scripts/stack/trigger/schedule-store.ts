import * as z from 'zod';
import type { Database } from './database.ts';
import { numberIn } from './run-store.ts';

export const Schedule = z.object({
  id: z.string(),
  type: z.enum(['DECLARATIVE', 'IMPERATIVE']),
  task_id: z.string(),
  cron: z.string(),
  timezone: z.string(),
  external_id: z.string().nullable(),
  deduplication_key: z.string().nullable(),
  active: z.number().transform((value) => value !== 0),
  next_run_at: z.number(),
  last_run_at: z.number().nullable(),
  created_at: z.number(),
});
export type Schedule = z.infer<typeof Schedule>;

export class ScheduleStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  get(id: string): Schedule | undefined {
    const row = this.#db.get('select * from schedules where id = :id', { id });
    return row === undefined ? undefined : Schedule.parse(row);
  }

  byDeduplicationKey(key: string): Schedule | undefined {
    const row = this.#db.get('select * from schedules where deduplication_key = :key', { key });
    return row === undefined ? undefined : Schedule.parse(row);
  }

  /** Inserts, or replaces the schedule of the same id. */
  put(schedule: Schedule): void {
    this.#db.run(
      `insert or replace into schedules (id, type, task_id, cron, timezone, external_id, deduplication_key,
         active, next_run_at, last_run_at, created_at)
       values (:id, :type, :task_id, :cron, :timezone, :external_id, :deduplication_key, :active,
         :next_run_at, :last_run_at, :created_at)`,
      { ...schedule, active: Number(schedule.active) },
    );
  }

  delete(id: string): void {
    this.#db.run('delete from schedules where id = :id', { id });
  }

  declarative(): Schedule[] {
    return this.#db
      .all(`select * from schedules where type = 'DECLARATIVE'`)
      .map((row) => Schedule.parse(row));
  }

  due(now: number): Schedule[] {
    return this.#db
      .all('select * from schedules where active = 1 and next_run_at <= :now order by next_run_at', { now })
      .map((row) => Schedule.parse(row));
  }

  nextDue(): number | undefined {
    return numberIn(this.#db.get('select min(next_run_at) as at from schedules where active = 1'), 'at');
  }

  page(page: number, perPage: number): { schedules: Schedule[]; count: number } {
    const rows = this.#db.all(
      'select * from schedules order by created_at, id limit :perPage offset :offset',
      {
        perPage,
        offset: (page - 1) * perPage,
      },
    );
    return {
      schedules: rows.map((row) => Schedule.parse(row)),
      count: numberIn(this.#db.get('select count(*) as n from schedules'), 'n') ?? 0,
    };
  }

  /** Notes that a schedule has fired; false when it was changed or fired meanwhile. */
  advance(schedule: Schedule, firedAt: number, next: number | undefined): boolean {
    return (
      this.#db.run(
        `update schedules set last_run_at = :firedAt, next_run_at = coalesce(:next, next_run_at),
           active = case when :next is null then 0 else active end
         where id = :id and next_run_at = :expected and active = 1`,
        { id: schedule.id, firedAt, next: next ?? null, expected: schedule.next_run_at },
      ) > 0
    );
  }

  transaction<T>(work: () => T): T {
    return this.#db.transaction(work);
  }
}
