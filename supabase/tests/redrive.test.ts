import { beforeEach, describe, expect, test } from 'vitest';
import { call, refusal, useDatabase } from './harness.ts';
import { DEFINITION, home, other, user, uuid } from './world.ts';

const db = useDatabase();
const { editor, viewer } = user;
const NEW = uuid(0xf01);
const REPLAY = uuid(0xf02);
const W = { p_workspace_id: home.id };

const engine = (name: string, args: Record<string, unknown>) => call(db, 'service_role', name, args);
const claim = async () =>
  Object(await engine('claim_execution', { p_id: NEW, p_owner: 'run_1', p_lease_seconds: 30 }));
const write = (fence: number, ...writes: object[]) =>
  engine('write_step_runs', {
    p_id: NEW,
    p_fence: fence,
    p_writes: JSON.stringify(writes.map((w) => ({ iteration: '', attempt: 0, ...w }))),
    p_lease_seconds: 30,
  });
const step = (op: string, name: string, index: number, more: object = {}) => ({
  ...{ op, step_name: name, step_index: index, request: { method: 'POST', url: 'https://a.example/x' } },
  ...more,
});
const FAILURE = { class: 'upstream', code: 'http_500', message: 'It answered 500.', step: 'second' };
const finish = (fence: number, status: string, error: object | null = FAILURE) =>
  engine('finish_execution', {
    ...{ p_id: NEW, p_fence: fence, p_status: status, p_output: null, p_error: error, p_contact: null },
  });
const redrive = (args: Record<string, unknown> = {}, actor: typeof editor = editor) =>
  call(db, actor, 'redrive_execution', { ...W, p_id: NEW, ...args });
const execution = async (id = NEW) =>
  (await db.query('select * from public.connector_executions where id = $1', [id])).rows[0] ?? {};
const ledger = async () =>
  (
    await db.query(
      `select step_name, iteration, attempt, status, superseded, resume_state from public.connector_step_runs
       where execution_id = $1 order by step_index, iteration, attempt`,
      [NEW],
    )
  ).rows;

const accept = (id: string) =>
  call(db, editor, 'accept_execution', {
    ...{ ...W, p_connector_id: home.connector, p_version: 1, p_id: id, p_input: { n: 1 } },
    p_trigger: { type: 'api' },
  });

beforeEach(async () => {
  await accept(NEW);
});

/** An execution with one of everything that can stand in a ledger, and that failed. */
async function failed(status = 'failed'): Promise<number> {
  const { fence } = await claim();
  const done = { status: 'succeeded', resume_state: 'v1.sealed', output: { a: 1 }, duration_ms: 1 };
  await write(
    fence,
    step('commit', 'first', 0, done),
    step('commit', 'optional', 1, {
      status: 'failed',
      error: FAILURE,
      tolerated: true,
      resume_state: 'v1.sealed',
    }),
    step('commit', 'left_out', 2, { status: 'skipped', resume_state: 'v1.sealed' }),
    step('commit', 'loop', 3, { ...done, settles_to: 4 }),
    step('commit', 'second', 5, { status: 'failed', error: FAILURE, resume_at: '2020-01-01T00:00:00Z' }),
    step('start', 'second', 5, { attempt: 1 }),
    step('commit', 'second', 5, { attempt: 1, status: 'failed', error: FAILURE }),
    step('commit', 'pause', 6, { status: 'waiting', resume_state: 'v1.sealed' }),
    step('start', 'beside', 7),
  );
  await finish(fence, status);
  return fence;
}

/** A second version of the connector, whose input schema may be another. */
async function newVersion(schema: object | null = null): Promise<void> {
  const definition =
    schema === null ? { ...DEFINITION, changed: 1 } : { ...DEFINITION, input_schema: schema };
  await db.query(
    `insert into public.connector_versions (workspace_id, connector_id, version, definition) values ($1, $2, 2, $3)`,
    [home.id, home.connector, definition],
  );
  await db.query('update public.connectors set current_version = 2 where id = $1', [home.connector]);
}

