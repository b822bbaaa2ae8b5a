import { beforeEach, describe, expect, test } from 'vitest';
import { call, refusal, useDatabase } from './harness.ts';
import { CIPHERTEXT, DEFINITION, home, other, user, uuid } from './world.ts';

const db = useDatabase();
const NEW = uuid(0xf01);
const LEASE_SECONDS = 30;

type Claim = { outcome: string; fence: number } & Record<string, unknown>;

/** As PostgREST calls it for the engine. */
const engine = (name: string, args: Record<string, unknown>) => call(db, 'service_role', name, args);
const claim = async (owner = 'run_1'): Promise<Claim> =>
  // The shape that claim_execution documents; its fields are what these tests assert.
  (await engine('claim_execution', { p_id: NEW, p_owner: owner, p_lease_seconds: LEASE_SECONDS })) as Claim;
const write = (fence: number, ...writes: Record<string, unknown>[]) =>
  engine('write_step_runs', { p_id: NEW, p_fence: fence, p_writes: writes, p_lease_seconds: LEASE_SECONDS });
const start = (fence: number, step = 0, attempt = 0) =>
  write(fence, {
    ...{ op: 'start', step_index: step, step_name: `step_${step}`, iteration: '', attempt },
    ...{ request: { method: 'POST' }, resume_state: null },
  });
const commit = (fence: number, step = 0, attempt = 0, changes: Record<string, unknown> = {}) =>
  write(fence, {
    ...{ op: 'commit', step_index: step, step_name: `step_${step}`, iteration: '', attempt },
    ...{ status: 'succeeded', request: null, response: { status: 200 }, output: { a: 1 }, error: null },
    ...{ resume_state: 'v1.sealed', duration_ms: 12.5, ...changes },
  });
const finish = (fence: number, changes: Record<string, unknown> = {}) =>
  engine('finish_execution', {
    ...{
      p_id: NEW,
      p_fence: fence,
      p_status: 'succeeded',
      p_output: { ok: true },
      p_error: null,
      p_contact: null,
    },
    ...changes,
  });
const expireLease = () =>
  db.query(
    `update public.connector_executions set lease_expires_at = now() - interval '1 second' where id = $1`,
    [NEW],
  );
const execution = async () =>
  (await db.query('select * from public.connector_executions where id = $1', [NEW])).rows[0] ?? {};
const attempts = async () =>
  (
    await db.query(
      'select step_index, attempt, status from public.connector_step_runs where execution_id = $1 order by 1, 2',
      [NEW],
    )
  ).rows;
const counters = async () =>
  (
    await db.query('select success_count, failure_count from public.connectors where id = $1', [
      home.connector,
    ])
  ).rows[0];

beforeEach(async () => {
  await call(db, user.editor, 'accept_execution', {
    ...{
      p_workspace_id: home.id,
      p_connector_id: home.connector,
      p_version: 1,
      p_id: NEW,
      p_input: { n: 1 },
    },
    p_trigger: { type: 'api' },
  });
});

