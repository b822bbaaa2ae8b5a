import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { call, refusal, useDatabase } from './harness.ts';
import { home, user, uuid } from './world.ts';

const db = useDatabase();
const { editor, viewer } = user;
const NEW = uuid(0xf01);
const W = { p_workspace_id: home.id };

interface Event {
  readonly event: number;
  readonly part: number;
  readonly parts: number;
  readonly type: string;
  readonly step: string | null;
}

const engine = (name: string, args: Record<string, unknown>) => call(db, 'service_role', name, args);
const claim = async () =>
  Object(await engine('claim_execution', { p_id: NEW, p_owner: 'run_1', p_lease_seconds: 30 }));
const write = (fence: number, ...writes: object[]) =>
  engine('write_step_runs', {
    p_id: NEW,
    p_fence: fence,
    p_writes: JSON.stringify(writes.map((w) => ({ iteration: '', attempt: 0, step_index: 0, ...w }))),
    p_lease_seconds: 30,
  });
const start = (step_name: string, more: object = {}) => ({ op: 'start', step_name, ...more });
const commit = (step_name: string, status: string, more: object = {}) => ({
  ...{ op: 'commit', step_name, status },
  ...more,
});
const finish = (fence: number, status = 'succeeded') =>
  engine('finish_execution', {
    ...{ p_id: NEW, p_fence: fence, p_status: status, p_output: null, p_contact: null },
    p_error:
      status === 'succeeded' ? null : { class: 'upstream', code: 'c', message: 'm', step: 'a', errors: [] },
  });
const read = async (after: number | null = null): Promise<{ final: boolean; events: Event[] }> =>
  Object(await call(db, viewer, 'execution_events', { ...W, p_id: NEW, p_after: after }));
const told = async (after: number | null = null) =>
  (await read(after)).events.map(({ event, type, step }) => [
    event,
    step === null ? type : `${type} ${step}`,
  ]);

beforeEach(async () => {
  await call(db, editor, 'accept_execution', {
    ...{ ...W, p_connector_id: home.connector, p_version: 1, p_id: NEW, p_input: {} },
    p_trigger: { type: 'api' },
  });
});

describe('what happens to an execution', () => {
  test('is told in order, each once, with what a reader wants to know', async () => {
    const { fence } = await claim();
    await write(fence, start('a'));
    await write(
      fence,
      commit('a', 'failed', {
        error: { class: 'network', code: 'reset', message: 'm', step: 'a' },
        duration_ms: 7,
      }),
    );
    await write(
      fence,
      start('a', { attempt: 1, iteration: '3.p0' }),
      commit('a', 'succeeded', { attempt: 1, iteration: '3.p0' }),
    );
    await write(fence, commit('b', 'skipped'));
    await finish(fence);
    expect(await told()).toEqual([
      [0, 'execution.queued'],
      [1, 'execution.running'],
      [2, 'step.started a'],
      [3, 'step.failed a'],
      [4, 'step.started a'],
      [5, 'step.succeeded a'],
      [6, 'step.skipped b'],
      [7, 'execution.succeeded'],
    ]);
    const { events, final } = await read();
    expect(final).toBe(true);
    expect(events[3]).toMatchObject({ error: { code: 'reset' }, duration_ms: 7, iteration: '', attempt: 0 });
    expect(events[4]).toMatchObject({
      status: 'running',
      iteration: '3.p0',
      attempt: 1,
      at: expect.any(String),
    });
    expect(JSON.stringify(events)).not.toContain('resume_state');
  });

  test('is told of waits, and of going on', async () => {
    const { fence } = await claim();
    await write(fence, commit('w', 'waiting', { resume_state: 'v1.s', resume_at: '2020-01-01T00:00:00Z' }));
    await engine('park_execution', { p_id: NEW, p_fence: fence, p_resume_at: '2020-01-01T00:00:00Z' });
    const before = await read();
    expect(before.final).toBe(false);
    // A reader who has come this far will not be told of the start again.
    expect(before.events.at(-2)).toMatchObject({ type: 'step.started', step: 'w' });
    expect(before.events.at(-1)).toMatchObject({ type: 'execution.waiting', status: 'waiting' });
    expect(String(Reflect.get(Object(before.events.at(-1)), 'until'))).toContain('2020-01-01');
    const again = await claim();
    await write(again.fence, commit('w', 'succeeded'));
    await finish(again.fence);
    expect(await told()).toEqual([
      [0, 'execution.queued'],
      [1, 'execution.running'],
      [2, 'step.started w'],
      [3, 'execution.waiting'],
      [4, 'execution.running'],
      [5, 'step.succeeded w'],
      [6, 'execution.succeeded'],
    ]);
  });

  test('that happens at once has one number, and its parts are counted', async () => {
    const { fence } = await claim();
    await write(fence, start('a'), start('b'));
    await db.query(
      `update public.connector_executions set lease_expires_at = now() - interval '1 s' where id = $1`,
      [NEW],
    );
    await claim();
    const { events } = await read(3);
    expect(events.map(({ event, part, parts, type, step }) => [event, part, parts, type, step])).toEqual([
      [4, 1, 2, 'step.interrupted', 'a'],
      [4, 2, 2, 'step.interrupted', 'b'],
    ]);
  });

  test('is told when it was cancelled while it waited, the steps first', async () => {
    const { fence } = await claim();
    await write(fence, commit('w', 'waiting', { resume_state: 'v1.s' }));
    await engine('park_execution', { p_id: NEW, p_fence: fence, p_resume_at: '2099-01-01T00:00:00Z' });
    await call(db, editor, 'cancel_execution', { ...W, p_id: NEW });
    expect((await told(3)).map(([, what]) => what)).toEqual(['step.cancelled w', 'execution.cancelled']);
    expect((await read(3)).final).toBe(true);
  });

  test('goes on after a redrive, and the earlier end stays told', async () => {
    const { fence } = await claim();
    await write(
      fence,
      commit('a', 'failed', { error: { class: 'network', code: 'reset', message: 'm', step: 'a' } }),
    );
    await finish(fence, 'failed');
    expect((await read(3)).final).toBe(true);
    expect((await read(3)).events).toEqual([]);
    await call(db, editor, 'redrive_execution', { ...W, p_id: NEW });
    expect((await read(3)).final).toBe(false);
    const again = await claim();
    await finish(again.fence);
    expect(await told()).toEqual([
      [0, 'execution.queued'],
      [1, 'execution.running'],
      [2, 'step.failed a'],
      [3, 'execution.failed'],
      [4, 'execution.queued'],
      [5, 'execution.running'],
      [6, 'execution.succeeded'],
    ]);
    expect(Object((await read(2)).events[0]).error).toEqual({
      class: 'upstream',
      code: 'c',
      message: 'm',
      step: 'a',
    });
  });

  test('is told of an execution that ended before there were events', async () => {
    await db.query(
      `update public.connector_executions set status = 'failed', finished_at = now(), error = '{"code": "old"}' where id = $1`,
      [NEW],
    );
    await db.query(`update public.connector_executions set timeline = '[]', event_seq = 0 where id = $1`, [
      NEW,
    ]);
    expect(await told()).toEqual([
      [0, 'execution.queued'],
      [1, 'execution.failed'],
    ]);
    expect(await read(1)).toEqual({ final: true, events: [] });
  });

  test('comes in pages when it is much', async () => {
    const { fence } = await claim();
    const items = Array.from({ length: 700 }, (_, n) => commit('a', 'succeeded', { iteration: String(n) }));
    await write(fence, ...items);
    await finish(fence);
    const first = await read();
    expect(first.events).toHaveLength(500);
    expect(first.final).toBe(false);
    const second = await read(first.events.at(-1)?.event);
    expect(first.events.length + second.events.length).toBe(703);
    expect(second.final).toBe(true);
  });

  test('of one whose states are without end, the newest are kept', async () => {
    const { fence } = await claim();
    for (let n = 0; n < 210; n += 1) {
      await db.query(
        `update public.connector_executions set resume_at = case when resume_at is null then now() end where id = $1`,
        [NEW],
      );
    }
    const { events } = await read();
    expect(events.length).toBe(201);
    expect(events.at(-1)?.event).toBe(211);
    expect(fence).toBe(1);
  });

  test('is told to members only', async () => {
    expect(await refusal(call(db, user.outsider, 'execution_events', { ...W, p_id: NEW }))).toMatchObject({
      code: 'PT404',
    });
  });
});

