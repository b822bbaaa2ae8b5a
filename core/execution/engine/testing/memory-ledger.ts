import { DatabaseError } from '../../../db/db.ts';
import type { Json } from '../../../json/json.ts';
import type { ExecutionStatus, StepRunStatus } from '../../schema.ts';
import { LEASE_SECONDS } from '../limits.ts';
import {
  type Claim,
  type ExecutionEnd,
  LeaseLost,
  type Ledger,
  type SealedCredential,
  type StepCommit,
  type StepStart,
} from '../ports.ts';

/** One row of the ledger, as the database keeps it. */
export type StepRow = Omit<StepCommit, 'status' | 'duration_ms'> & {
  status: StepRunStatus;
  fence: number;
  duration_ms: number | null;
};

export type ExecutionRow = {
  id: string;
  workspace_id: string;
  connector_id: string;
  connector_version: number;
  trigger: Claim['trigger'];
  input: Json;
  definition: Json;
  credentials: SealedCredential[];
  status: ExecutionStatus;
  fence: number;
  owner: string | null;
  leaseExpiresAt: number | null;
  createdAt: number;
  startedAt: number | null;
  cancelRequested: boolean;
  end: ExecutionEnd | null;
  steps: StepRow[];
};

/** What crossed the border to the database, and whether it was a request or an answer. */
export type Crossing = { fn: keyof Ledger; phase: 'before' | 'after' };

/** The ledger's SQL functions in memory, held to them by the contract suite. Data is copied as JSON, as on the wire. */
export class MemoryLedger implements Ledger {
  readonly executions = new Map<string, ExecutionRow>();
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
      const live = row.leaseExpiresAt !== null && row.leaseExpiresAt > this.#now();
      if (row.status === 'running' && live && row.owner !== owner) return { outcome: 'held' };
      row.status = 'running';
      row.fence += 1;
      row.owner = owner;
      row.startedAt ??= this.#now();
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
      if (find(row, given)) throw raised('step_started');
      const none = { response: null, output: null, error: null, resume_state: null, duration_ms: null };
      row.steps.push({ ...given, ...none, status: 'running', fence: row.fence });
      return this.#answer(row);
    });

  commitStep: Ledger['commitStep'] = (claim, step) =>
    this.#held('commitStep', claim, step, (row, given) => {
      const known = find(row, given);
      if (known && (known.status !== 'running' || known.fence !== row.fence)) throw raised('step_committed');
      const committed = { ...given, request: given.request ?? known?.request ?? null, fence: row.fence };
      if (known) Object.assign(known, committed);
      else row.steps.push(committed);
      return this.#answer(row);
    });

  finish: Ledger['finish'] = (claim, end) =>
    this.#held('finish', claim, end, (row, given) => {
      Object.assign(row, { status: given.status, end: given, owner: null, leaseExpiresAt: null });
    });

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
      if (row?.status !== 'running' || row.fence !== claim.fence) throw new LeaseLost();
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

  #claimOf(row: ExecutionRow): Claim {
    const steps = [...row.steps].sort((a, b) => a.step_index - b.step_index || a.attempt - b.attempt);
    return {
      execution_id: row.id,
      workspace_id: row.workspace_id,
      connector_id: row.connector_id,
      connector_version: row.connector_version,
      fence: row.fence,
      trigger: row.trigger,
      input: row.input,
      created_at: new Date(row.createdAt).toISOString(),
      running_for_ms: this.#now() - (row.startedAt ?? this.#now()),
      cancel_requested: row.cancelRequested,
      definition: row.definition,
      credentials: row.credentials,
      steps: steps.map(({ step_index, attempt, status, resume_state }) => {
        return { step_index, attempt, status, resume_state };
      }),
    };
  }
}

function find(row: ExecutionRow, { step_index, attempt }: Pick<StepStart, 'step_index' | 'attempt'>) {
  return row.steps.find((step) => step.step_index === step_index && step.attempt === attempt);
}

function raised(reason: string): DatabaseError {
  return new DatabaseError('ledger', { code: 'PT409', message: reason }, false);
}

/** What JSON makes of a value. A function without an answer has none to copy. */
function copy<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}
