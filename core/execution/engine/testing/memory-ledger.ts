import { DatabaseError } from '../../../db/db.ts';
import type { Json } from '../../../json/json.ts';
import { type ExecutionStatus, FINAL_STATUSES, type StepRunStatus } from '../../schema.ts';
import { LEASE_SECONDS } from '../limits.ts';
import {
  type Claim,
  type ExecutionEnd,
  LeaseLost,
  type Ledger,
  type SealedCredential,
  type StepCommit,
  type StepRunKey,
} from '../ports.ts';

/** One row of the ledger, as the database keeps it. */
export type StepRow = Omit<StepCommit, 'status' | 'duration_ms' | 'settles_to'> & {
  status: StepRunStatus;
  fence: number;
  started_at: string;
  duration_ms: number | null;
  settled: boolean;
  superseded: boolean;
};

export type ExecutionRow = {
  id: string;
  workspace_id: string;
  connector_id: string;
  connector_version: number;
  trigger: Claim['trigger'];
  input: Json;
  options: Json;
  depth: number;
  redrives: number;
  parentId: string | null;
  definition: Json;
  credentials: SealedCredential[];
  status: ExecutionStatus;
  fence: number;
  owner: string | null;
  leaseExpiresAt: number | null;
  createdAt: number;
  startedAt: number | null;
  resumedAt: number | null;
  resumeAt: number | null;
  spentMs: number;
  cancelRequested: boolean;
  end: ExecutionEnd | null;
  steps: StepRow[];
};

/** What crossed the border to the database, and whether it was a request or an answer. */
export type Crossing = { fn: keyof Ledger; phase: 'before' | 'after' };

/** The ledger's SQL functions in memory, held to them by the contract suite. Data is copied as JSON, as on the wire. */
export class MemoryLedger implements Ledger {
  readonly executions = new Map<string, ExecutionRow>();
  /** Connectors that steps may call, by id. */
  readonly connectors = new Map<string, Pick<ExecutionRow, 'definition' | 'credentials'>>();
  readonly cache = new Map<string, { answer: string; expiresAt: number }>();
  /** All that was given to the ledger, as JSON text: where no secret may be found. */
  readonly written: string[] = [];
  readonly #now: () => number;
  /** For tests: called before a call takes effect and after it; what it throws is what the caller sees. */
  crossing: (crossing: Crossing) => void | Promise<void> = () => {};

  constructor(now: () => number) {
    this.#now = now;
  }