describe('claiming', () => {
  test('hands over all that a run needs, sealed credentials of the used services included', async () => {
    await call(db, user.editor, 'store_credential', {
      p_workspace_id: home.id,
      p_credential: {
        ...{ id: uuid(0xf02), service_name: 'unused', type: 'bearer', allowed_hosts: ['x.example'] },
        ...{ field_names: ['token'], key_id: 'k1', ciphertext: 'v1.k1.unused' },
      },
    });
    expect(await claim()).toMatchObject({
      ...{ outcome: 'claimed', execution_id: NEW, workspace_id: home.id, connector_id: home.connector },
      ...{
        connector_version: 1,
        fence: 1,
        trigger: { type: 'api' },
        input: { n: 1 },
        cancel_requested: false,
      },
      ...{ definition: DEFINITION, running_for_ms: expect.any(Number), steps: [] },
      credentials: [
        { service_name: 'crm', type: 'bearer', allowed_hosts: ['api.example.com'], ciphertext: CIPHERTEXT },
      ],
    });
    expect(await execution()).toMatchObject({
      status: 'running',
      lease_owner: 'run_1',
      started_at: expect.any(String),
    });
  });

  test('another run is told that it is held, and changes nothing', async () => {
    await claim();
    const before = await execution();
    expect(await claim('run_2')).toEqual({ outcome: 'held' });
    expect(await execution()).toEqual(before);
  });

  test('a later attempt of the same run takes over at once, under a higher fence', async () => {
    const first = await claim();
    expect(await claim()).toMatchObject({ outcome: 'claimed', fence: first.fence + 1 });
  });

  test('after the lease ran out anybody takes over, and the first start is kept', async () => {
    await claim();
    await db.query(`update public.connector_executions set started_at = '2026-01-01Z' where id = $1`, [NEW]);
    await expireLease();
    expect(await claim('run_2')).toMatchObject({ outcome: 'claimed', fence: 2 });
    expect(await execution()).toMatchObject({
      lease_owner: 'run_2',
      started_at: '2026-01-01T00:00:00+00:00',
    });
  });

  test('a released lease is free at once', async () => {
    const { fence } = await claim();
    await engine('release_lease', { p_id: NEW, p_fence: fence });
    await db.query(
      `update public.connector_executions set lease_expires_at = lease_expires_at - interval '1 ms' where id = $1`,
      [NEW],
    );
    expect(await claim('run_2')).toMatchObject({ outcome: 'claimed' });
  });

  test('what has ended, or never was, is not claimed', async () => {
    await call(db, user.editor, 'cancel_execution', { p_workspace_id: home.id, p_id: NEW });
    expect(await claim()).toEqual({ outcome: 'finished', status: 'cancelled' });
    const missing = { p_id: uuid(0xfff), p_owner: 'run_1', p_lease_seconds: 1 };
    expect(await engine('claim_execution', missing)).toEqual({ outcome: 'missing' });
  });

  test('a deleted connector’s accepted executions still run', async () => {
    await call(db, user.editor, 'delete_connector', { p_workspace_id: home.id, p_id: home.connector });
    expect(await claim()).toMatchObject({ outcome: 'claimed', definition: DEFINITION });
  });
});

