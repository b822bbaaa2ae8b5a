import type { TaskRunError } from '@trigger.dev/core/v3';
import type { Database, Params } from './database.ts';
import { freesIdempotencyKey, isFinal, Run, type RunMetadata, type StoredStatus } from './run.ts';

/** The columns a new run is made of; `status`, `available_at`, `delay_until` say where it starts. */
export interface NewRun {
  readonly id: string;
  readonly task_id: string;
  readonly status: 'QUEUED' | 'DELAYED';
  readonly payload: string;
  readonly payload_type: string;
  readonly queue: string;
  readonly concurrency_key: string | null;
  readonly group_key: string;
  readonly priority_ms: number;
  readonly available_at: number;
  readonly created_at: number;
  readonly delay_until: number | null;
  readonly ttl: string | null;
  readonly ttl_ms: number | null;
  readonly max_attempts: number | null;
  readonly max_duration: number | null;
  readonly idempotency_key: string | null;
  readonly idempotency_expires_at: number | null;
  readonly idempotency_user_key: string | null;
  readonly idempotency_scope: string | null;
  readonly request_key: string | null;
  readonly tags: readonly string[];
  readonly metadata: RunMetadata | null;
  readonly is_test: boolean;
  readonly replayed_from: string | null;
  readonly parent_id: string | null;
  readonly root_id: string | null;
  readonly depth: number;
  readonly resume_parent: boolean;
  readonly batch_id: string | null;
  readonly batch_index: number | null;
  readonly schedule_id: string | null;
}

/** How a run ended. */
export interface RunEnd {
  readonly status: StoredStatus;
  readonly output?: string | null;
  readonly outputType?: string | null;
  readonly error?: TaskRunError | null;
}

const CLAIMABLE = `status in ('QUEUED', 'RETRYING')`;
/** The index in the order of the line: SQLite would rather sort everything that is due. */
const IN_LINE = 'runs indexed by runs_claim';

