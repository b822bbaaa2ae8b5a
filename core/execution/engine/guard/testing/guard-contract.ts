import { beforeEach, describe, expect, test } from 'vitest';
import type { RateLimit } from '../../../../connector/schema.ts';
import type { Guard, GuardedCall } from '../../ports.ts';
import { KNOWLEDGE_MS, LONGEST_OPEN_MS, LONGEST_TURN_MS, OPEN_AFTER_FAILURES, OPEN_MS } from '../rules.ts';

/** What the suite needs besides guards: the time, and the calls that reach the store. */
export type GuardUnderTest = {
  /** The guard of one more process. */
  process(): Guard;
  /** Puts the clocks of all processes and of the store forward. */
  skip(ms: number): Promise<void>;
  /** Names of the store's functions that were called, in order. */
  calls: string[];
  workspaceId: string;
  otherWorkspaceId: string;
  credentialId: string;
};

/** Real time passes while the tests run on a database: waits are right to this much. */
const TOLERANCE_MS = 2_000;

/** What the engine relies on. Every store runs it, so that the one in memory cannot drift from the database's. */
export function guardContract(name: string, open: () => Promise<GuardUnderTest>): void {
  describe(`the guard ${name}`, () => {
    let at: GuardUnderTest;
    let guard: Guard;
    beforeEach(async () => {
      at = await open();
      guard = at.process();
    });
    const to = (host: string, more: Partial<GuardedCall> = {}): GuardedCall => ({
      workspaceId: at.workspaceId,
      credentialId: null,
      host,
      limits: [],
      ...more,
    });
    const limit = (requests: number, per_seconds: number, burst?: number): RateLimit => ({
      requests,
      per_seconds,
      ...(burst === undefined ? {} : { burst }),
    });
    const taken = async (call: GuardedCall, times: number, by = guard) => {
      let admitted = 0;
      for (let i = 0; i < times; i += 1) if ((await by.admit(call)).admitted) admitted += 1;
      return admitted;
    };
    const waitOf = async (call: GuardedCall, by = guard) => {
      const admission = await by.admit(call);
      return admission.admitted ? 0 : admission.retryAfterMs;
    };
    const fail = async (call: GuardedCall, times: number, by = guard) => {
      for (let i = 0; i < times; i += 1) await by.report(call, 'failed');
    };
    const refused = { admitted: false, reason: 'circuit_open' };

    describe('rate limits', () => {
      test('admit a burst of as many as they say, and then one whenever a token came back', async () => {
        const call = to('a.test', { limits: [limit(4, 400)] });
        expect(await taken(call, 6)).toBe(4);
        await at.skip(100_000);
        expect(await taken(call, 3)).toBe(1);
        await at.skip(10_000_000);
        expect(await taken(call, 6)).toBe(4);
      });

      test('admit no more at once than the burst', async () => {
        const call = to('a.test', { limits: [limit(3600, 3600, 2)] });
        expect(await taken(call, 4)).toBe(2);
        await at.skip(3_600_000);
        expect(await taken(call, 4)).toBe(2);
      });

      test('with a rate that does not divide a second still admit the whole burst', async () => {
        expect(await taken(to('a.test', { limits: [limit(7, 3600)] }), 10)).toBe(7);
      });

      test('take from all buckets of a call or from none', async () => {
        const wide = limit(5, 3600);
        const narrow = limit(2, 3600);
        expect(await taken(to('a.test', { limits: [narrow, wide] }), 5)).toBe(2);
        expect(await taken(to('a.test', { limits: [wide] }), 9)).toBe(3);
      });

      test('count the same limit once, however often it is named', async () => {
        expect(await taken(to('a.test', { limits: [limit(3, 3600), limit(3, 3600, 3)] }), 5)).toBe(3);
      });

      test('are apart by workspace, credential and host, and one over all processes', async () => {
        const limits = [limit(2, 3600)];
        const calls = [
          to('a.test', { limits }),
          to('b.test', { limits }),
          to('a.test', { limits, credentialId: at.credentialId }),
          to('a.test', { limits, workspaceId: at.otherWorkspaceId }),
        ];
        for (const call of calls) expect(await taken(call, 3)).toBe(2);
        for (const call of calls) expect(await taken(call, 1, at.process())).toBe(0);
      });

      test('tell those that they refuse different times to come again, one token apart', async () => {
        const call = to('a.test', { limits: [limit(2, 100)] });
        await taken(call, 2);
        for (const [nth, expected] of [50_000, 100_000, 150_000].entries()) {
          const waitMs = await waitOf(call, nth % 2 === 0 ? guard : at.process());
          expect(waitMs).toBeGreaterThan(expected - TOLERANCE_MS);
          expect(waitMs).toBeLessThanOrEqual(expected);
        }
        await at.skip(50_000);
        expect(await waitOf(call)).toBe(0);
      });

      test('send nobody away for longer than the longest turn, unless no token comes sooner', async () => {
        const call = to('a.test', { limits: [limit(1, 200)] });
        await taken(call, 1);
        for (let i = 0; i < 5; i += 1) expect(await waitOf(call)).toBeLessThanOrEqual(LONGEST_TURN_MS);
        const daily = to('a.test', { limits: [limit(1, 86_400)] });
        await taken(daily, 1);
        expect(await waitOf(daily)).toBeGreaterThan(86_000_000);
      });

      test('forget who was waiting once the bucket is full', async () => {
        const call = to('a.test', { limits: [limit(1, 20)] });
        await taken(call, 6);
        await at.skip(21_000);
        expect(await taken(call, 1)).toBe(1);
        expect(await waitOf(call)).toBeLessThanOrEqual(20_000);
      });
    });

    describe('circuits', () => {
      const call = () => to('dead.test');
      const opened = async () => fail(call(), OPEN_AFTER_FAILURES);
      const due = async () => {
        await opened();
        await at.skip(OPEN_MS);
      };

      test('open after so many failures in a row, not before', async () => {
        await fail(call(), OPEN_AFTER_FAILURES - 1);
        expect(await guard.admit(call())).toEqual({ admitted: true });
        await fail(call(), 1);
        expect(await guard.admit(call())).toMatchObject(refused);
        const waitMs = await waitOf(call());
        expect(waitMs).toBeGreaterThan(OPEN_MS - TOLERANCE_MS);
        expect(waitMs).toBeLessThanOrEqual(OPEN_MS);
      });

      test('start to count again with each success', async () => {
        await guard.admit(call());
        await fail(call(), OPEN_AFTER_FAILURES - 1);
        await guard.report(call(), 'succeeded');
        await fail(call(), OPEN_AFTER_FAILURES - 1);
        expect(await guard.admit(call())).toEqual({ admitted: true });
      });

      test('do not add up failures that are far apart', async () => {
        await fail(call(), OPEN_AFTER_FAILURES - 1);
        await at.skip(61_000);
        await fail(call(), 1);
        expect(await guard.admit(call())).toEqual({ admitted: true });
      });

      test('count the failures of all processes, and are open to all', async () => {
        for (let i = 0; i < OPEN_AFTER_FAILURES; i += 1) await fail(call(), 1, at.process());
        expect(await at.process().admit(call())).toMatchObject(refused);
        // One that has looked before hears of it soon.
        await at.skip(KNOWLEDGE_MS);
        expect(await guard.admit(call())).toMatchObject(refused);
      });

      test('are apart by workspace, credential and host', async () => {
        await opened();
        expect(await guard.admit(to('live.test'))).toEqual({ admitted: true });
        expect(await guard.admit(to('dead.test', { credentialId: at.credentialId }))).toEqual({
          admitted: true,
        });
        expect(await guard.admit(to('dead.test', { workspaceId: at.otherWorkspaceId }))).toEqual({
          admitted: true,
        });
      });

      test('let exactly one probe through at a time, whoever asks', async () => {
        await due();
        const askers = [guard, guard, at.process(), at.process()];
        const answers = await Promise.all(askers.map((asker) => asker.admit(call())));
        expect(answers.filter(({ admitted }) => admitted)).toHaveLength(1);
        for (const answer of answers.filter(({ admitted }) => !admitted)) {
          expect(answer).toMatchObject(refused);
          expect(Object(answer).retryAfterMs).toBeLessThanOrEqual(5_000);
        }
      });

      test('close for all when the probe succeeds', async () => {
        await due();
        await guard.admit(call());
        await guard.report(call(), 'succeeded');
        expect(await guard.admit(call())).toEqual({ admitted: true });
        expect(await at.process().admit(call())).toEqual({ admitted: true });
        await fail(call(), OPEN_AFTER_FAILURES - 1);
        expect(await guard.admit(call())).toEqual({ admitted: true });
      });

      test('stay open twice as long when the probe fails, up to five minutes', async () => {
        await due();
        for (const openMs of [60_000, 120_000, 240_000, LONGEST_OPEN_MS, LONGEST_OPEN_MS]) {
          expect(await guard.admit(call())).toEqual({ admitted: true });
          await guard.report(call(), 'failed');
          const waitMs = await waitOf(call());
          expect(waitMs).toBeGreaterThan(openMs - TOLERANCE_MS);
          expect(waitMs).toBeLessThanOrEqual(openMs);
          await at.skip(openMs);
        }
      });

      test('let another probe through when nothing is heard of one', async () => {
        await due();
        await at.process().admit(call());
        expect(await guard.admit(call())).toMatchObject(refused);
        await at.skip(31_000);
        expect(await guard.admit(call())).toEqual({ admitted: true });
      });

      test('hear a late probe that succeeded, and not one that failed while another is under way', async () => {
        const late = at.process();
        await due();
        await late.admit(call());
        await at.skip(31_000);
        await guard.admit(call());
        await late.report(call(), 'failed');
        await at.skip(31_000);
        expect(await late.admit(call())).toEqual({ admitted: true });
        await guard.report(call(), 'succeeded');
        expect(await at.process().admit(call())).toEqual({ admitted: true });
      });

      test('are not closed or prolonged by calls that went out before they opened', async () => {
        const late = at.process();
        await late.admit(call());
        // It knows of a failure, and so has something to say when a call succeeds.
        await fail(call(), 1, late);
        await fail(call(), OPEN_AFTER_FAILURES - 1);
        await late.report(call(), 'succeeded');
        expect(at.calls.at(-1)).toBe('reportCall');
        await at.skip(10_000);
        await late.report(call(), 'failed');
        const waitMs = await waitOf(call(), at.process());
        expect(waitMs).toBeGreaterThan(20_000 - TOLERANCE_MS);
        expect(waitMs).toBeLessThanOrEqual(20_000);
      });

      test('that are open take no token', async () => {
        const limited = to('dead.test', { limits: [limit(2, 3600)] });
        await fail(limited, OPEN_AFTER_FAILURES);
        await guard.admit(limited);
        for (let i = 0; i < 3; i += 1) expect(await guard.admit(limited)).toMatchObject(refused);
        await at.skip(OPEN_MS);
        await guard.admit(limited);
        await guard.report(limited, 'succeeded');
        expect(await guard.admit(limited)).not.toMatchObject({ reason: 'circuit_open' });
      });
    });

    describe('the budget for retries', () => {
      test('lets 60 through at once and then one a second, for a workspace and a host', async () => {
        const spent = async (call: GuardedCall, times: number) => {
          let allowed = 0;
          for (let i = 0; i < times; i += 1) if (await guard.mayRetry(call)) allowed += 1;
          return allowed;
        };
        const call = to('dead.test');
        // On a database a second or two may pass in between.
        const first = await spent(call, 70);
        expect(first).toBeGreaterThanOrEqual(60);
        expect(first).toBeLessThanOrEqual(62);
        expect(await spent(to('dead.test', { credentialId: at.credentialId }), 5)).toBeLessThanOrEqual(1);
        expect(await spent(to('live.test'), 5)).toBe(5);
        expect(await spent(to('dead.test', { workspaceId: at.otherWorkspaceId }), 5)).toBe(5);
        await at.skip(5_000);
        const later = await spent(call, 10);
        expect(later).toBeGreaterThanOrEqual(5);
        expect(later).toBeLessThanOrEqual(7);
      });
    });

    describe('the calls that it makes', () => {
      test('a healthy call without limits makes none, but for one reading every few seconds', async () => {
        const healthy = async (by: Guard) => {
          await by.admit(to('live.test'));
          await by.report(to('live.test'), 'succeeded');
        };
        for (let i = 0; i < 50; i += 1) await healthy(guard);
        expect(at.calls).toEqual(['readCircuits']);
        await at.skip(KNOWLEDGE_MS);
        await Promise.all(Array.from({ length: 50 }, () => healthy(guard)));
        expect(at.calls).toEqual(['readCircuits', 'readCircuits']);
      });

      test('none at all when the claim brought what is known', async () => {
        guard.learn(at.workspaceId, []);
        await guard.admit(to('live.test'));
        await guard.report(to('live.test'), 'succeeded');
        expect(at.calls).toEqual([]);
        guard.learn(at.workspaceId, [
          { credentialId: null, host: 'live.test', failures: 20, retryInMs: 1_000 },
        ]);
        expect(await guard.admit(to('live.test'))).toMatchObject(refused);
        expect(at.calls).toEqual([]);
      });

      test('a call with limits makes one, which brings the circuits as well', async () => {
        const limited = to('live.test', { limits: [limit(5, 60), limit(50, 3600)] });
        await guard.admit(limited);
        await guard.report(limited, 'succeeded');
        await guard.admit(to('live.test'));
        expect(at.calls).toEqual(['takeTokens']);
      });

      test('a refusal by an open circuit makes none', async () => {
        await guard.admit(to('dead.test'));
        await fail(to('dead.test'), OPEN_AFTER_FAILURES);
        at.calls.length = 0;
        await guard.admit(to('dead.test', { limits: [limit(5, 60)] }));
        await guard.admit(to('dead.test'));
        expect(at.calls).toEqual([]);
      });

      test('one success speaks for many after a failure', async () => {
        await guard.admit(to('live.test'));
        await fail(to('live.test'), 1);
        at.calls.length = 0;
        await Promise.all(Array.from({ length: 10 }, () => guard.report(to('live.test'), 'succeeded')));
        expect(at.calls).toEqual(['reportCall']);
      });
    });
  });
}
