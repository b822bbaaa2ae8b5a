import { beforeEach, describe, expect, test, vi } from 'vitest';
import { call, useDatabase } from '../../../../supabase/tests/harness.ts';
import { home, other } from '../../../../supabase/tests/world.ts';
import { type Db, databaseError } from '../../../db/db.ts';
import type { GuardedCall } from '../ports.ts';
import { databaseGuard, databaseStore } from './database.ts';
import { createGuard } from './guard.ts';
import { KNOWLEDGE_MS, OPEN_AFTER_FAILURES } from './rules.ts';
import { countingStore } from './testing/counting-store.ts';
import { guardContract } from './testing/guard-contract.ts';

// Some of these make a hundred calls, beside others that load the machine.
vi.setConfig({ testTimeout: 30_000 });

const database = useDatabase();
/** The port over the real functions, as the service role calls them. */
const direct: Db = { call: (fn, args) => call(database, 'service_role', fn, args) };

guardContract('over the database', async () => {
  let skipped = 0;
  const clock = { now: () => Date.now() + skipped };
  const { store, calls } = countingStore(databaseStore(direct, clock));
  return {
    process: () => createGuard(store, clock),
    async skip(ms) {
      skipped += ms;
      const back = `- interval '${ms} milliseconds'`;
      await database.script(`
        update public.token_buckets set empty_until = empty_until ${back}, turn_at = turn_at ${back};
        update public.circuits set streak_started_at = streak_started_at ${back}, last_failure_at = last_failure_at ${back},
          opened_at = opened_at ${back}, retry_at = retry_at ${back}, probe_until = probe_until ${back};`);
    },
    calls,
    workspaceId: home.id,
    otherWorkspaceId: other.id,
    credentialId: home.credential,
  };
});

describe('a database that does not answer', () => {
  const down = databaseError('fn', { code: '', message: 'fetch failed' }, 0);
  let now = 0;
  let fails = true;
  let troubles: unknown[] = [];
  const clock = { now: () => now };
  const flaky: Db = {
    call: async (fn, args) => {
      if (fails) throw down;
      return direct.call(fn, args);
    },
  };
  const open = () => databaseGuard(flaky, clock, (error) => troubles.push(error));
  const plain: GuardedCall = { workspaceId: home.id, credentialId: null, host: 'live.test', limits: [] };
  beforeEach(() => {
    now = Date.UTC(2026, 0, 1);
    fails = true;
    troubles = [];
  });

  test('holds no call without limits back, and is asked again only every few seconds', async () => {
    const guard = open();
    for (let i = 0; i < 5; i += 1) expect(await guard.admit(plain)).toEqual({ admitted: true });
    expect(troubles).toEqual([down]);
    now += KNOWLEDGE_MS;
    await guard.admit(plain);
    expect(troubles).toEqual([down, down]);
  });

  test('lets no call past its limits: the failure comes through as transient', async () => {
    const limited = { ...plain, limits: [{ requests: 1, per_seconds: 60 }] };
    await expect(open().admit(limited)).rejects.toMatchObject({ name: 'DatabaseError', transient: true });
  });

  test('neither fails a report nor forbids a retry', async () => {
    const guard = open();
    await guard.report(plain, 'failed');
    expect(await guard.mayRetry(plain)).toBe(true);
    expect(troubles).toEqual([down, down]);
  });

  test('opens no circuit that is known to be open', async () => {
    fails = false;
    const guard = open();
    await guard.admit(plain);
    for (let i = 0; i < OPEN_AFTER_FAILURES; i += 1) await guard.report(plain, 'failed');
    fails = true;
    now += KNOWLEDGE_MS;
    expect(await guard.admit(plain)).toMatchObject({ admitted: false, reason: 'circuit_open' });
    now += 60_000;
    expect(await guard.admit(plain)).toMatchObject({
      ...{ admitted: false, reason: 'circuit_open', retryAfterMs: 5_000 },
    });
  });
});

test('a failure at a credential that was deleted meanwhile is no failure of the step', async () => {
  const troubles: unknown[] = [];
  const guard = databaseGuard(direct, { now: Date.now }, (error) => troubles.push(error));
  const gone = { workspaceId: home.id, credentialId: other.credential, host: 'a.test', limits: [] };
  await guard.report(gone, 'failed');
  expect(troubles).toHaveLength(1);
});
