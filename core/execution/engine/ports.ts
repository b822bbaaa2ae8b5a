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
} from '../schema.ts';

/** A credential as the database keeps it. */
export type SealedCredential = {
  id: string;
  service_name: string;
  type: 'bearer' | 'api_key' | 'basic' | 'custom';
  placement: Placement | null;
  allowed_hosts: string[];
  ciphertext: string;
};

/** A row of the ledger, as far as a resumed execution needs it. */
export type LedgerEntry = {
  step_index: number;
  attempt: number;
  status: StepRunStatus;
  /** Sealed `StepOutcome`; present when the step is committed and must never run again. */
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
  created_at: string;
  /** Since the execution first started, over all claims. */
  running_for_ms: number;
  cancel_requested: boolean;
  /** As it is stored: the plan reads it, so that one that cannot be read still lets its execution end. */
  definition: Json;
  credentials: SealedCredential[];
  steps: LedgerEntry[];
};

export type ClaimResult =
  | { outcome: 'claimed'; claim: Claim }
  /** Another run holds the lease; or the execution has ended; or there is none. */
  | { outcome: 'held' | 'finished' | 'missing' };

export type StepStart = { step_index: number; step_name: string; attempt: number; request: RecordedRequest };
export type StepCommit = {
  step_index: number;
  step_name: string;
  attempt: number;
  status: Exclude<StepRunStatus, 'running' | 'interrupted'>;
  request: RecordedRequest | null;
  response: RecordedResponse | null;
  output: JsonObject | null;
  error: ExecutionError | null;
  resume_state: string | null;
  duration_ms: number;
};
export type ExecutionEnd = {
  status: Exclude<ExecutionStatus, 'queued' | 'running'>;
  output: Json;
  error: ExecutionError | null;
  contact: { match: JsonObject; fields: JsonObject } | null;
};
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
}

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface EngineDeps {
  ledger: Ledger;
  egress: Egress;
  sealer: Sealer;
  clock: Clock;
  randomBytes: RandomBytes;
  /** Uniform in [0, 1). */
  random(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  log(level: 'info' | 'warn' | 'error', message: string, fields: LogFields): void;
}