describe('the ledger', () => {
  test('a committed step comes back with its sealed state to whoever resumes', async () => {
    const { fence } = await claim();
    await start(fence);
    await commit(fence);
    const resumed = await claim();
    expect(resumed.steps).toEqual([
      {
        ...{ step_name: 'step_0', iteration: '', attempt: 0, status: 'succeeded', superseded: false },
        ...{ started_at: expect.any(String), resume_at: null, resume_state: 'v1.sealed' },
      },
    ]);
    const { rows } = await db.query(
      'select request, response, duration_ms from public.connector_step_runs where execution_id = $1',
      [NEW],
    );
    expect(rows).toEqual([{ request: { method: 'POST' }, response: { status: 200 }, duration_ms: 12.5 }]);
  });

  test('an attempt without a commit is interrupted by the next claim, and cannot be committed any more', async () => {
    const { fence } = await claim();
    await start(fence);
    const next = await claim();
    expect(next.steps).toMatchObject([{ attempt: 0, status: 'interrupted', resume_state: null }]);
    expect((await refusal(commit(next.fence))).message).toBe('step_committed');
    await start(next.fence, 0, 1);
    await commit(next.fence, 0, 1);
    expect(await attempts()).toMatchObject([{ status: 'interrupted' }, { attempt: 1, status: 'succeeded' }]);
  });

  test('a step that needs no call is committed without a start', async () => {
    const { fence } = await claim();
    await commit(fence, 0, 0, { status: 'skipped', response: null });
    expect(await attempts()).toEqual([{ step_index: 0, attempt: 0, status: 'skipped' }]);
  });

  test('an attempt is committed once; saying it again changes nothing', async () => {
    const { fence } = await claim();
    await commit(fence);
    await commit(fence, 0, 0, { output: { other: true } });
    expect(await refusal(commit(fence, 0, 0, { status: 'failed' }))).toMatchObject({
      ...{ code: 'PT409', message: 'step_committed' },
    });
    const { rows } = await db.query('select output from public.connector_step_runs where execution_id = $1', [
      NEW,
    ]);
    expect(rows).toEqual([{ output: { a: 1 } }]);
  });

  test('an attempt is started once; saying it again changes nothing', async () => {
    const { fence } = await claim();
    await start(fence);
    await start(fence);
    expect(await attempts()).toHaveLength(1);
    await commit(fence);
    expect(await refusal(start(fence))).toMatchObject({ code: 'PT409', message: 'step_started' });
  });

  test('several rows travel together, all of them or none', async () => {
    const { fence } = await claim();
    const row = (iteration: string) => ({
      ...{ op: 'start', step_index: 0, step_name: 'each', iteration, attempt: 1 },
      ...{ request: null, resume_state: null },
    });
    await write(fence, row('0'), row('1'));
    expect(await attempts()).toHaveLength(2);
    const broken = { ...row('3'), iteration: 'nonsense' };
    expect((await refusal(write(fence, row('2'), broken))).code).toBe('23514');
    expect(await attempts()).toHaveLength(2);
  });

  test('each start and each end has a number of its own, in the order in which they happened', async () => {
    const { fence } = await claim();
    await start(fence);
    await start(fence, 1);
    await commit(fence, 1);
    await commit(fence);
    await finish(fence);
    const { rows } = await db.query(
      'select started_event, finished_event from public.connector_step_runs where execution_id = $1 order by step_index',
      [NEW],
    );
    const { started_event: begun, finished_event: ended } = await execution();
    const numbers = [
      begun,
      rows[0]?.started_event,
      rows[1]?.started_event,
      rows[1]?.finished_event,
      rows[0]?.finished_event,
      ended,
    ];
    expect(new Set(numbers).size).toBe(6);
    expect(numbers).toEqual([...numbers].sort((a, b) => Number(a) - Number(b)));
  });

  test('a resume state that is not sealed is refused', async () => {
    const { fence } = await claim();
    expect((await refusal(commit(fence, 0, 0, { resume_state: '{"token": "secret"}' }))).code).toBe('23514');
  });

  test.each([
    ['start a step', (fence: number) => start(fence, 1)],
    ['commit a step', (fence: number) => commit(fence)],
    [
      'renew the lease',
      (fence: number) => engine('renew_lease', { p_id: NEW, p_fence: fence, p_lease_seconds: 1 }),
    ],
    ['release the lease', (fence: number) => engine('release_lease', { p_id: NEW, p_fence: fence })],
    ['finish', (fence: number) => finish(fence)],
  ])('a zombie can no longer %s', async (_, attempt) => {
    const zombie = await claim();
    await start(zombie.fence);
    await expireLease();
    await claim('run_2');
    const before = [await execution(), await attempts(), await counters()];
    expect(await refusal(attempt(zombie.fence))).toMatchObject({ code: 'PT409', message: 'lease_lost' });
    expect([await execution(), await attempts(), await counters()]).toEqual(before);
  });

  test.each([
    ['starting a step', (fence: number) => start(fence)],
    ['committing a step', (fence: number) => commit(fence)],
    [
      'renewing the lease',
      (fence: number) => engine('renew_lease', { p_id: NEW, p_fence: fence, p_lease_seconds: 60 }),
    ],
  ])('%s renews the lease and tells of a wish to cancel', async (_, attempt) => {
    const { fence } = await claim();
    await expireLease();
    expect(await attempt(fence)).toEqual({ cancel_requested: false });
    const { rows } = await db.query(
      'select lease_expires_at > now() as held from public.connector_executions where id = $1',
      [NEW],
    );
    expect(rows).toEqual([{ held: true }]);
    await call(db, user.editor, 'cancel_execution', { p_workspace_id: home.id, p_id: NEW });
    expect(await engine('renew_lease', { p_id: NEW, p_fence: fence, p_lease_seconds: 1 })).toEqual({
      cancel_requested: true,
    });
  });
});