describe('redriving', () => {
  test('lets what is committed, skipped or tolerated stand, and gives up the rest', async () => {
    await failed();
    await redrive();
    const row = (step_name: string, status: string, superseded: boolean, more: object = {}) => ({
      ...{ step_name, iteration: '', attempt: 0, status, superseded },
      resume_state: superseded ? null : 'v1.sealed',
      ...more,
    });
    expect(await ledger()).toEqual([
      row('first', 'succeeded', false),
      row('optional', 'failed', false),
      row('left_out', 'skipped', false),
      row('loop', 'succeeded', false),
      row('second', 'failed', true),
      row('second', 'failed', true, { attempt: 1 }),
      row('pause', 'cancelled', true),
      row('beside', 'interrupted', true),
    ]);
  });

  test('makes it an execution that is due, with all that it may use up', async () => {
    const fence = await failed();
    await call(db, editor, 'dismiss_dead_letter', { ...W, p_id: NEW, p_dismissed: true });
    await db.query(
      `update public.connector_executions set spent_ms = 200000, strikes = 7, cancel_requested_at = now(),
         created_at = now() - interval '1 hour', queued_at = now() - interval '1 hour' where id = $1`,
      [NEW],
    );
    expect(await redrive()).toMatchObject({
      ...{ id: NEW, workspace_id: home.id, status: 'queued', redrives: 1, error: null, output: null },
      ...{ started_at: null, finished_at: null, cancel_requested_at: null, connector_version: 1 },
      fence: fence + 1,
    });
    expect(await execution()).toMatchObject({
      ...{
        spent_ms: 0,
        strikes: 0,
        dismissed_at: null,
        lease_owner: null,
        resume_at: null,
        resumed_at: null,
      },
      ...{ started_event: null, finished_event: null, input: { n: 1 } },
    });
    const again = await claim();
    expect(again).toMatchObject({ outcome: 'claimed', redrives: 1, fence: fence + 2 });
    // Not the 200 s that it had used up.
    expect(again.running_for_ms).toBeLessThan(100_000);
  });

  test.each(['failed', 'timed_out', 'cancelled'])('is for one that %s', async (status) => {
    await failed(status);
    expect(await redrive()).toMatchObject({ status: 'queued' });
    expect(await refusal(redrive())).toMatchObject({ code: 'PT409', message: 'not_redrivable' });
  });

  test.each([
    ['is queued', async () => {}],
    ['runs', async () => void (await claim())],
    ['succeeded', async () => void (await finish((await claim()).fence, 'succeeded', null))],
    [
      'lost its connector',
      async () => {
        await failed();
        await call(db, editor, 'delete_connector', { ...W, p_id: home.connector });
      },
    ],
    [
      'is part of another one',
      async () => {
        await failed();
        await db.query('update public.connector_executions set parent_id = $2 where id = $1', [
          NEW,
          home.execution,
        ]);
      },
    ],
    [
      'is a test run',
      async () => {
        await failed();
        await db.query(
          `update public.connector_executions set options = '{}', trigger = '{"type": "test"}' where id = $1`,
          [NEW],
        );
      },
    ],
  ])('refuses one that %s, and changes nothing', async (_, prepare) => {
    await prepare();
    const before = [await execution(), await ledger()];
    expect(await refusal(redrive())).toMatchObject({ code: 'PT409', message: 'not_redrivable' });
    expect([await execution(), await ledger()]).toEqual(before);
  });

  test('is not for viewers', async () => {
    await failed();
    expect(await refusal(redrive({}, viewer))).toMatchObject({ code: 'PT403' });
  });

  test('shuts out a run that still believes to hold it', async () => {
    const fence = await failed();
    await redrive();
    for (const held of [fence, fence + 1]) {
      const late = write(held, step('commit', 'second', 5, { attempt: 2, status: 'succeeded' }));
      expect(await refusal(late)).toMatchObject({ code: 'PT409', message: 'lease_lost' });
    }
  });

  test('goes on with the version that is named', async () => {
    await failed();
    await newVersion();
    expect(await redrive({ p_version: 2 })).toMatchObject({ connector_version: 2 });
  });

  test('is counted again when it ends again, by how long it ran since', async () => {
    await failed();
    await db.query(
      `update public.connector_executions set created_at = now() - interval '9 days' where id = $1`,
      [NEW],
    );
    await redrive();
    await finish((await claim()).fence, 'succeeded', null);
    const { rows } = await db.query(
      `select succeeded, failed, duration_ms_max < 60000 as short from public.execution_rollups
       where connector_id = $1 and hour > now() - interval '2 hours'`,
      [home.connector],
    );
    expect(rows).toEqual([{ succeeded: 1, failed: 1, short: true }]);
  });

  test('makes it due for the sweeper from now on, however old it is', async () => {
    await failed();
    const due = async () =>
      Object(
        await engine('sweep_executions', { p_older_than_seconds: 30, p_max_claims: 20, p_limit: 10 }),
      ).map(({ id }: { id: string }) => id);
    await db.query(
      `update public.connector_executions set created_at = now() - interval '1 hour' where id = $1`,
      [NEW],
    );
    await redrive();
    expect(await due()).not.toContain(NEW);
    await db.query(
      `update public.connector_executions set queued_at = now() - interval '31 seconds' where id = $1`,
      [NEW],
    );
    expect(await due()).toContain(NEW);
  });
});

