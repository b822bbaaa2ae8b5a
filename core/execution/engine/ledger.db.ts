import * as z from 'zod';
import { Placement } from '../../credential/schema.ts';
import { DatabaseError, type Db, type FunctionName } from '../../db/db.ts';
import { JsonObjectValue, JsonValue } from '../../json/json.ts';
import { StepRunStatus } from '../schema.ts';
import { LEASE_SECONDS } from './limits.ts';
import { type Claim, type ClaimResult, LeaseLost, type Ledger, type LedgerAnswer } from './ports.ts';

const ClaimRow = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('claimed'),
    execution_id: z.uuid(),
    workspace_id: z.uuid(),
    connector_id: z.uuid(),
    connector_version: z.int(),
    fence: z.int(),
    trigger: JsonObjectValue,
    input: JsonValue,
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
        ciphertext: z.string(),
      }),
    ),
    steps: z.array(
      z.object({
        step_index: z.int(),
        attempt: z.int(),
        status: StepRunStatus,
        resume_state: z.string().nullable(),
      }),
    ),
  }),
  z.object({ outcome: z.enum(['held', 'finished', 'missing']) }),
]);
const Answer = z.object({ cancel_requested: z.boolean() });

const MAX_TRIES = 4;
const FIRST_RETRY_MS = 50;

/** What the ledger's functions raise (SQLSTATE PT409). */
const raised = (error: unknown, reason: string) => error instanceof DatabaseError && error.reason === reason;

/** The ledger in the database, through its named functions, with a few quick tries when the database does not answer. */
export function databaseLedger(db: Db, sleep: (ms: number) => Promise<void>): Ledger {
  /**
   * `landed` says which error of a second try means that the first one was carried out and only its answer was lost:
   * the fence is the same, so nobody else can have written it.
   */
  async function call(fn: FunctionName, args: Record<string, unknown>, landed?: string): Promise<unknown> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await db.call(fn, args);
      } catch (error) {
        if (tries > 1 && landed !== undefined && raised(error, landed)) return { cancel_requested: false };
        if (raised(error, 'lease_lost')) throw new LeaseLost();
        if (!(error instanceof DatabaseError && error.transient) || tries >= MAX_TRIES) throw error;
        await sleep(FIRST_RETRY_MS * 4 ** (tries - 1));
      }
    }
  }
  const held = (claim: Claim) => ({ p_id: claim.execution_id, p_fence: claim.fence });
  const lease = { p_lease_seconds: LEASE_SECONDS };
  const answer = (value: unknown): LedgerAnswer => Answer.parse(value);

  return {
    async claim(executionId, owner): Promise<ClaimResult> {
      const row = ClaimRow.parse(
        await call('claim_execution', { p_id: executionId, p_owner: owner, ...lease }),
      );
      if (row.outcome !== 'claimed') return { outcome: row.outcome };
      const { outcome, ...claim } = row;
      return { outcome, claim };
    },
    renew: async (claim) => answer(await call('renew_lease', { ...held(claim), ...lease })),
    async release(claim) {
      await call('release_lease', held(claim));
    },
    startStep: async (claim, step) =>
      answer(await call('start_step_run', { ...held(claim), ...lease, ...prefixed(step) }, 'step_started')),
    commitStep: async (claim, step) =>
      answer(
        await call('commit_step_run', { ...held(claim), ...lease, ...prefixed(step) }, 'step_committed'),
      ),
    async finish(claim, end) {
      await call('finish_execution', { ...held(claim), ...prefixed(end) }, 'lease_lost');
    },
  };
}

/** Arguments of the database's functions carry the prefix `p_`. */
function prefixed(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`p_${key}`, value]));
}
