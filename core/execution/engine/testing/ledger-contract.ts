import { beforeEach, describe, expect, test } from 'vitest';
import { DatabaseError } from '../../../db/db.ts';
import type { JsonObject } from '../../../json/json.ts';
import { type Claim, LeaseLost, type Ledger, type StepCommit } from '../ports.ts';

/** What the suite needs besides the ledger itself: one queued execution, and the hands of others. */
export type LedgerUnderTest = {
  ledger: Ledger;
  executionId: string;
  missingId: string;
  input: JsonObject;
  definition: JsonObject;
  /** Names of the services whose credentials a claim brings. */
  services: string[];
  requestCancel(): Promise<void>;
  expireLease(): Promise<void>;
  /** Time passes until a parked execution is due. */
  endWait(): Promise<void>;
  stored(): Promise<{ status: string; output: unknown; error: unknown }>;
  storedSteps(): Promise<StoredStep[]>;
};
export type StoredStep = {
  step_index: number;
  attempt: number;
  status: string;
  request: unknown;
  response: unknown;
  output: unknown;
  error: unknown;
};

/** What the engine relies on. Every ledger runs it, so that the one in memory cannot drift from the database's. */
export function ledgerContract(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(`the ledger ${name}`, () => {
    let at: LedgerUnderTest;
    beforeEach(async () => {
      at = await open();
    });
    const claim = async (owner = 'run_1'): Promise<Claim> => {
      const result = await at.ledger.claim(at.executionId, owner);
      if (result.outcome !== 'claimed') throw new Error(`not claimed: ${result.outcome}`);
      return result.claim;
    };
    const request = { method: 'POST', url: 'https://api.example.com/', headers: {} };
    const start = (held: Claim, step_index = 0, attempt = 1) =>
      at.ledger.startStep(held, {
        step_index,
        ...key(`step_${step_index}`, attempt),
        request,
        resume_state: null,
      });
    const commit = (held: Claim, changes: Partial<StepCommit> = {}) =>
      at.ledger.commitStep(held, { ...COMMIT, ...changes });
    const finish = (held: Claim, status: 'succeeded' | 'failed' = 'succeeded') =>
      at.ledger.finish(held, { status, output: { ok: true }, error: null, contact: null });
    const errorOf = async (attempt: Promise<unknown>): Promise<unknown> =>
      attempt.then(
        () => null,
        (e) => e,
      );

    test('hands over all that a run needs', async () => {
      const held = await claim();
      expect(held).toMatchObject({
        execution_id: at.executionId,
        connector_version: 1,
        trigger: { type: 'api' },
        input: at.input,
        definition: at.definition,
        cancel_requested: false,
        steps: [],
      });
      expect(held.running_for_ms).toBeGreaterThanOrEqual(0);
      expect(Date.parse(held.created_at)).not.toBeNaN();
      expect(held.credentials.map(({ service_name }) => service_name)).toEqual(at.services);
      expect(await at.stored()).toMatchObject({ status: 'running' });
    });

    test('is held against another run until the lease ends, and not against a later attempt of its own', async () => {
      const first = await claim();
      expect(await at.ledger.claim(at.executionId, 'run_2')).toEqual({ outcome: 'held' });
      const again = await claim();
      expect(again.fence).toBeGreaterThan(first.fence);
      await at.expireLease();
      expect((await claim('run_2')).fence).toBeGreaterThan(again.fence);
    });

    test('is free for another run once it was released', async () => {
      await at.ledger.release(await claim());
      expect(await at.ledger.claim(at.executionId, 'run_2')).toMatchObject({ outcome: 'claimed' });
    });

    test('knows what is missing and what has ended', async () => {
      expect(await at.ledger.claim(at.missingId, 'run_1')).toEqual({ outcome: 'missing' });
      await finish(await claim());
      expect(await at.ledger.claim(at.executionId, 'run_1')).toEqual({ outcome: 'finished' });
    });

    test.each([
      ['renew', (held: Claim) => at.ledger.renew(held)],
      ['release', (held: Claim) => at.ledger.release(held)],
      ['start a step', (held: Claim) => start(held)],
      ['commit a step', (held: Claim) => commit(held)],
      ['finish', (held: Claim) => finish(held)],
    ])('refuses a zombie that wants to %s, and changes nothing', async (_, attempt) => {
      const zombie = await claim();
      await claim();
      const before = [await at.stored(), await at.storedSteps()];
      expect(await errorOf(attempt(zombie))).toBeInstanceOf(LeaseLost);
      expect([await at.stored(), await at.storedSteps()]).toEqual(before);
    });

    test('refuses everything once the execution has ended', async () => {
      const held = await claim();
      await finish(held);
      const attempts = [start, commit, at.ledger.renew, (late: Claim) => finish(late, 'failed')];
      for (const attempt of attempts) {
        expect(await errorOf(attempt(held))).toBeInstanceOf(LeaseLost);
      }
      expect(await at.stored()).toEqual({ status: 'succeeded', output: { ok: true }, error: null });
    });

    test('keeps a step from its start to its commit, and brings its sealed state to the next claim', async () => {
      const held = await claim();
      await start(held);
      expect(await at.storedSteps()).toEqual([
        { ...NO_ANSWER, step_index: 0, attempt: 1, status: 'running', request },
      ]);
      await commit(held, { request: null });
      expect(await at.storedSteps()).toEqual([
        {
          step_index: 0,
          attempt: 1,
          status: 'succeeded',
          request,
          response: COMMIT.response,
          output: COMMIT.output,
          error: null,
        },
      ]);
      expect((await claim()).steps).toEqual([
        { ...ENTRY, status: 'succeeded', resume_state: COMMIT.resume_state },
      ]);
    });

    test('commits a step that needed no start', async () => {
      await commit(await claim(), { attempt: 0, status: 'skipped', request: null, response: null });
      expect(await at.storedSteps()).toMatchObject([{ attempt: 0, status: 'skipped', request: null }]);
    });

    test('brings steps and attempts in order', async () => {
      const held = await claim();
      for (const [step_index, attempt] of [
        [1, 2],
        [0, 1],
        [1, 1],
        [0, 10],
        [0, 2],
      ] as const) {
        await commit(held, { step_index, step_name: `step_${step_index}`, attempt });
      }
      const { steps } = await claim();
      expect(steps.map(({ step_name, attempt }) => [step_name, attempt])).toEqual([
        ['step_0', 1],
        ['step_0', 2],
        ['step_0', 10],
        ['step_1', 1],
        ['step_1', 2],
      ]);
    });

    test('starts and commits an attempt once', async () => {
      const held = await claim();
      await start(held);
      // The answer to the first time may have been lost.
      await start(held);
      await commit(held);
      await commit(held, { output: { other: 1 } });
      expect(await at.storedSteps()).toMatchObject([{ output: COMMIT.output }]);
      const restarted = await errorOf(start(held));
      expect(restarted).toBeInstanceOf(DatabaseError);
      expect(restarted).toMatchObject({ reason: 'step_started', transient: false });
      expect(await errorOf(commit(held, { status: 'failed' }))).toMatchObject({
        reason: 'step_committed',
        transient: false,
      });
      expect(await at.storedSteps()).toMatchObject([{ output: COMMIT.output }]);
    });

    test('marks a call without a commit as interrupted when it is claimed again, for good', async () => {
      await start(await claim());
      const next = await claim();
      expect(next.steps).toEqual([{ ...ENTRY, status: 'interrupted', resume_state: null }]);
      expect(await errorOf(commit(next))).toMatchObject({ reason: 'step_committed' });
      await commit(next, { attempt: 2 });
      expect(await at.storedSteps()).toMatchObject([{ status: 'interrupted' }, { status: 'succeeded' }]);
    });

    test('keeps the rounds of a loop apart, and hands them over until the loop has ended', async () => {
      const held = await claim();
      await start(held);
      await commit(held, { iteration: '0' });
      await commit(held, { iteration: '1.0', step_index: 1, step_name: 'inside' });
      expect((await claim()).steps.map(({ iteration }) => iteration)).toEqual(['', '0', '1.0']);
      const again = await claim();
      await commit(again, { attempt: 2, settles_to: 1 });
      const { steps } = await claim();
      expect(steps.map(({ iteration, attempt }) => [iteration, attempt])).toEqual([
        ['', 1],
        ['', 2],
      ]);
    });

    test('settles what is inside of one round, and not its neighbours', async () => {
      const held = await claim();
      for (const iteration of ['1.0', '1.1', '10.0']) await commit(held, { iteration });
      await commit(held, { iteration: '1', settles_to: 0 });
      expect((await claim()).steps.map(({ iteration }) => iteration)).toEqual(['1', '10.0']);
    });

    test('settles the steps inside of a round with it, and no step beside it', async () => {
      const held = await claim();
      for (const [step_index, step_name] of [
        [0, 'beside'],
        [2, 'inside'],
        [3, 'after'],
      ] as const) {
        await commit(held, { step_index, step_name, iteration: '1' });
      }
      await commit(held, { step_index: 1, step_name: 'round', iteration: '1', settles_to: 2 });
      const { steps } = await claim();
      expect(steps.map(({ step_name }) => step_name)).toEqual(['beside', 'round', 'after']);
    });

    test('leaves a parked execution alone until its time has come, and goes on with the same attempt', async () => {
      const held = await claim();
      await at.ledger.startStep(held, {
        ...key('step_0', 1),
        step_index: 0,
        request: null,
        resume_state: 'v1.k1.until',
      });
      const soon = new Date(Date.parse(held.created_at) + 3_600_000).toISOString();
      expect(await at.ledger.park(held, soon)).toEqual({ cancel_requested: false });
      expect(await errorOf(commit(held))).toBeInstanceOf(LeaseLost);
      const early = await at.ledger.claim(at.executionId, 'run_2');
      expect(early).toMatchObject({ outcome: 'waiting', workspace_id: held.workspace_id, fence: held.fence });
      await at.endWait();
      const next = await claim('run_2');
      expect(next.steps).toEqual([{ ...ENTRY, status: 'waiting', resume_state: 'v1.k1.until' }]);
      await commit(next, { request: null });
      expect(await at.storedSteps()).toMatchObject([{ attempt: 1, status: 'succeeded' }]);
    });

    test('does not park what is to be cancelled', async () => {
      const held = await claim();
      await at.requestCancel();
      const later = new Date(Date.parse(held.created_at) + 3_600_000).toISOString();
      expect(await at.ledger.park(held, later)).toEqual({ cancel_requested: true });
      expect(await commit(held)).toEqual({ cancel_requested: true });
    });

    test('accepts a sub-connector once under its id, and tells of its end', async () => {
      const held = await claim();
      const child = {
        step_name: 'call',
        iteration: '',
        connector_id: held.connector_id,
        child_id: at.missingId,
        input: { a: 1 },
      };
      const first = await at.ledger.startChild(held, child);
      expect(first).toEqual({ status: 'queued', output: null, error: null });
      expect(await at.ledger.startChild(held, child)).toEqual(first);
      const inner = await at.ledger.claim(at.missingId, 'run_1');
      if (inner.outcome !== 'claimed') throw new Error(`not claimed: ${inner.outcome}`);
      expect(inner.claim).toMatchObject({ depth: 1, input: { a: 1 }, trigger: { type: 'connector' } });
      await at.ledger.finish(inner.claim, {
        status: 'succeeded',
        output: { b: 2 },
        error: null,
        contact: null,
      });
      expect(await at.ledger.startChild(held, child)).toEqual({
        status: 'succeeded',
        output: { b: 2 },
        error: null,
      });
      const nowhere = { ...child, child_id: held.workspace_id, connector_id: held.workspace_id };
      expect(await at.ledger.startChild(held, nowhere)).toEqual({ status: 'missing' });
    });

    test('keeps an answer for a time, by step and key', async () => {
      const held = await claim();
      const hash = 'a'.repeat(64);
      expect(await at.ledger.readCache(held, 'lookup', hash)).toBeNull();
      await at.ledger.writeCache(held, 'lookup', hash, 'v1.k1.first', 60);
      await at.ledger.writeCache(held, 'lookup', hash, 'v1.k1.second', 60);
      expect(await at.ledger.readCache(held, 'lookup', hash)).toBe('v1.k1.second');
      expect(await at.ledger.readCache(held, 'other', hash)).toBeNull();
      expect(await at.ledger.readCache(held, 'lookup', 'b'.repeat(64))).toBeNull();
    });

    test('tells every writer of a wish to cancel, and the next claim too', async () => {
      const held = await claim();
      expect(await at.ledger.renew(held)).toEqual({ cancel_requested: false });
      await at.requestCancel();
      expect(await at.ledger.renew(held)).toEqual({ cancel_requested: true });
      expect(await start(held)).toEqual({ cancel_requested: true });
      expect(await commit(held)).toEqual({ cancel_requested: true });
      expect((await claim()).cancel_requested).toBe(true);
    });

    test.each([
      ['renewing', (held: Claim) => at.ledger.renew(held)],
      ['starting a step', (held: Claim) => start(held)],
      ['committing a step', (held: Claim) => commit(held)],
    ])('%s renews a lease that ran out while nobody asked for it', async (_, write) => {
      const held = await claim();
      await at.expireLease();
      await write(held);
      expect(await at.ledger.claim(at.executionId, 'run_2')).toEqual({ outcome: 'held' });
    });

    test.each([
      ['an object', { a: [1, null, 'ü'] }],
      ['a text', 'plain'],
      ['a number', 7],
      ['false', false],
      ['a list', [1, 2]],
      ['nothing', null],
    ])('keeps an output that is %s', async (_, output) => {
      await at.ledger.finish(await claim(), { status: 'succeeded', output, error: null, contact: null });
      expect(await at.stored()).toEqual({ status: 'succeeded', output, error: null });
    });

    test('keeps why an execution failed', async () => {
      const error = { class: 'upstream', code: 'http_500', message: 'x', step: 'a' } as const;
      await at.ledger.finish(await claim(), { status: 'failed', output: null, error, contact: null });
      expect(await at.stored()).toEqual({ status: 'failed', output: null, error });
    });
  });
}

function key(step_name: string, attempt: number) {
  return { step_name, iteration: '', attempt };
}
/** Of the ledger's rows, what a claim brings of the first step's first attempt. */
const ENTRY = {
  ...key('step_0', 1),
  superseded: false,
  started_at: expect.any(String),
  resume_at: null,
};
const NO_ANSWER = { response: null, output: null, error: null };
const COMMIT: StepCommit = {
  step_index: 0,
  ...key('step_0', 1),
  status: 'succeeded',
  request: { method: 'GET', url: 'https://api.example.com/', headers: {} },
  response: { status: 200, headers: {}, body: 'plain text' },
  output: { a: 1 },
  error: null,
  resume_state: 'v1.k1.sealed',
  duration_ms: 12.5,
  resume_at: null,
  tolerated: false,
  source: null,
  settles_to: null,
};