describe('the source of another run', () => {
  const source = (newest: boolean) =>
    call(db, editor, 'get_execution_source', { ...W, p_id: NEW, p_newest: newest });

  test('is the input and the schema of the version that would run', async () => {
    await newVersion({ type: 'object' });
    expect(await source(true)).toEqual({
      version: 2,
      input: { n: 1 },
      input_schema: { type: 'object' },
      coerce_input: null,
    });
    expect(await source(false)).toEqual({
      version: 1,
      input: { n: 1 },
      input_schema: null,
      coerce_input: null,
    });
  });

  test('is gone with the connector', async () => {
    await call(db, editor, 'delete_connector', { ...W, p_id: home.connector });
    expect(await refusal(source(false))).toMatchObject({ message: 'not_redrivable' });
  });
});

describe('replaying', () => {
  const replay = (args: Record<string, unknown> = {}) =>
    call(db, editor, 'replay_execution', {
      ...{ ...W, p_id: NEW, p_new_id: REPLAY, p_version: null, p_input: null },
      ...args,
    });

  test('is a new execution with the same input, and leaves the old one alone', async () => {
    await failed();
    const before = await execution();
    expect(await replay()).toMatchObject({
      ...{ id: REPLAY, replay_of: NEW, status: 'queued', input: { n: 1 }, connector_version: 1 },
      ...{ trigger: { type: 'api' }, redrives: 0, steps: [], fence: 0, workspace_id: home.id },
    });
    expect(await execution()).toEqual(before);
    expect((await execution(REPLAY)).created_by).toBe(editor.user);
  });

  test('takes another version and another input', async () => {
    await newVersion();
    expect(await replay({ p_version: 2, p_input: { n: 2 } })).toMatchObject({
      connector_version: 2,
      input: { n: 2 },
    });
  });

  test('refuses test runs and those of a deleted connector', async () => {
    await db.query(
      `update public.connector_executions set options = '{}', trigger = '{"type": "test"}' where id = $1`,
      [NEW],
    );
    expect(await refusal(replay())).toMatchObject({ message: 'not_redrivable' });
    await db.query(
      `update public.connector_executions set options = null, trigger = '{"type": "api"}' where id = $1`,
      [NEW],
    );
    await call(db, editor, 'delete_connector', { ...W, p_id: home.connector });
    expect(await refusal(replay())).toMatchObject({ message: 'not_redrivable' });
  });
});