export class RunStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Writes that belong together: all or none. */
  transaction<T>(work: () => T): T {
    return this.#db.transaction(work);
  }

  insert(run: NewRun): void {
    const row: Params = {
      ...run,
      tags: JSON.stringify(run.tags),
      metadata: run.metadata && JSON.stringify(run.metadata),
      is_test: Number(run.is_test),
      resume_parent: Number(run.resume_parent),
      updated_at: run.created_at,
      sort_at: run.available_at - run.priority_ms,
      ttl_expires_at: run.ttl_ms === null || run.status === 'DELAYED' ? null : run.available_at + run.ttl_ms,
    };
    const columns = Object.keys(row);
    this.#db.transaction(() => {
      this.#db.run(
        `insert into runs (${columns.join(', ')}) values (${columns.map((name) => `:${name}`).join(', ')})`,
        row,
      );
      this.addTags(run.id, run.tags);
    });
  }

  get(id: string): Run | undefined {
    return parseRun(this.#db.get('select * from runs where id = :id', { id }));
  }

  findByIdempotencyKey(taskId: string, key: string): Run | undefined {
    return parseRun(
      this.#db.get('select * from runs where task_id = :taskId and idempotency_key = :key', { taskId, key }),
    );
  }

  findByRequestKey(key: string): Run | undefined {
    return parseRun(this.#db.get('select * from runs where request_key = :key', { key }));
  }

  clearIdempotencyKey(taskId: string, key: string): number {
    return this.#db.run(
      `update runs set idempotency_key = null, idempotency_expires_at = null
       where task_id = :taskId and idempotency_key = :key`,
      { taskId, key },
    );
  }

  /**
   * Takes the first run in line whose group is not full and marks it executing, one attempt further.
   * Order: the time it stood in line from, minus its priority; then arrival.
   */
  claim(now: number, fullGroups: readonly string[]): Run | undefined {
    return this.#db.transaction(() => {
      const next = parseRun(
        this.#db.get(
          `select * from ${IN_LINE} where ${CLAIMABLE} and available_at <= :now
             and group_key not in (select value from json_each(:full))
           order by sort_at, seq limit 1`,
          { now, full: JSON.stringify(fullGroups) },
        ),
      );
      if (!next) return undefined;
      const attempt = next.attempt + 1;
      this.#db.run(
        `update runs set status = 'EXECUTING', attempt = :attempt, updated_at = :now,
           started_at = coalesce(started_at, :now), ttl_expires_at = null where id = :id`,
        { id: next.id, attempt, now },
      );
      this.#db.run(
        `insert into attempts (run_id, number, status, started_at) values (:id, :attempt, 'EXECUTING', :now)`,
        { id: next.id, attempt, now },
      );
      return this.get(next.id);
    });
  }

  /** Whether a run could be claimed now if there were room. */
  hasClaimable(now: number, fullGroups: readonly string[]): boolean {
    return (
      this.#db.get(
        `select 1 from ${IN_LINE} where ${CLAIMABLE} and available_at <= :now
           and group_key not in (select value from json_each(:full)) limit 1`,
        { now, full: JSON.stringify(fullGroups) },
      ) !== undefined
    );
  }

  setWaiting(id: string, waiting: boolean, now: number): void {
    this.#db.run(
      `update runs set status = :to, updated_at = :now where id = :id and status = :from`,
      waiting ? { id, now, from: 'EXECUTING', to: 'WAITING' } : { id, now, from: 'WAITING', to: 'EXECUTING' },
    );
  }

  /** Ends a run that has not ended; returns false when it had. */
  finish(id: string, end: RunEnd, now: number): boolean {
    return this.#db.transaction(() => {
      const run = this.get(id);
      if (!run || isFinal(run.status)) return false;
      this.#db.run(
        `update runs set status = :status, updated_at = :now, finished_at = :now,
           expired_at = case when :status = 'EXPIRED' then :now end, output = :output,
           output_type = :outputType, error = :error, ttl_expires_at = null,
           idempotency_key = case when :free then null else idempotency_key end
         where id = :id`,
        {
          id,
          now,
          status: end.status,
          output: end.output ?? null,
          outputType: end.outputType ?? null,
          error: end.error ? JSON.stringify(end.error) : null,
          free: Number(freesIdempotencyKey(end.status)),
        },
      );
      this.#endAttempt(
        run,
        end.status === 'COMPLETED' ? 'COMPLETED' : end.status === 'CANCELED' ? 'CANCELED' : 'FAILED',
        end.error,
        now,
      );
      return true;
    });
  }

  /** Puts a run back in line for its next attempt at `availableAt`. */
  retry(id: string, availableAt: number, error: TaskRunError, now: number): void {
    this.#db.transaction(() => {
      const run = this.get(id);
      if (!run || isFinal(run.status)) return;
      this.#db.run(
        `update runs set status = 'RETRYING', updated_at = :now, available_at = :availableAt,
           sort_at = :availableAt - priority_ms where id = :id`,
        { id, availableAt, now },
      );
      this.#endAttempt(run, 'FAILED', error, now);
    });
  }

  addUsage(id: string, durationMs: number): void {
    this.#db.run('update runs set usage_ms = usage_ms + :ms where id = :id', {
      id,
      ms: Math.max(0, Math.round(durationMs)),
    });
  }

  /** Puts delayed runs whose time has come in line; returns how many. */
  promoteDelayed(now: number): number {
    return this.#db.run(
      `update runs set status = 'QUEUED', updated_at = :now, available_at = delay_until,
         sort_at = delay_until - priority_ms,
         ttl_expires_at = case when ttl_ms is null then null else :now + ttl_ms end
       where status = 'DELAYED' and delay_until <= :now`,
      { now },
    );
  }

  /** Runs that stood in line longer than their TTL. */
  overdue(now: number): Run[] {
    return this.#db
      .all(`select * from runs where status = 'QUEUED' and ttl_expires_at <= :now`, { now })
      .map((row) => Run.parse(row));
  }

  /** Runs that had a process when the runtime was lost. */
  interrupted(): Run[] {
    return this.#db
      .all(`select * from runs where status in ('EXECUTING', 'WAITING') order by seq`)
      .map((row) => Run.parse(row));
  }

  reschedule(id: string, delayUntil: number, now: number): boolean {
    return (
      this.#db.run(
        `update runs set delay_until = :delayUntil, available_at = :delayUntil,
           sort_at = :delayUntil - priority_ms, updated_at = :now where id = :id and status = 'DELAYED'`,
        { id, delayUntil, now },
      ) > 0
    );
  }

  setMetadata(id: string, metadata: RunMetadata, now: number): void {
    this.#db.run('update runs set metadata = :metadata, updated_at = :now where id = :id', {
      id,
      metadata: JSON.stringify(metadata),
      now,
    });
  }

  /** Adds tags a run does not have yet. */
  addTags(id: string, tags: readonly string[]): void {
    for (const tag of tags) {
      this.#db.run('insert or ignore into run_tags (tag, seq) select :tag, seq from runs where id = :id', {
        id,
        tag,
      });
    }
  }

  setTags(id: string, tags: readonly string[], now: number): void {
    this.#db.transaction(() => {
      this.#db.run('update runs set tags = :tags, updated_at = :now where id = :id', {
        id,
        tags: JSON.stringify(tags),
        now,
      });
      this.addTags(id, tags);
    });
  }

  children(parentId: string): Run[] {
    return this.#db
      .all('select * from runs where parent_id = :parentId order by seq', { parentId })
      .map((row) => Run.parse(row));
  }

  /** When the next run comes due (a delay, a retry, a TTL), in milliseconds since the epoch. */
  nextDue(now: number): number | undefined {
    const row = this.#db.get(
      `select min(at) as at from (
         select min(delay_until) as at from runs where status = 'DELAYED'
         union all select min(available_at) from runs where ${CLAIMABLE} and available_at > :now
         union all select min(ttl_expires_at) from runs where status = 'QUEUED' and ttl_expires_at is not null)`,
      { now },
    );
    return numberIn(row, 'at');
  }

  #endAttempt(run: Run, status: string, error: TaskRunError | null | undefined, now: number): void {
    this.#db.run(
      `update attempts set status = :status, finished_at = :now, error = :error
       where run_id = :id and number = :attempt and finished_at is null`,
      { id: run.id, attempt: run.attempt, status, now, error: error ? JSON.stringify(error) : null },
    );
  }
}

function parseRun(row: unknown): Run | undefined {
  return row === undefined ? undefined : Run.parse(row);
}

/** A numeric column of a row; undefined for NULL and for no row. */
export function numberIn(row: unknown, column: string): number | undefined {
  if (typeof row !== 'object' || row === null) return undefined;
  const value = Object.entries(row).find(([name]) => name === column)?.[1];
  return typeof value === 'number' ? value : undefined;
}
