import type { RateLimit } from '../../../connector/schema.ts';
import { credentialAdditionalData } from '../../../credential/additional-data.ts';
import type { CredentialFields, Placement } from '../../../credential/schema.ts';
import { parseKeyRing } from '../../../crypto/key-ring.ts';
import { createSealer, type Sealer } from '../../../crypto/seal.ts';
import { webCrypto } from '../../../crypto/web-crypto.ts';
import type { Json, JsonObject } from '../../../json/json.ts';
import { memoryGuard } from '../guard/memory.ts';
import { createPlanner } from '../plan.ts';
import type { EngineDeps, Guard, LogFields } from '../ports.ts';
import { runExecution } from '../run-execution.ts';
import type { RunOutcome } from '../run-outcome.ts';
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
  base_url?: string;
  rate_limit?: RateLimit;
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
  /** Of a test run. */
  options?: Json;
  /** Connectors that steps may call: id to steps and the rest of the definition. */
  connectors?: Readonly<Record<string, JsonObject>>;
  guard?: Guard;
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
  /** Runs it again whenever it was parked, until it has ended. Answers how it ended, and how often it was parked. */
  runThroughWaits(): Promise<{ last: RunOutcome; parked: number }>;
}

const MAX_PARKED = 100;

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
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
    guard: options.guard ?? memoryGuard(time),
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
    sha256: (text) => time.hold(sha256(text)),
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
      base_url: given.base_url ?? null,
      rate_limit: given.rate_limit ?? null,
      ciphertext: await sealCredential(service_name, id, given.fields),
    };
  });
  const execution = ledger.add({
    id: EXECUTION_ID,
    workspace_id: WORKSPACE_ID,
    connector_id: CONNECTOR_ID,
    input: options.input ?? {},
    options: options.options ?? null,
    definition: options.stored ?? {
      format: 1,
      steps: [...(options.steps ?? [get('only')])],
      ...options.definition,
    },
    credentials: await Promise.all(credentials),
  });
  for (const [id, definition] of Object.entries(options.connectors ?? {})) {
    ledger.connectors.set(id, { definition: { format: 1, ...definition }, credentials: [] });
  }
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
    async runThroughWaits() {
      for (let parked = 0; parked < MAX_PARKED; parked += 1) {
        const last = await time.until(start(`run_${parked + 1}`));
        if (last.outcome !== 'waiting') return { last, parked };
        await time.until(time.sleep(Date.parse(last.resumeAt) - time.now(), new AbortController().signal));
      }
      throw new Error('the execution never ends');
    },
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