describe('finishing', () => {
  test.each([
    ['succeeded', 1, 0],
    ['failed', 0, 1],
    ['timed_out', 0, 1],
    ['cancelled', 0, 0],
  ])('%s counts %d successes and %d failures', async (status, successes, failures) => {
    const before = await counters();
    const { fence } = await claim();
    expect(await finish(fence, { p_status: status })).toEqual({ status });
    expect(await execution()).toMatchObject({
      ...{
        status,
        output: { ok: true },
        lease_owner: null,
        lease_expires_at: null,
        finished_at: expect.any(String),
      },
    });
    expect(await counters()).toEqual({
      success_count: Number(before?.success_count) + successes,
      failure_count: Number(before?.failure_count) + failures,
    });
  });

  test('happens once: not again, and not by a later claim', async () => {
    const { fence } = await claim();
    await finish(fence);
    expect((await refusal(finish(fence, { p_status: 'failed' }))).message).toBe('lease_lost');
    expect(await claim('run_2')).toEqual({ outcome: 'finished', status: 'succeeded' });
    expect(await counters()).toMatchObject({ success_count: 1, failure_count: 0 });
  });

  test('an unknown status is refused', async () => {
    const { fence } = await claim();
    expect((await refusal(finish(fence, { p_status: 'done' }))).code).toBe('23514');
  });

  test('dates the use of the credentials, at most once a minute', async () => {
    const used = async () =>
      (
        await db.query('select last_used_at from public.workspace_api_credentials where id = $1', [
          home.credential,
        ])
      ).rows[0]?.last_used_at;
    await finish((await claim()).fence);
    expect(await used()).not.toBeNull();
    const recently = new Date(Date.now() - 5000).toISOString();
    await db.query('update public.workspace_api_credentials set last_used_at = $2 where id = $1', [
      home.credential,
      recently,
    ]);
    await db.query(`update public.connector_executions set status = 'queued' where id = $1`, [NEW]);
    await finish((await claim()).fence);
    expect(new Date(String(await used())).toISOString()).toBe(recently);
  });
});

describe('contacts', () => {
  const finishWith = async (match: object, fields: object) => {
    await db.query(`update public.connector_executions set status = 'queued' where id = $1`, [NEW]);
    await finish((await claim()).fence, { p_contact: { match, fields } });
  };
  const contacts = async () =>
    (
      await db.query('select id, fields, last_execution_id from public.contacts where workspace_id = $1', [
        home.id,
      ])
    ).rows;

  test('a match is merged: new fields are added, old ones kept, given ones replaced', async () => {
    await db.query(
      `update public.contacts set fields = '{"phone": "1", "name": "Ada", "city": "Ulm"}' where id = $1`,
      [home.contact],
    );
    await finishWith({ phone: '1' }, { phone: '1', city: 'Bonn', country: 'DE' });
    expect(await contacts()).toEqual([
      {
        id: home.contact,
        fields: { phone: '1', name: 'Ada', city: 'Bonn', country: 'DE' },
        last_execution_id: NEW,
      },
    ]);
  });

  test('no match makes a contact, and a second run finds it again', async () => {
    for (let runs = 0; runs < 3; runs += 1) await finishWith({ phone: '2' }, { phone: '2', runs });
    expect(await contacts()).toHaveLength(2);
    expect(await contacts()).toContainEqual({
      id: expect.any(String),
      fields: { phone: '2', runs: 2 },
      last_execution_id: NEW,
    });
  });

  test('all match fields must agree', async () => {
    await finishWith({ phone: '1', country: 'FR' }, { phone: '1', country: 'FR' });
    expect(await contacts()).toHaveLength(2);
  });

  test.each([
    ['no match fields', {}],
    ['empty match fields', { phone: null }],
  ])('with %s nobody else’s contact is overwritten', async (_, match) => {
    await db.query(`update public.contacts set fields = '{"phone": null, "name": "Ada"}' where id = $1`, [
      home.contact,
    ]);
    await finishWith(match, { name: 'Eve' });
    expect(await contacts()).toContainEqual({
      id: home.contact,
      fields: { phone: null, name: 'Ada' },
      last_execution_id: home.execution,
    });
    expect(await contacts()).toHaveLength(2);
  });

  test('the same person in another workspace is another person', async () => {
    await db.query('delete from public.contacts where workspace_id = $1', [home.id]);
    await finishWith({ phone: '1' }, { phone: '1', mine: true });
    const { rows } = await db.query('select workspace_id, fields from public.contacts order by 1');
    expect(rows).toEqual([
      { workspace_id: home.id, fields: { phone: '1', mine: true } },
      { workspace_id: other.id, fields: { phone: '1' } },
    ]);
  });

  test('an execution that failed changes no contact', async () => {
    const { fence } = await claim();
    await finish(fence, { p_status: 'failed', p_contact: { match: { phone: '9' }, fields: { phone: '9' } } });
    expect(await contacts()).toHaveLength(1);
  });

  test('deleting an execution keeps the contact it taught', async () => {
    await finishWith({ phone: '1' }, { phone: '1' });
    await db.query('delete from public.connector_executions where id = $1', [NEW]);
    expect(await contacts()).toMatchObject([{ id: home.contact, last_execution_id: null }]);
  });
});

