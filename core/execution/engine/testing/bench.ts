import { credentialAdditionalData } from '../../../credential/additional-data.ts';
import type { CredentialFields, Placement } from '../../../credential/schema.ts';
import { parseKeyRing } from '../../../crypto/key-ring.ts';
import { createSealer, type Sealer } from '../../../crypto/seal.ts';
import { webCrypto } from '../../../crypto/web-crypto.ts';
import type { Json, JsonObject } from '../../../json/json.ts';
import { createPlanner } from '../plan.ts';
import type { EngineDeps, LogFields } from '../ports.ts';
import { type RunOutcome, runExecution } from '../run-execution.ts';
import { type ExecutionRow, MemoryLedger, type StepRow } from './memory-ledger.ts';
import { type Answer, json, type ScriptEgress, scriptEgress } from './script-egress.ts';
import { VirtualTime } from './virtual-time.ts';

export const EXECUTION_ID = '01890000-0000-7000-8000-000000000001';
export const WORKSPACE_ID = '01890000-0000-7000-8000-000000000002';
export const CONNECTOR_ID = '01890000-0000-7000-8000-000000000003';

const KEY = btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, index) => index)));
export const sealer: Sealer = createSealer(parseKeyRing(`test:${KEY}`, 'KEYS'), webCrypto);

export type TestCredential = {
  type: 'bearer' | 'api_key' | 'basic' | 'custom';
  fields: CredentialFields;
  placement?: Placement;
  allowed_hosts?: string[];
};

export type BenchOptions = {
  /** Steps as a person writes them; what is left out gets its default. */
  steps?: readonly JsonObject[];
  /** More of the definition: output, contact_mapping, input_schema. */
  definition?: JsonObject;
  /** In place of a whole definition. */
  stored?: Json;
  input?: Json;
  credentials?: Readonly<Record<string, TestCredential>>;
  answer?: Answer;
  /** In [0, 1): what jitter makes of its bound. */
  random?: () => number;
};

export type LogEntry = { level: string; message: string; fields: LogFields };

export interface Bench {
  readonly time: VirtualTime;
  readonly ledger: MemoryLedger;
  readonly egress: ScriptEgress;
  readonly deps: EngineDeps;
  readonly log: LogEntry[];
  readonly execution: ExecutionRow;
  readonly steps: readonly StepRow[];
  /** Begins an attempt and leaves time to the caller. */
  start(owner?: string, signal?: AbortSignal): Promise<RunOutcome>;
  /** One task run's attempt at the execution, in virtual time. */
  run(options?: { owner?: string; signal?: AbortSignal }): Promise<RunOutcome>;
}

export async function sealCredential(service: string, id: string, fields: CredentialFields): Promise<string> {
  return sealer.seal(JSON.stringify(fields), credentialAdditionalData(WORKSPACE_ID, service, id));
}

/** One queued execution in a ledger in memory, and all that the engine needs to run it. */
export async function bench(options: BenchOptions = {}): Promise<Bench> {
  const time = new VirtualTime();
  const ledger = new MemoryLedger(() => time.now());
  const egress = scriptEgress(options.answer ?? (() => json({ ok: true })));
  const log: LogEntry[] = [];
  const deps: EngineDeps = {
    ledger,
    egress,
    sealer: {
      ...sealer,
      seal: (text, aad) => time.hold(sealer.seal(text, aad)),
      open: (sealed, aad) => time.hold(sealer.open(sealed, aad)),
    },
    clock: time,
    randomBytes: (length) => new Uint8Array(length).fill(7),
    random: options.random ?? (() => 0.5),
    sleep: time.sleep,
    log: (level, message, fields) => log.push({ level, message, fields }),
  };
  const credentials = Object.entries(options.credentials ?? {}).map(async ([service_name, given], index) => {
    const id = `01890000-0000-7000-8000-0000000001${String(index).padStart(2, '0')}`;
    return {
      id,
      service_name,
      type: given.type,
      placement: given.placement ?? null,
      allowed_hosts: given.allowed_hosts ?? ['api.example.com'],
      ciphertext: await sealCredential(service_name, id, given.fields),
    };
  });
  const execution: ExecutionRow = {
    id: EXECUTION_ID,
    workspace_id: WORKSPACE_ID,
    connector_id: CONNECTOR_ID,
    connector_version: 1,
    trigger: { type: 'api' },
    input: options.input ?? {},
    definition: options.stored ?? {
      format: 1,
      steps: [...(options.steps ?? [get('only')])],
      ...options.definition,
    },
    credentials: await Promise.all(credentials),
    status: 'queued',
    fence: 0,
    owner: null,
    leaseExpiresAt: null,
    createdAt: time.now(),
    startedAt: null,
    cancelRequested: false,
    end: null,
    steps: [],
  };
  ledger.executions.set(execution.id, execution);
  const planOf = createPlanner();
  const start = (owner = 'run_1', signal = new AbortController().signal) =>
    runExecution(deps, planOf, { executionId: execution.id, owner, signal });
  return {
    start,
    time,
    ledger,
    egress,
    deps,
    log,
    execution,
    steps: execution.steps,
    run: ({ owner, signal } = {}) => time.until(start(owner, signal)),
  };
}

/** A step that reads. */
export function get(name: string, changes: JsonObject = {}): JsonObject {
  return { name, request: { method: 'GET', url: `https://api.example.com/${name}` }, ...changes };
}

/** A step that writes. */
export function post(name: string, changes: JsonObject = {}): JsonObject {
  const body = { type: 'json', content: { from: name } };
  return { name, request: { method: 'POST', url: `https://api.example.com/${name}`, body }, ...changes };
}