describe('redriving many', () => {
  const many = async (filter: object, more: Record<string, unknown> = {}) =>
    Object(
      await call(db, editor, 'redrive_executions', {
        ...{ ...W, p_filter: filter, p_newest: false, p_limit: 1000 },
        ...more,
      }),
    );
  const ids = Array.from({ length: 6 }, (_, n) => uuid(0xf10 + n));
  const statusOf = async () =>
    (
      await db.query('select status from public.connector_executions where id = any ($1) order by id', [ids])
    ).rows.map(({ status }) => status);

  beforeEach(async () => {
    for (const id of ids) await accept(id);
    await db.query(
      `update public.connector_executions set status = 'failed', finished_at = now(),
         error = '{"class": "upstream", "code": "http_500"}' where id = any ($1)`,
      [ids],
    );
    await db.query(
      `update public.connector_executions set status = 'timed_out', error = '{"class": "timeout", "code": "t"}' where id = $1`,
      [ids[0]],
    );
    await db.query(
      `update public.connector_executions set status = 'cancelled', error = null where id = $1`,
      [ids[1]],
    );
    await db.query(`update public.connector_executions set created_at = '2026-01-01' where id = $1`, [
      ids[2],
    ]);
  });

  test.each<[string, object, number[]]>([
    ['failed and timed out ones when no status is named', { connector_id: home.connector }, [0, 2, 3, 4, 5]],
    ['a status', { status: 'cancelled' }, [1]],
    ['a class', { error_class: 'timeout' }, [0]],
    ['a code', { error_code: 'http_500' }, [2, 3, 4, 5]],
    ['a time', { created_before: '2026-01-02T00:00:00Z' }, [2]],
    ['a time from which on', { created_after: '2026-01-02T00:00:00Z', error_class: 'upstream' }, [3, 4, 5]],
    ['ids', { ids: [ids[4], ids[5], other.execution, home.execution] }, [4, 5]],
    ['another connector', { connector_id: home.bareConnector }, []],
  ])('takes %s', async (_, filter, taken) => {
    expect(await many(filter)).toMatchObject({ redriven: taken.length, remaining: 0, skipped: 0 });
    const statuses = await statusOf();
    expect(statuses.flatMap((status, n) => (status === 'queued' ? [n] : []))).toEqual(taken);
  });

  test('takes the newest first, tells what is left, and hands over how to trigger them', async () => {
    const answer = await many({ status: 'failed' }, { p_limit: 2 });
    expect(answer).toEqual({
      ...{ workspace_id: home.id, redriven: 2, remaining: 2, skipped: 0 },
      newest: [
        { id: ids[5], fence: 1 },
        { id: ids[4], fence: 1 },
      ],
    });
    expect(await many({ status: 'failed' }, { p_limit: 2 })).toMatchObject({ redriven: 2, remaining: 0 });
    expect(await many({ status: 'failed' }, { p_limit: 2 })).toMatchObject({ redriven: 0, remaining: 0 });
  });

  test('leaves dismissed ones, tests, children and those of deleted connectors', async () => {
    await db.query(`update public.connector_executions set dismissed_at = now() where id = $1`, [ids[3]]);
    await db.query(
      `update public.connector_executions set options = '{}', trigger = '{"type": "test"}' where id = $1`,
      [ids[4]],
    );
    await db.query(`update public.connector_executions set parent_id = $2 where id = $1`, [ids[5], NEW]);
    expect(await many({ status: 'failed' })).toMatchObject({ redriven: 1, remaining: 0 });
    expect(await many({ ids })).toMatchObject({ redriven: 2, remaining: 0 });
    expect(await statusOf()).toEqual(['queued', 'cancelled', 'queued', 'queued', 'failed', 'failed']);
    await call(db, editor, 'delete_connector', { ...W, p_id: home.connector });
    expect(await many({ status: 'cancelled' })).toMatchObject({ redriven: 0, remaining: 0 });
  });

  test('with the newest version, skips those whose input was checked against another schema', async () => {
    await newVersion({ type: 'object', required: ['m'] });
    expect(await many({ status: 'failed' }, { p_newest: true })).toMatchObject({ redriven: 0, skipped: 4 });
    await db.query(
      'update public.connector_versions set definition = $2 where version = 2 and connector_id = $1',
      [home.connector, { ...DEFINITION, changed: 1 }],
    );
    expect(await many({ status: 'failed' }, { p_newest: true })).toMatchObject({ redriven: 4, skipped: 0 });
    expect(await execution(ids[3])).toMatchObject({ connector_version: 2, status: 'queued', redrives: 1 });
  });

  test('never takes what runs or succeeded, whatever is asked for', async () => {
    for (const status of ['queued', 'running', 'succeeded']) {
      expect(await many({ status })).toMatchObject({ redriven: 0 });
    }
  });
});
