import * as z from 'zod';
import { RateLimit } from '../../connector/schema.ts';
import { Placement } from '../../credential/schema.ts';
import { DatabaseError, type Db, type FunctionName } from '../../db/db.ts';
import { JsonObjectValue, JsonValue } from '../../json/json.ts';
import { ExecutionError, ExecutionStatus, StepRunStatus } from '../schema.ts';
import { CircuitRow } from './guard/database.ts';
import { LEASE_SECONDS } from './limits.ts';
import {
  type ChildExecution,
  type Claim,
  type ClaimResult,
  LeaseLost,
  type Ledger,
  type LedgerAnswer,
} from './ports.ts';
import { createWriteQueue } from './write-queue.ts';

const ClaimedRow = z.object({
  outcome: z.literal('claimed'),
  execution_id: z.uuid(),
  workspace_id: z.uuid(),
  connector_id: z.uuid(),
  connector_version: z.int(),
  fence: z.int(),
  trigger: JsonObjectValue,
  input: JsonValue,
  options: JsonValue,
  depth: z.int(),
  redrives: z.int(),
  created_at: z.string(),
  running_for_ms: z.number(),
  cancel_requested: z.boolean(),
  definition: JsonValue,
  credentials: z.array(
    z.object({
      id: z.uuid(),
      service_name: z.string(),
      type: z.enum(['bearer', 'api_key', 'basic', 'custom']),
      placement: Placement.nullable(),
      allowed_hosts: z.array(z.string()),
      base_url: z.string().nullable(),
      rate_limit: RateLimit.nullable(),
      ciphertext: z.string(),
    }),
  ),
  circuits: z.array(CircuitRow),
  steps: z.array(
    z.object({
      step_name: z.string(),
      iteration: z.string(),
      attempt: z.int(),
      status: StepRunStatus,
      superseded: z.boolean(),
      started_at: z.string(),
      resume_at: z.string().nullable(),
      resume_state: z.string().nullable(),
    }),
  ),
});
const ClaimRow = z.discriminatedUnion('outcome', [
  ClaimedRow,
  z.object({
    outcome: z.literal('waiting'),
    resume_at: z.string(),
    workspace_id: z.uuid(),
    fence: z.int(),
  }),
  z.object({ outcome: z.enum(['held', 'finished', 'missing']) }),
]);
const Answer = z.object({ cancel_requested: z.boolean() });
const ChildRow = z.union([
  z.object({ status: z.literal('missing') }),
  z.object({ status: ExecutionStatus, output: JsonValue.nullable(), error: ExecutionError.nullable() }),
]);

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2_000;
/**
 * What a run spends waiting for a database that does not answer: longer than a restart or a failover takes. With the
 * process, its knowledge of the calls that it has made would be gone, and what came of a write would be unknown.
 */
const PATIENCE_MS = 60_000;
/** For calls that are made again soon, or that do no harm when they fail. */
const LITTLE_PATIENCE_MS = 1_000;

/** What the ledger's functions raise (SQLSTATE PT409). */
const raised = (error: unknown, reason: string) => error instanceof DatabaseError && error.reason === reason;

/** A claimed execution as the database's functions answer it. */
export function parseClaim(row: unknown): Claim {
  const { outcome: _outcome, ...claim } = ClaimedRow.parse(row);
  return claim;
}

/** The ledger in the database, through its named functions. Tries again when the database does not answer. */
export function databaseLedger(db: Db, sleep: (ms: number) => Promise<void>): Ledger {
  /**
   * `landed` says which error of a second try means that the first one was carried out and only its answer was lost:
   * the fence is the same, so nobody else can have written it.
   */
  async function call(
    fn: FunctionName,
    args: Record<string, unknown>,
    { landed, patienceMs = PATIENCE_MS }: { landed?: string; patienceMs?: number } = {},
  ): Promise<unknown> {
    let waitedMs = 0;
    for (let tries = 1; ; tries += 1) {
      try {
        return await db.call(fn, args);
      } catch (error) {
        if (tries > 1 && landed !== undefined && raised(error, landed)) return { cancel_requested: false };
        if (raised(error, 'lease_lost')) throw new LeaseLost();
        if (!(error instanceof DatabaseError && error.transient) || waitedMs >= patienceMs) throw error;
        const waitMs = Math.min(FIRST_RETRY_MS * 4 ** (tries - 1), LONGEST_RETRY_MS);
        await sleep(waitMs);
        waitedMs += waitMs;
      }
    }
  }
  const held = (claim: Claim) => ({ p_id: claim.execution_id, p_fence: claim.fence });
  const lease = { p_lease_seconds: LEASE_SECONDS };
  const answer = (value: unknown): LedgerAnswer => Answer.parse(value);
  const cached = (claim: Claim, stepName: string, keyHash: string) => ({
    p_workspace_id: claim.workspace_id,
    p_connector_id: claim.connector_id,
    p_step_name: stepName,
    p_key_hash: keyHash,
  });
  const write = createWriteQueue(async (claim, writes) =>
    answer(await call('write_step_runs', { ...held(claim), p_writes: writes, ...lease })),
  );

  return {
    async claim(executionId, owner): Promise<ClaimResult> {
      const row = ClaimRow.parse(
        await call('claim_execution', { p_id: executionId, p_owner: owner, ...lease }),
      );
      if (row.outcome !== 'claimed') return row;
      const { outcome, ...claim } = row;
      return { outcome, claim };
    },
    renew: async (claim) =>
      answer(await call('renew_lease', { ...held(claim), ...lease }, { patienceMs: LITTLE_PATIENCE_MS })),
    async release(claim) {
      await call('release_lease', held(claim), { patienceMs: LITTLE_PATIENCE_MS });
    },
    startStep: (claim, step) => write(claim, { op: 'start', ...step }),
    commitStep: (claim, step) => write(claim, { op: 'commit', ...step }),
    async finish(claim, end) {
      await call('finish_execution', { ...held(claim), ...prefixed(end) }, { landed: 'lease_lost' });
    },
    async park(claim, resumeAt) {
      const args = { ...held(claim), p_resume_at: resumeAt };
      // A run that was parked holds nothing any more, and would not know that it is to be woken.
      return answer(await call('park_execution', args, { landed: 'lease_lost' }));
    },
    async startChild(claim, child): Promise<ChildExecution> {
      return ChildRow.parse(await call('start_child_execution', { ...held(claim), ...prefixed(child) }));
    },
    async readCache(claim, stepName, keyHash) {
      const args = cached(claim, stepName, keyHash);
      return z
        .string()
        .nullable()
        .parse((await call('read_step_cache', args)) ?? null);
    },
    async writeCache(claim, stepName, keyHash, kept, ttlSeconds) {
      const args = { ...cached(claim, stepName, keyHash), p_answer: kept, p_ttl_seconds: ttlSeconds };
      await call('write_step_cache', args);
    },
  };
}

/** Arguments of the database's functions carry the prefix `p_`. */
function prefixed(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`p_${key}`, value]));
}