/** What may happen, in any order; what does not fit is refused by the functions, and happens not at all. */
const HAPPENINGS = [
  'wait',
  'claim',
  'crash',
  'start',
  'commit',
  'fail',
  'park',
  'cancel',
  'finish',
  'redrive',
] as const;

test('a reader who comes at any times sees the same as one who reads all at the end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...HAPPENINGS), fc.boolean()), { maxLength: 25 }),
      async (happenings) => {
        await db.script('savepoint run');
        const seen: Event[] = [];
        let after: number | null = null;
        const look = async () => {
          const { events } = await read(after);
          seen.push(...events);
          after = events.at(-1)?.event ?? after;
        };
        let fence = 0;
        let attempt = 0;
        const happen = async (what: (typeof HAPPENINGS)[number]) => {
          if (what === 'start' || what === 'fail' || what === 'wait') attempt += 1;
          if (what === 'wait') await write(fence, commit('a', 'waiting', { attempt }));
          if (what === 'claim') fence = (await claim()).fence ?? fence;
          if (what === 'crash') {
            await db.query(
              `update public.connector_executions set lease_expires_at = now() - interval '1 s' where id = $1`,
              [NEW],
            );
          }
          if (what === 'start') await write(fence, start('a', { attempt }));
          if (what === 'commit') await write(fence, commit('a', 'succeeded', { attempt }));
          if (what === 'fail') await write(fence, commit('b', 'failed', { attempt }));
          if (what === 'park')
            await engine('park_execution', {
              p_id: NEW,
              p_fence: fence,
              p_resume_at: '2020-01-01T00:00:00Z',
            });
          if (what === 'cancel') await call(db, editor, 'cancel_execution', { ...W, p_id: NEW });
          if (what === 'finish') await finish(fence, 'failed');
          if (what === 'redrive') await call(db, editor, 'redrive_execution', { ...W, p_id: NEW });
        };
        for (const [what, looks] of happenings) {
          await happen(what).catch((error: unknown) => {
            if (!String(Reflect.get(Object(error), 'code')).startsWith('PT')) throw error;
          });
          if (looks) await look();
        }
        await look();
        expect(seen).toEqual((await read()).events);
        const numbers = seen.map(({ event, part }) => event * 1_000 + part);
        expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
        await db.script('rollback to savepoint run');
      },
    ),
    { numRuns: 40 },
  );
}, 120_000);
