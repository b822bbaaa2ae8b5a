import type { BatchItemNDJSON, CreateBatchRequestBody } from '@trigger.dev/core/v3';
import * as z from 'zod';
import { type AcceptDeps, acceptRun, RequestError } from './accept.ts';
import type { Database } from './database.ts';
import type { Dispatcher } from './dispatcher.ts';
import { newId } from './ids.ts';
import { isFinal, type Run } from './run.ts';

const MAX_RUNS = 1000;

const Batch = z.object({
  id: z.string(),
  run_count: z.number(),
  created_at: z.number(),
  updated_at: z.number(),
  sealed: z.number().transform((value) => value !== 0),
  parent_id: z.string().nullable(),
  resume_parent: z.number().transform((value) => value !== 0),
  idempotency_key: z.string().nullable(),
});
export type Batch = z.infer<typeof Batch>;

const Item = z.object({ idx: z.number(), run_id: z.string() });

export type BatchItem = z.infer<typeof BatchItemNDJSON>;

export interface BatchDeps extends AcceptDeps {
  readonly db: Database;
  readonly dispatcher: Dispatcher;
}

/** Batches: announced with their size, then filled with items, each of which becomes a run at once. */
export class Batches {
  readonly #deps: BatchDeps;

  constructor(deps: BatchDeps) {
    this.#deps = deps;
  }

  create(
    body: z.infer<typeof CreateBatchRequestBody>,
    requestKey: string | undefined,
  ): { batch: Batch; isCached: boolean } {
    const { db, clock } = this.#deps;
    if (body.runCount > MAX_RUNS) throw new RequestError(`A batch can have ${MAX_RUNS} items at most`, 413);
    const repeated = requestKey === undefined ? undefined : this.#by('request_key', requestKey);
    if (repeated) return { batch: repeated, isCached: false };
    const known =
      body.idempotencyKey === undefined ? undefined : this.#by('idempotency_key', body.idempotencyKey);
    if (known) {
      if (body.resumeParentOnCompletion && body.parentRunId) this.#resumeWhenDone(known, body.parentRunId);
      return { batch: known, isCached: true };
    }
    const now = clock();
    const id = newId('batch', now);
    db.run(
      `insert into batches (id, run_count, created_at, updated_at, parent_id, resume_parent, idempotency_key, request_key)
       values (:id, :count, :now, :now, :parent, :resume, :key, :requestKey)`,
      {
        id,
        now,
        count: body.runCount,
        parent: body.parentRunId ?? null,
        resume: Number(body.resumeParentOnCompletion ?? false),
        key: body.idempotencyKey ?? null,
        requestKey: requestKey ?? null,
      },
    );
    const batch = this.get(id);
    if (!batch) throw new Error(`batch ${id} is not there after its insert`);
    return { batch, isCached: false };
  }

  get(id: string): Batch | undefined {
    const row = this.#deps.db.get('select * from batches where id = :id', { id });
    return row === undefined ? undefined : Batch.parse(row);
  }

  /** All items or, when one is not acceptable, none. An index that is there already is left as it is. */
  add(
    batch: Batch,
    items: readonly BatchItem[],
  ): { accepted: number; deduplicated: number; sealed: boolean; count: number } {
    const { db, clock } = this.#deps;
    const runs = db.transaction(() => {
      const added = items.flatMap((item) => this.#addItem(batch, item) ?? []);
      const sealed = this.items(batch).length >= batch.run_count;
      db.run('update batches set sealed = :sealed, updated_at = :now where id = :id', {
        id: batch.id,
        sealed: Number(sealed),
        now: clock(),
      });
      return added;
    });
    if (batch.resume_parent && batch.parent_id !== null) this.#wait(batch.id, batch.parent_id, runs);
    const count = this.items(batch).length;
    return {
      accepted: runs.length,
      deduplicated: items.length - runs.length,
      sealed: count >= batch.run_count,
      count,
    };
  }

  /** The batch's runs, in the order of their items. */
  items(batch: Batch): { index: number; runId: string }[] {
    return this.#deps.db
      .all('select idx, run_id from batch_items where batch_id = :id order by idx', { id: batch.id })
      .map((row) => Item.parse(row))
      .map(({ idx, run_id }) => ({ index: idx, runId: run_id }));
  }

  status(batch: Batch): 'PROCESSING' | 'PENDING' | 'COMPLETED' {
    if (!batch.sealed) return 'PROCESSING';
    const open = this.items(batch).some(({ runId }) => {
      const run = this.#deps.runs.get(runId);
      return run !== undefined && !isFinal(run.status);
    });
    return open ? 'PENDING' : 'COMPLETED';
  }

  #addItem(batch: Batch, item: BatchItem): { index: number; run: Run } | undefined {
    const { db } = this.#deps;
    if (item.index >= batch.run_count)
      throw new RequestError(`Item index ${item.index} is out of the batch's range`);
    const there = db.get('select 1 from batch_items where batch_id = :id and idx = :index', {
      id: batch.id,
      index: item.index,
    });
    if (there !== undefined) return undefined;
    const options = {
      ...item.options,
      ...(batch.parent_id !== null && { parentRunId: batch.parent_id }),
      resumeParentOnCompletion: batch.resume_parent,
    };
    const origin = { batch: { id: batch.id, index: item.index } };
    const { run } = acceptRun(this.#deps, item.task, { payload: item.payload, options }, origin);
    db.run('insert into batch_items (batch_id, idx, task_id, run_id) values (:id, :index, :task, :run)', {
      id: batch.id,
      index: item.index,
      task: item.task,
      run: run.id,
    });
    return { index: item.index, run };
  }

  #resumeWhenDone(batch: Batch, parentId: string): void {
    const runs = this.items(batch).flatMap(({ index, runId }) => {
      const run = this.#deps.runs.get(runId);
      return run ? [{ index, run }] : [];
    });
    this.#wait(batch.id, parentId, runs);
  }

  #wait(batchId: string, parentId: string, runs: readonly { index: number; run: Run }[]): void {
    for (const { index, run } of runs) {
      this.#deps.dispatcher.waits.add(run, { parentId, batch: { id: batchId, index } });
    }
  }

  #by(column: 'request_key' | 'idempotency_key', value: string): Batch | undefined {
    const row = this.#deps.db.get(`select * from batches where ${column} = :value`, { value });
    return row === undefined ? undefined : Batch.parse(row);
  }
}
