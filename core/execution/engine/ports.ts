import type { RateLimit } from '../../connector/schema.ts';
import type { Placement } from '../../credential/schema.ts';
import type { Sealer } from '../../crypto/seal.ts';
import type { Egress } from '../../egress/port.ts';
import type { Clock, RandomBytes } from '../../ids.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type {
  ExecutionError,
  ExecutionStatus,
  RecordedRequest,
  RecordedResponse,
  StepRunStatus,
  StepSource,
} from '../schema.ts';
import type { CircuitState } from './guard/store.ts';

/** A credential as the database keeps it. */
export type SealedCredential = {
  id: string;
  service_name: string;
  type: 'bearer' | 'api_key' | 'basic' | 'custom';
  placement: Placement | null;
  allowed_hosts: string[];
  base_url: string | null;
  rate_limit: RateLimit | null;
  ciphertext: string;
};

/** Names a row of the ledger: a step, where it stands in loops, and the number of the attempt. */
export type StepRunKey = {
  step_name: string;
  /** '' outside of loops; an item's place ("3", inside of another loop "3.0"); a page ("p0"). */
  iteration: string;
  attempt: number;
};

/** A row of the ledger, as far as a resumed execution needs it. */
export type LedgerEntry = StepRunKey & {
  status: StepRunStatus;
  /** Failed before a redrive: counts for the numbers of attempts and for nothing else. */
  superseded: boolean;
  /** ISO 8601, as everywhere. */
  started_at: string;
  /** When the next attempt is due. ISO 8601. */
  resume_at: string | null;
  /** Sealed; of a committed row its `StepOutcome`, of one that was only started what it started with. */
  resume_state: string | null;
};

/** Everything needed to run one execution, read in one call when it is claimed. */
export type Claim = {
  execution_id: string;
  workspace_id: string;
  connector_id: string;
  connector_version: number;
  /** Grows with every claim; each write names it, and an older one is refused. */
  fence: number;
  trigger: JsonObject;
  input: Json;
  /** Of a test run; null for every other execution. As stored: see `TestOptions`. */
  options: Json;
  /** How many connectors called each other to get here; 0 for one that nobody called. */
  depth: number;
  redrives: number;
  created_at: string;
  /** Over all claims, without the time that the execution was parked. */
  running_for_ms: number;
  cancel_requested: boolean;
  /** As it is stored: the plan reads it, so that one that cannot be read still lets its execution end. */
  definition: Json;
  credentials: SealedCredential[];
  /** Of the workspace, those that are not healthy. */
  circuits: CircuitState[];
  steps: LedgerEntry[];
};

export type ClaimResult =
  | { outcome: 'claimed'; claim: Claim }
  /** Parked: nobody runs it before `resume_at` (ISO 8601). */
  | { outcome: 'waiting'; resume_at: string; workspace_id: string; fence: number }
  /** Another run holds the lease; or the execution has ended; or there is none. */
  | { outcome: 'held' | 'finished' | 'missing' };

export type StepStart = StepRunKey & {
  step_index: number;
  request: RecordedRequest | null;
  /** Sealed: what a resumed run needs to go on with the same (the items of a loop, the end of a wait). */
  resume_state: string | null;
};
export type StepCommit = StepRunKey & {
  step_index: number;
  status: Exclude<StepRunStatus, 'running' | 'waiting' | 'interrupted'>;
  request: RecordedRequest | null;
  response: RecordedResponse | null;
  output: JsonObject | null;
  error: ExecutionError | null;
  resume_state: string | null;
  duration_ms: number;
  /** When the next attempt is due, after a failed one. ISO 8601. */
  resume_at: string | null;
  /** The step failed, and its execution goes on. */
  tolerated: boolean;
  /** What answered instead of the service. */
  source: StepSource | null;
  /** Of a loop that has ended: the last step inside it. No later claim needs the rows of its items. */
  settles_to: number | null;
};
export type ExecutionEnd = {
  status: Exclude<ExecutionStatus, 'queued' | 'running'>;
  output: Json;
  error: ExecutionError | null;
  contact: { match: JsonObject; fields: JsonObject } | null;
};
/** The execution of a sub-connector, as far as the step that called it needs it. */
export type ChildExecution =
  | { status: ExecutionStatus; output: Json; error: ExecutionError | null }
  /** There is no such connector in the workspace. */
  | { status: 'missing' };
/** What every write to the ledger tells besides its success. */
export type LedgerAnswer = { cancel_requested: boolean };

/** Another run has taken the execution over: whoever sees this must stop and write nothing more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The durable record of an execution. Every write may fail with `LeaseLost` or a `DatabaseError`. */
export interface Ledger {
  claim(executionId: string, owner: string): Promise<ClaimResult>;
  renew(claim: Claim): Promise<LedgerAnswer>;
  release(claim: Claim): Promise<void>;
  startStep(claim: Claim, step: StepStart): Promise<LedgerAnswer>;
  commitStep(claim: Claim, step: StepCommit): Promise<LedgerAnswer>;
  finish(claim: Claim, end: ExecutionEnd): Promise<void>;
  /** Leaves the execution to whoever comes at `resumeAt` (ISO 8601). Not done when it is to be cancelled. */
  park(claim: Claim, resumeAt: string): Promise<LedgerAnswer>;
  /** Accepts the execution of a sub-connector, or finds the one that was accepted under this id before. */
  startChild(
    claim: Claim,
    child: { step_name: string; iteration: string; connector_id: string; child_id: string; input: Json },
  ): Promise<ChildExecution>;
  /** The sealed answer that an earlier execution kept under this key, if it is still good. */
  readCache(claim: Claim, stepName: string, keyHash: string): Promise<string | null>;
  writeCache(
    claim: Claim,
    stepName: string,
    keyHash: string,
    answer: string,
    ttlSeconds: number,
  ): Promise<void>;
}

/** One call as the shared limits see it. */
export type GuardedCall = {
  workspaceId: string;
  /** Of the credential that goes with the call; null without one. */
  credentialId: string | null;
  /** Host and port, in lower case. */
  host: string;
  limits: readonly RateLimit[];
};
export type Admission =
  | { admitted: true }
  /** Try again after `retryAfterMs`. `circuit_open`: the service has failed too often lately. */
  | { admitted: false; reason: 'rate_limit' | 'circuit_open'; retryAfterMs: number };

/** What keeps all executions together from doing harm: rate limits, circuit breakers, the budget for retries. */
export interface Guard {
  /** Takes over what a claim has read, and so spares the guard a reading of its own. */
  learn(workspaceId: string, circuits: readonly CircuitState[]): void;
  /** Takes a token from each limit's bucket and looks at the circuit. */
  admit(call: GuardedCall): Promise<Admission>;
  /** `failed`: no answer, or one that speaks of trouble on the other side (5xx). Never rejects. */
  report(call: GuardedCall, outcome: 'succeeded' | 'failed'): Promise<void>;
  /** Whether the workspace may spend one more retry on this host. */
  mayRetry(call: GuardedCall): Promise<boolean>;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface EngineDeps {
  ledger: Ledger;
  egress: Egress;
  guard: Guard;
  sealer: Sealer;
  clock: Clock;
  randomBytes: RandomBytes;
  /** Uniform in [0, 1). */
  random(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** SHA-256 in lower-case hex. */
  sha256(text: string): Promise<string>;
  log(level: 'info' | 'warn' | 'error', message: string, fields: LogFields): void;
}
