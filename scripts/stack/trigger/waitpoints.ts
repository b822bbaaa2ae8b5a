import type { CompletedWaitpoint, WaitForDurationRequestBody } from '@trigger.dev/core/v3';
import * as z from 'zod';
import { RequestError } from './accept.ts';
import type { Database } from './database.ts';
import { durationMs } from './durations.ts';
import { newId } from './ids.ts';
import { numberIn } from './run-store.ts';

const Row = z.object({
  id: z.string(),
  run_id: z.string(),
  due_at: z.number(),
  completed_at: z.number().nullable(),
  idempotency_key: z.string().nullable(),
  idempotency_expires_at: z.number().nullable(),
});
type Row = z.infer<typeof Row>;

export interface Waitpoint {
  readonly id: string;
  readonly dueAt: number;
}

/**
 * Waits of more than five seconds (`wait.for`, `wait.until`). They are on disk, so that a wait with an
 * idempotency key, asked for again by a later attempt, still ends at its first time.
 */
export class Waitpoints {
  readonly #db: Database;
  readonly #clock: () => number;
  readonly #resolve: (runId: string, waitpoint: CompletedWaitpoint) => void;

  constructor(
    db: Database,
    clock: () => number,
    resolve: (runId: string, waitpoint: CompletedWaitpoint) => void,
  ) {
    this.#db = db;
    this.#clock = clock;
    this.#resolve = resolve;
  }

  /** The run waits until the date of `body`; a wait with the same key is taken up again. */
  waitFor(runId: string, body: z.infer<typeof WaitForDurationRequestBody>): Waitpoint {
    const now = this.#clock();
    const known = body.idempotencyKey === undefined ? undefined : this.#byKey(body.idempotencyKey, now);
    if (known) {
      this.#db.run('update waitpoints set run_id = :runId where id = :id', { id: known.id, runId });
      if (known.completed_at !== null) this.#resolve(runId, completed(known, known.completed_at));
      return { id: known.id, dueAt: known.due_at };
    }
    const id = newId('waitpoint', now);
    const dueAt = body.date.getTime();
    this.#db.run(
      `insert into waitpoints (id, run_id, due_at, idempotency_key, idempotency_expires_at)
       values (:id, :runId, :dueAt, :key, :expires)`,
      { id, runId, dueAt, key: body.idempotencyKey ?? null, expires: expiry(body.idempotencyKeyTTL, now) },
    );
    return { id, dueAt };
  }

  /** Lets go on what has waited long enough. */
  completeDue(): void {
    const now = this.#clock();
    const rows = this.#db.all('select * from waitpoints where completed_at is null and due_at <= :now', {
      now,
    });
    for (const row of rows.map((each) => Row.parse(each))) {
      this.#db.run('update waitpoints set completed_at = :now where id = :id', { id: row.id, now });
      this.#resolve(row.run_id, completed(row, now));
    }
  }

  nextDue(): number | undefined {
    const row = this.#db.get('select min(due_at) as at from waitpoints where completed_at is null');
    return numberIn(row, 'at');
  }

  #byKey(key: string, now: number): Row | undefined {
    this.#db.run(
      `update waitpoints set idempotency_key = null where idempotency_key = :key and idempotency_expires_at <= :now`,
      { key, now },
    );
    const row = this.#db.get('select * from waitpoints where idempotency_key = :key', { key });
    return row === undefined ? undefined : Row.parse(row);
  }
}

function expiry(ttl: string | undefined, now: number): number | null {
  if (ttl === undefined) return null;
  const ms = durationMs(ttl);
  if (ms === undefined) throw new RequestError(`Invalid idempotencyKeyTTL: ${ttl}`);
  return now + ms;
}

function completed(row: Row, at: number): CompletedWaitpoint {
  return {
    id: row.id,
    friendlyId: row.id,
    type: 'DATETIME',
    completedAt: new Date(at),
    completedAfter: new Date(row.due_at),
    outputIsError: false,
  };
}
