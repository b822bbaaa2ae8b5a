import { beforeEach, describe, expect, test } from 'vitest';
import { call, useDatabase } from '../../../supabase/tests/harness.ts';
import { DEFINITION, home, user, uuid } from '../../../supabase/tests/world.ts';
import { DatabaseError, type Db, databaseError } from '../../db/db.ts';
import { databaseLedger } from './ledger.db.ts';
import { type Claim, LeaseLost, type Ledger } from './ports.ts';
import { ledgerContract } from './testing/ledger-contract.ts';

const database = useDatabase();
const EXECUTION = uuid(0xf01);
const INPUT = { n: 1 };

/** The port over the real functions, as the service role calls them. */
const direct: Db = {
  async call(fn, args) {
    try {
      // The driver takes a bare text for JSON that is written already; over HTTP it would be quoted.
      const written = typeof args.p_output === 'string' ? { p_output: JSON.stringify(args.p_output) } : {};
      return await call(database, 'service_role', fn, { ...args, ...written });
    } catch (error) {
      const text = (key: string) => String(Reflect.get(Object(error), key) ?? '');
      throw databaseError(fn, { code: text('code'), message: text('message'), hint: text('hint') }, 400);
    }
  },
};
const noSleep = async () => {};

async function accept(): Promise<void> {
  await call(database, user.editor, 'accept_execution', {
    p_workspace_id: home.id,
    p_connector_id: home.connector,
    p_version: 1,
    p_id: EXECUTION,
    p_input: INPUT,
    p_trigger: { type: 'api' },
  });
}

ledgerContract('in the database', async () => {
  await accept();
  return {
    ledger: databaseLedger(direct, noSleep),
    executionId: EXECUTION,
    missingId: uuid(0xfff),
    input: INPUT,
    definition: DEFINITION,
    services: ['crm'],
    async requestCancel() {
      await call(database, user.editor, 'cancel_execution', { p_workspace_id: home.id, p_id: EXECUTION });
    },
    async expireLease() {
      await database.query(
        `update public.connector_executions set lease_expires_at = now() - interval '1 second' where id = $1`,
        [EXECUTION],
      );
    },
    async endWait() {
      await database.query(`update public.connector_executions set resume_at = now() where id = $1`, [
        EXECUTION,
      ]);
    },
    async stored() {
      const { rows } = await database.query(
        'select status, output, error from public.connector_executions where id = $1',
        [EXECUTION],
      );
      return { status: String(rows[0]?.status), output: rows[0]?.output, error: rows[0]?.error };
    },
    async storedSteps() {
      const { rows } = await database.query(
        `select step_index, attempt, status, request, response, output, error from public.connector_step_runs
         where execution_id = $1 order by 1, 2`,
        [EXECUTION],
      );
      return rows.map((row) => ({
        step_index: Number(row.step_index),
        attempt: Number(row.attempt),
        status: String(row.status),
        request: row.request,
        response: row.response,
        output: row.output,
        error: row.error,
      }));
    },
  };
});