describe('the sweeper', () => {
  const OLD_SECONDS = 60;
  const sweep = (changes: Record<string, unknown> = {}) =>
    engine('sweep_executions', {
      p_older_than_seconds: OLD_SECONDS,
      p_max_claims: 3,
      p_limit: 10,
      ...changes,
    });
  const age = (column: string, seconds: number, id = NEW) =>
    db.query(
      `update public.connector_executions set ${column} = now() - make_interval(secs => $2) where id = $1`,
      [id, seconds],
    );
  const due = (fence: number) => [{ id: NEW, workspace_id: home.id, fence }];

  test.each([
    ['a fresh one is left alone', OLD_SECONDS - 1, false],
    ['an old one is due', OLD_SECONDS + 1, true],
  ])('of queued executions %s', async (_, seconds, isDue) => {
    await age('queued_at', seconds);
    expect(await sweep()).toEqual(isDue ? due(0) : []);
  });

  test.each([
    ['held is left alone', -1, false],
    ['lost a moment ago is left to its run’s next attempt', OLD_SECONDS - 1, false],
    ['lost long ago is due', OLD_SECONDS + 1, true],
  ])('of running executions one whose lease is %s', async (_, seconds, isDue) => {
    await claim();
    await age('queued_at', 10 * OLD_SECONDS);
    await age('lease_expires_at', seconds);
    expect(await sweep()).toEqual(isDue ? due(1) : []);
  });

  test('what has ended is never due', async () => {
    await finish((await claim()).fence);
    await age('queued_at', 10 * OLD_SECONDS);
    expect(await sweep()).toEqual([]);
  });

  test('one that was claimed too often ends as failed, counts, and leaves no step running', async () => {
    for (let claims = 0; claims < 2; claims += 1) await claim();
    await start((await claim()).fence);
    await age('lease_expires_at', 1);
    expect(await sweep()).toEqual([]);
    expect(await execution()).toMatchObject({
      ...{ status: 'failed', lease_owner: null, finished_at: expect.any(String) },
      error: { class: 'internal', code: 'gave_up', message: expect.stringContaining('3 times'), step: null },
    });
    expect(await attempts()).toMatchObject([{ status: 'interrupted' }]);
    expect(await counters()).toMatchObject({ failure_count: 1 });
  });

  test('one that was claimed often but is still held goes on', async () => {
    for (let claims = 0; claims < 3; claims += 1) await claim();
    await sweep();
    expect(await execution()).toMatchObject({ status: 'running' });
  });

  test('takes the oldest first, and no more than asked for', async () => {
    await age('queued_at', 100);
    await age('queued_at', 100, home.execution);
    expect(await sweep({ p_limit: 1 })).toMatchObject([{ id: home.execution }]);
    expect(await sweep()).toMatchObject([{ id: home.execution }, { id: NEW }]);
  });

  test('leaves room for every workspace, however much one of them has queued', async () => {
    await db.query(
      `insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input)
       select gen_random_uuid(), $1, $2, 1, '{}' from generate_series(1, 50)`,
      [home.id, home.connector],
    );
    const last = 'ffffffff-0000-7000-8000-000000000000';
    await db.query(
      `insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input)
       values ($1, $2, $3, 1, '{}')`,
      [last, other.id, other.connector],
    );
    await db.query(`update public.connector_executions set queued_at = now() - interval '1 hour'`);
    const swept = await sweep();
    expect(swept).toHaveLength(10);
    expect(swept).toContainEqual({ id: last, workspace_id: other.id, fence: 0 });
  });
});