  claim: Ledger['claim'] = (id, owner) =>
    this.#call('claim', { id, owner }, () => {
      const row = this.executions.get(id);
      if (!row) return { outcome: 'missing' };
      if (row.status !== 'queued' && row.status !== 'running') return { outcome: 'finished' };
      if (row.resumeAt !== null && row.resumeAt > this.#now()) {
        const { workspace_id, fence, resumeAt } = row;
        return { outcome: 'waiting', resume_at: iso(resumeAt), workspace_id, fence };
      }
      const live = row.leaseExpiresAt !== null && row.leaseExpiresAt > this.#now();
      if (row.status === 'running' && live && row.owner !== owner) return { outcome: 'held' };
      row.status = 'running';
      row.fence += 1;
      row.owner = owner;
      row.startedAt ??= this.#now();
      if (row.resumedAt === null || row.resumeAt !== null) row.resumedAt = this.#now();
      row.resumeAt = null;
      this.#renew(row);
      for (const step of row.steps) if (step.status === 'running') step.status = 'interrupted';
      return { outcome: 'claimed', claim: this.#claimOf(row) };
    });

  renew: Ledger['renew'] = (claim) => this.#held('renew', claim, {}, (row) => this.#answer(row));

  release: Ledger['release'] = (claim) =>
    this.#held('release', claim, {}, (row) => {
      row.leaseExpiresAt = this.#now();
    });

  startStep: Ledger['startStep'] = (claim, step) =>
    this.#held('startStep', claim, step, (row, given) => {
      const known = find(row, given);
      if (known && (known.fence !== row.fence || known.status !== 'running')) throw raised('step_started');
      if (!known) row.steps.push({ ...this.#begun(row), ...given });
      return this.#answer(row);
    });

  commitStep: Ledger['commitStep'] = (claim, step) =>
    this.#held('commitStep', claim, step, (row, { settles_to, ...given }) => {
      const known = find(row, given);
      const mine = known?.fence === row.fence;
      if (known && mine && known.status === given.status) return this.#answer(row);
      if (known && known.status !== 'waiting' && !(mine && known.status === 'running')) {
        throw raised('step_committed');
      }
      const committed = { ...given, request: given.request ?? known?.request ?? null, fence: row.fence };
      if (known) Object.assign(known, committed);
      else row.steps.push({ ...this.#begun(row), ...committed });
      if (settles_to !== null) settle(row, given, settles_to);
      return this.#answer(row);
    });

  finish: Ledger['finish'] = (claim, end) =>
    this.#held('finish', claim, end, (row, given) => {
      Object.assign(row, { status: given.status, end: given, owner: null, leaseExpiresAt: null });
    });

  park: Ledger['park'] = (claim, resumeAt) =>
    this.#held('park', claim, { resumeAt }, (row) => {
      if (row.cancelRequested) return { cancel_requested: true };
      for (const step of row.steps) if (step.status === 'running') step.status = 'waiting';
      row.spentMs += this.#now() - (row.resumedAt ?? this.#now());
      Object.assign(row, { resumeAt: Date.parse(resumeAt), owner: null, leaseExpiresAt: null });
      return { cancel_requested: false };
    });

  startChild: Ledger['startChild'] = (claim, child) =>
    this.#held('startChild', claim, child, (row, given) => {
      const connector = this.connectors.get(given.connector_id);
      const known = this.executions.get(given.child_id);
      if (known) {
        const { status, end } = known;
        return { status, output: end?.output ?? null, error: end?.error ?? null };
      }
      if (!connector) return { status: 'missing' };
      this.add({
        ...connector,
        id: given.child_id,
        workspace_id: row.workspace_id,
        connector_id: given.connector_id,
        input: given.input,
        depth: row.depth + 1,
        parentId: row.id,
        trigger: { type: 'connector', execution_id: row.id, step: given.step_name },
      });
      return { status: 'queued', output: null, error: null };
    });

  readCache: Ledger['readCache'] = (_claim, stepName, keyHash) =>
    this.#call('readCache', { stepName, keyHash }, () => {
      const kept = this.cache.get(`${stepName} ${keyHash}`);
      return kept && kept.expiresAt > this.#now() ? kept.answer : null;
    });

  writeCache: Ledger['writeCache'] = (_claim, stepName, keyHash, answer, ttlSeconds) =>
    this.#call('writeCache', { stepName, keyHash, answer }, () => {
      this.cache.set(`${stepName} ${keyHash}`, { answer, expiresAt: this.#now() + ttlSeconds * 1000 });
    });

  /** Accepts an execution, as the API does. */
  add(
    execution: Pick<ExecutionRow, 'id' | 'workspace_id' | 'connector_id'> & Partial<ExecutionRow>,
  ): ExecutionRow {
    const row: ExecutionRow = {
      connector_version: 1,
      trigger: { type: 'api' },
      input: {},
      options: null,
      depth: 0,
      redrives: 0,
      parentId: null,
      definition: null,
      credentials: [],
      status: 'queued',
      fence: 0,
      owner: null,
      leaseExpiresAt: null,
      createdAt: this.#now(),
      startedAt: null,
      resumedAt: null,
      resumeAt: null,
      spentMs: 0,
      cancelRequested: false,
      end: null,
      steps: [],
      ...execution,
    };
    this.executions.set(row.id, row);
    return row;
  }

  async #call<In, Out>(fn: keyof Ledger, input: In, run: (input: In) => Out): Promise<Out> {
    const text = JSON.stringify(input);
    // Also what then fails has left the process.
    if (fn !== 'claim') this.written.push(text);
    await this.crossing({ fn, phase: 'before' });
    const answer = copy(run(JSON.parse(text)));
    await this.crossing({ fn, phase: 'after' });
    return answer;
  }

  #held<In, Out>(
    fn: keyof Ledger,
    claim: Claim,
    input: In,
    run: (row: ExecutionRow, input: In) => Out,
  ): Promise<Out> {
    return this.#call(fn, input, (given) => {
      const row = this.executions.get(claim.execution_id);
      if (row?.status !== 'running' || row.fence !== claim.fence || row.resumeAt !== null)
        throw new LeaseLost();
      return run(row, given);
    });
  }

  #renew(row: ExecutionRow): void {
    row.leaseExpiresAt = this.#now() + LEASE_SECONDS * 1000;
  }

  #answer(row: ExecutionRow): { cancel_requested: boolean } {
    this.#renew(row);
    return { cancel_requested: row.cancelRequested };
  }

  #begun(row: ExecutionRow) {
    return {
      ...{ request: null, response: null, output: null, error: null, resume_state: null, source: null },
      ...{ duration_ms: null, resume_at: null, tolerated: false, settled: false, superseded: false },
      status: 'running' as const,
      fence: row.fence,
      started_at: iso(this.#now()),
    };
  }

  #claimOf(row: ExecutionRow): Claim {
    const steps = row.steps.filter(({ settled }) => !settled);
    steps.sort(
      (a, b) => a.step_index - b.step_index || compare(a.iteration, b.iteration) || a.attempt - b.attempt,
    );
    return {
      execution_id: row.id,
      workspace_id: row.workspace_id,
      connector_id: row.connector_id,
      connector_version: row.connector_version,
      fence: row.fence,
      trigger: row.trigger,
      input: row.input,
      options: row.options,
      depth: row.depth,
      redrives: row.redrives,
      created_at: iso(row.createdAt),
      running_for_ms: row.spentMs + this.#now() - (row.resumedAt ?? this.#now()),
      cancel_requested: row.cancelRequested,
      definition: row.definition,
      credentials: row.credentials,
      circuits: [],
      steps: steps.map(
        ({ step_name, iteration, attempt, status, superseded, started_at, resume_at, resume_state }) => {
          return { step_name, iteration, attempt, status, superseded, started_at, resume_at, resume_state };
        },
      ),
    };
  }
}

/** Whether nothing will happen to an execution any more. */
export function hasEnded({ status }: ExecutionRow): boolean {
  return FINAL_STATUSES.has(status);
}

function settle(
  row: ExecutionRow,
  { step_index, iteration }: Pick<StepRow, 'step_index' | 'iteration'>,
  settlesTo: number,
): void {
  const inside = iteration === '' ? '' : `${iteration}.`;
  for (const step of row.steps) {
    const within = step.step_index >= step_index && step.step_index <= settlesTo;
    const deeper = step.iteration !== iteration && step.iteration.startsWith(inside);
    const inTheSameRound = step.iteration === iteration && step.step_index > step_index;
    if (!within || !(deeper || inTheSameRound)) continue;
    Object.assign(step, { settled: true, resume_state: null });
  }
}

function find(row: ExecutionRow, key: StepRunKey) {
  return row.steps.find(
    (step) =>
      step.step_name === key.step_name && step.iteration === key.iteration && step.attempt === key.attempt,
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function raised(reason: string): DatabaseError {
  return new DatabaseError('ledger', { code: 'PT409', message: reason }, false);
}

/** What JSON makes of a value. A function without an answer has none to copy. */
function copy<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}