describe('a database that fails in passing', () => {
  const down = (fn: string) => databaseError(fn, { code: '', message: 'fetch failed' }, 0);
  /** Fails the given number of calls of a function, before they take effect or with their answer lost. */
  const flaky = (fn: string, times: number, lost: boolean): Db => {
    let left = times;
    return {
      async call(name, args) {
        const fails = name === fn && left > 0;
        if (fails) left -= 1;
        if (fails && !lost) throw down(name);
        const answer = await direct.call(name, args);
        if (fails) throw down(name);
        return answer;
      },
    };
  };
  const open = async (db: Db) => {
    const slept: number[] = [];
    const ledger = databaseLedger(db, async (ms) => void slept.push(ms));
    const result = await ledger.claim(EXECUTION, 'run_1');
    if (result.outcome !== 'claimed') throw new Error('not claimed');
    return { ledger, claim: result.claim, slept };
  };
  const step = { step_index: 0, step_name: 'a', iteration: '', attempt: 1 };
  const request = { method: 'GET', url: 'https://api.example.com/', headers: {} };
  const begun = { ...step, request, resume_state: null };
  const committed = {
    ...step,
    ...{ status: 'succeeded' as const, request, response: null, output: null, error: null },
    ...{
      resume_state: 'v1.x',
      duration_ms: 1,
      resume_at: null,
      tolerated: false,
      source: null,
      settles_to: null,
    },
  };
  const commit = (claim: Claim, ledger: Ledger) => ledger.commitStep(claim, committed);
  const end = { status: 'succeeded', output: 1, error: null, contact: null } as const;
  beforeEach(accept);

  describe.each([
    ['the call is lost', false],
    ['the answer is lost', true],
  ])('when %s', (_, lost) => {
    test.each([1, 3])('%d times, every call still takes effect once', async (times) => {
      const claimed = await open(flaky('claim_execution', times, lost));
      expect(claimed.slept).toEqual([50, 200, 800].slice(0, times));

      const started = await open(flaky('write_step_runs', times, lost));
      expect(await started.ledger.startStep(started.claim, begun)).toEqual({ cancel_requested: false });

      const second = await open(flaky('write_step_runs', times, lost));
      await second.ledger.startStep(second.claim, { ...begun, attempt: 2 });
      expect(await second.ledger.commitStep(second.claim, { ...committed, attempt: 2 })).toEqual({
        cancel_requested: false,
      });

      const parked = await open(flaky('park_execution', times, lost));
      const due = new Date(Date.now() - 3_600_000).toISOString();
      expect(await parked.ledger.park(parked.claim, due)).toEqual({ cancel_requested: false });

      const finished = await open(flaky('finish_execution', times, lost));
      await finished.ledger.finish(finished.claim, end);
      const { rows } = await database.query(
        `select status, (select success_count from public.connectors where id = $2) as successes
         from public.connector_executions where id = $1`,
        [EXECUTION, home.connector],
      );
      expect(rows).toEqual([{ status: 'succeeded', successes: 1 }]);
    });
  });

  test('for half a minute, as in a failover, the answer of a call is still written down', async () => {
    const { ledger, claim, slept } = await open(flaky('write_step_runs', 17, false));
    expect(await commit(claim, ledger)).toEqual({ cancel_requested: false });
    expect(slept.slice(0, 5)).toEqual([50, 200, 800, 2_000, 2_000]);
    expect(slept.reduce((sum, ms) => sum + ms)).toBeGreaterThan(29_000);
  });

  test.each([
    ['a minute, for what the run knows', 'write_step_runs', commit, 60_000],
    [
      'a second, for what is asked again soon',
      'renew_lease',
      (claim: Claim, ledger: Ledger) => ledger.renew(claim),
      1_000,
    ],
  ] as const)('for longer than %s, the error comes through as transient', async (_, fn, make, patienceMs) => {
    const { ledger, claim, slept } = await open(flaky(fn, 1_000, false));
    const failure = await make(claim, ledger).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DatabaseError);
    expect(failure).toMatchObject({ transient: true });
    const waitedMs = slept.reduce((sum, ms) => sum + ms);
    expect(waitedMs).toBeGreaterThanOrEqual(patienceMs);
    expect(waitedMs).toBeLessThan(patienceMs + 2_000);
  });

  test('a refusal is not tried again', async () => {
    const { ledger, claim, slept } = await open(direct);
    await commit(claim, ledger);
    const other = ledger.commitStep(claim, { ...committed, status: 'failed' });
    await expect(other).rejects.toMatchObject({ reason: 'step_committed' });
    expect(slept).toEqual([]);
  });

  test('a lease that was lost while the answer was lost is lost', async () => {
    const { ledger, claim } = await open(direct);
    await open(direct);
    const late = databaseLedger(flaky('write_step_runs', 1, false), noSleep);
    await expect(commit(claim, late)).rejects.toBeInstanceOf(LeaseLost);
    await expect(commit(claim, ledger)).rejects.toBeInstanceOf(LeaseLost);
  });
});

test('a claim whose definition nobody can read is still handed over', async () => {
  await accept();
  await database.query(
    `update public.connector_versions set definition = '{"format": 99}' where connector_id = $1`,
    [home.connector],
  );
  expect(await databaseLedger(direct, noSleep).claim(EXECUTION, 'run_1')).toMatchObject({
    outcome: 'claimed',
    claim: { definition: { format: 99 } },
  });
});
