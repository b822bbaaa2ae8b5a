import { describe, expect, test } from 'vitest';
import { type Actor, call, refusal, useDatabase } from './harness.ts';
import {
  home,
  NEWCOMER,
  OTHER_SAAS_ADMIN,
  other,
  RATED_TEMPLATE,
  user,
  uuid,
  type Workspace,
} from './world.ts';

const db = useDatabase();
const { saasAdmin, editor, outsider } = user;
const RANGE = { p_from: '2026-03-01T00:00:00Z', p_to: '2026-03-08T00:00:00Z' };
const admin = (name: string, args: Record<string, unknown> = {}) =>
  call(db, saasAdmin, `admin_${name}`, args);
const engine = (name: string, args: Record<string, unknown>) => call(db, 'service_role', name, args);

let made = 0;
const accept = async (actor: Actor = editor, w: Workspace = home, connector = w.connector) => {
  made += 1;
  const id = uuid(0x10_000 + made);
  await call(db, actor, 'accept_execution', {
    ...{ p_workspace_id: w.id, p_connector_id: connector, p_version: 1, p_id: id, p_input: {} },
    p_trigger: { type: 'api' },
  });
  return id;
};
const claim = async (id: string): Promise<number> =>
  Object(await engine('claim_execution', { p_id: id, p_owner: 'run', p_lease_seconds: 30 })).fence;
const startCall = (id: string, fence: number, url: string) =>
  engine('write_step_runs', {
    ...{ p_id: id, p_fence: fence, p_lease_seconds: 30 },
    p_writes: [
      {
        ...{ op: 'start', step_index: 0, step_name: 'look_up', iteration: '', attempt: 0 },
        ...{ request: { url }, resume_state: null },
      },
    ],
  });
const finish = async (id: string, status: string, error: object | null = null) =>
  engine('finish_execution', {
    ...{
      p_id: id,
      p_fence: await claim(id),
      p_status: status,
      p_output: null,
      p_error: error,
      p_contact: null,
    },
  });

/** The figures of all roll-ups together, without those that the world starts with. */
const counted = async () => {
  const { rows } = await db.query(`
    select (select json_build_array(sum(succeeded), sum(failed), sum(cancelled), sum(timed_out)) from public.execution_rollups where hour > '2021-01-01') as hours,
      (select json_build_array(sum(succeeded), sum(failed), sum(cancelled), sum(timed_out)) from public.platform_rollups where hour > '2021-01-01') as platform,
      (select sum(executions) from public.execution_day_rollups where day > '2021-01-01') as ran,
      (select json_build_array(sum(executions), sum(failures)) from public.workspace_rollups where hour > '2021-01-01') as workspaces,
      (select json_build_array(sum(executions), sum(failures)) from public.workspace_day_rollups where day > '2021-01-01') as workspace_days,
      (select sum(failures) from public.failure_rollups where hour > '2021-01-01') as failures`);
  return rows[0];
};

describe('counting while executions end', () => {
  test('every way to end is counted once, on every level', async () => {
    await finish(await accept(), 'succeeded');
    await finish(await accept(), 'succeeded');
    await finish(await accept(), 'failed', { class: 'rejected', code: 'http_404', step: null });
    await finish(await accept(), 'timed_out', { class: 'timeout', code: 'timed_out', step: null });
    await finish(await accept(), 'cancelled');
    await finish(await accept(outsider, other), 'succeeded');
    const queued = await accept();
    const cancel = () => call(db, editor, 'cancel_execution', { p_workspace_id: home.id, p_id: queued });
    await cancel();
    await cancel();
    const lost = await accept();
    await claim(lost);
    await db.query(
      `update public.connector_executions set lease_expires_at = now() - interval '1 hour' where id = $1`,
      [lost],
    );
    await engine('sweep_executions', { p_older_than_seconds: 60, p_max_claims: 1, p_limit: 10 });

    expect(await counted()).toEqual({
      ...{ hours: [3, 2, 2, 1], platform: [3, 2, 2, 1], ran: 6, failures: 3 },
      ...{ workspaces: [8, 3], workspace_days: [8, 3] },
    });
    const { rows } = await db.query(
      `select status, count(*)::int as n from public.connector_executions where finished_at is not null group by 1 order by 1`,
    );
    expect(rows).toEqual([
      { status: 'cancelled', n: 2 },
      { status: 'failed', n: 2 },
      { status: 'succeeded', n: 3 },
      { status: 'timed_out', n: 1 },
    ]);
  });

  test('what goes on is not counted', async () => {
    const id = await accept();
    const fence = await claim(id);
    await engine('renew_lease', { p_id: id, p_fence: fence, p_lease_seconds: 30 });
    await claim(id);
    await call(db, editor, 'cancel_execution', { p_workspace_id: home.id, p_id: id });
    expect(await counted()).toMatchObject({ hours: [null, null, null, null], failures: null });
  });

  test('durations are of those that ran: a long wait in the queue is nobody’s slowness', async () => {
    const id = await accept();
    await db.query(
      `update public.connector_executions set created_at = now() - interval '1 day' where id = $1`,
      [id],
    );
    await call(db, editor, 'cancel_execution', { p_workspace_id: home.id, p_id: id });
    const { rows } = await db.query(
      `select duration_ms_sum, duration_ms_max from public.execution_rollups where hour > '2021-01-01'`,
    );
    expect(rows).toEqual([{ duration_ms_sum: 0, duration_ms_max: 0 }]);
  });

  test.each([
    ['https://api.example.com/v1?x=1', 'api.example.com'],
    ['http://api.example.com:8443/a', 'api.example.com:8443'],
    ['https://user:canary@api.example.com/', 'api.example.com'],
    ['https://api.example.com?mail=a@b.example', 'api.example.com'],
    ['not a url', ''],
  ])('the host of a failure at %s is %j', async (url, host) => {
    const id = await accept();
    const fence = await claim(id);
    await startCall(id, fence, url);
    await finish(id, 'failed', { class: 'rejected', code: 'http_404', step: 'look_up' });
    const { rows } = await db.query(
      `select class, code, host, template_id, failures from public.failure_rollups where hour > '2021-01-01'`,
    );
    expect(rows).toEqual([{ class: 'rejected', code: 'http_404', host, template_id: null, failures: 1 }]);
  });

  test('a host too long for an index is cut, and does not keep the execution from ending', async () => {
    const id = await accept();
    const host = Array.from({ length: 9_000 }, (_, at) => ((at * at * 7919) % 36).toString(36)).join('');
    await startCall(id, await claim(id), `https://${host}/`);
    await finish(id, 'failed', { class: 'network', code: 'dns_failed', step: 'look_up' });
    const { rows } = await db.query(
      `select code, host from public.failure_rollups where hour > '2021-01-01'`,
    );
    expect(rows).toEqual([{ code: 'dns_failed', host: host.slice(0, 260) }]);
  });

  test('workspaces are counted once an hour and once a day', async () => {
    const at = (id: string, time: string) =>
      db.query(
        `update public.connector_executions set status = 'succeeded', started_at = $2, finished_at = $2 where id = $1`,
        [id, time],
      );
    for (const time of ['10:05', '10:50', '15:00']) await at(await accept(), `2026-03-02T${time}:00Z`);
    await at(await accept(outsider, other), '2026-03-02T15:30:00Z');
    await at(await accept(), '2026-03-03T00:00:00Z');
    const series = async (bucket: string) =>
      Object(await admin('stats', { ...RANGE, p_bucket: bucket })).series.map(
        (s: Record<string, unknown>) => [...[s.at, s.workspaces, s.succeeded]],
      );
    expect(await series('hour')).toEqual([
      ['2026-03-02T10:00:00+00:00', 1, 2],
      ['2026-03-02T15:00:00+00:00', 2, 2],
      ['2026-03-03T00:00:00+00:00', 1, 1],
    ]);
    expect(await series('day')).toEqual([
      ['2026-03-02T00:00:00+00:00', 2, 4],
      ['2026-03-03T00:00:00+00:00', 1, 1],
    ]);
  });
});

describe('the figures of SaaS admins', () => {
  const ended = async (
    status: string,
    seconds: number,
    day: number,
    connector = home.connector,
    template?: string,
  ) => {
    const id = await accept(editor, home, connector);
    if (template) {
      await db.query('update public.connectors set template_id = $2, template_version = 1 where id = $1', [
        connector,
        template,
      ]);
    }
    await db.query(
      `update public.connector_executions set status = $2, started_at = $3::timestamptz - make_interval(secs => $4),
         finished_at = $3::timestamptz, error = $5 where id = $1`,
      [
        ...[id, status, `2026-03-0${day}T12:30:00Z`, seconds],
        status === 'failed' ? { class: 'rejected', code: 'http_404', step: null } : null,
      ],
    );
    return id;
  };

  test('stats: totals and series of the range, its end left out', async () => {
    await ended('succeeded', 2, 1);
    await ended('failed', 4, 2);
    await ended('cancelled', 60, 2);
    await ended('succeeded', 9, 9);
    expect(await admin('stats', { ...RANGE, p_bucket: 'day' })).toMatchObject({
      totals: {
        ...{ executions: 3, succeeded: 1, failed: 1, cancelled: 1, timed_out: 0 },
        ...{ success_rate: 0.5, average_duration_ms: 3000, workspaces: 2, connectors: 6, templates: 2 },
      },
      series: [
        { at: '2026-03-01T00:00:00+00:00', succeeded: 1 },
        { at: '2026-03-02T00:00:00+00:00', failed: 1, cancelled: 1 },
      ],
    });
    const empty = await admin('stats', { p_from: '2019-01-01', p_to: '2019-01-02', p_bucket: 'hour' });
    expect(empty).toMatchObject({ totals: { executions: 0, success_rate: null }, series: [] });
  });

  test.each([
    ['by the hour', '2026-03-02T12:00:00Z', '2026-03-02T13:00:00Z', 2],
    ['by the hour, before', '2026-03-02T11:00:00Z', '2026-03-02T12:00:00Z', 0],
    ['by the day', '2026-03-01T23:00:00Z', '2026-03-08T00:00:00Z', 2],
  ])('workspaces: usage %s', async (_, p_from, p_to, executions) => {
    await ended('succeeded', 2, 2);
    await ended('failed', 2, 2);
    const page = await admin('workspaces', { p_from, p_to, p_limit: 10 });
    expect(page).toMatchObject([
      { id: other.id, executions: 0 },
      {
        id: home.id,
        name: 'W',
        members: 5,
        connectors: 3,
        credentials: 1,
        executions,
        failures: executions / 2,
      },
    ]);
    expect(await admin('workspaces', { p_from, p_to, p_limit: 10, p_after: other.id })).toHaveLength(1);
  });

  test('recent executions of all workspaces, by status, without what was in them', async () => {
    const failed = await ended('failed', 2, 2);
    const last = await accept(outsider, other);
    const all = await admin('recent_executions', { p_limit: 2 });
    expect(all).toMatchObject([
      { id: last, status: 'queued', workspace_id: other.id },
      { id: failed, status: 'failed', error_class: 'rejected', error_code: 'http_404', duration_ms: 2000 },
    ]);
    expect(Object.keys(Object(all)[0])).not.toEqual(expect.arrayContaining(['input']));
    expect(await admin('recent_executions', { p_limit: 9, p_status: 'failed' })).toMatchObject([
      { id: failed },
    ]);
    expect(await admin('recent_executions', { p_limit: 9, p_after: failed, p_status: 'failed' })).toEqual([]);
  });

  test.each([
    ['class', [['rejected', null, 3]]],
    ['code', [['http_404', null, 3]]],
    ['host', []],
    [
      'connector',
      [
        [home.connector, 'C', 2],
        [home.secondConnector, 'C', 1],
      ],
    ],
    ['template', [[RATED_TEMPLATE, 'Template', 1]]],
  ])('failures by %s, most first', async (by, expected) => {
    await ended('failed', 1, 1);
    await ended('failed', 1, 2);
    await ended('failed', 1, 2, home.secondConnector, RATED_TEMPLATE);
    await ended('failed', 1, 9);
    const answer = await admin('failures', { ...RANGE, p_by: by, p_limit: 10 });
    expect(answer).toEqual(expected.map(([key, name, failures]) => ({ key, name, failures })));
  });

  test.each([
    ['by the hour', '2026-03-02T12:00:00Z', '2026-03-02T13:00:00Z'],
    ['by the day', '2026-03-01T00:00:00Z', '2026-03-08T00:00:00Z'],
  ])('slowest connectors %s: by average, with their worst', async (_, p_from, p_to) => {
    await ended('succeeded', 2, 2);
    await ended('succeeded', 4, 2);
    await ended('failed', 5, 2, home.secondConnector);
    await ended('cancelled', 90, 2, home.bareConnector);
    expect(await admin('slowest_connectors', { p_from, p_to, p_limit: 10 })).toMatchObject([
      { connector_id: home.secondConnector, executions: 1, average_duration_ms: 5000, max_duration_ms: 5000 },
      { connector_id: home.connector, executions: 2, average_duration_ms: 3000, max_duration_ms: 4000 },
    ]);
  });

  test('key rotation: credentials by encryption key', async () => {
    await db.query(
      `update public.workspace_api_credentials set key_id = 'k2', ciphertext = 'v1.k2.x' where id = $1`,
      [home.credential],
    );
    expect(await admin('key_rotation')).toEqual([
      { key_id: 'k1', credentials: 1 },
      { key_id: 'k2', credentials: 1 },
    ]);
  });
});

describe('SaaS admins', () => {
  const list = async () =>
    Object(await admin('list_admins')).map(({ user_id }: { user_id: string }) => user_id);

  test('appoint others, twice without harm, and dismiss them', async () => {
    await admin('add_admin', { p_user_id: NEWCOMER });
    expect(await admin('add_admin', { p_user_id: NEWCOMER })).toMatchObject({ user_id: NEWCOMER });
    expect((await list()).toSorted()).toEqual([saasAdmin.user, OTHER_SAAS_ADMIN, NEWCOMER].toSorted());
    await admin('remove_admin', { p_user_id: NEWCOMER });
    expect(await list()).not.toContain(NEWCOMER);
  });

  test.each([
    ['appointing nobody', 'add_admin', uuid(0xfff), 'unknown_user'],
    ['dismissing one who is none', 'remove_admin', NEWCOMER, 'admin_not_found'],
  ])('%s is refused', async (_, name, p_user_id, message) => {
    expect((await refusal(admin(name, { p_user_id }))).message).toBe(message);
  });

  test('the last one stays', async () => {
    await admin('remove_admin', { p_user_id: OTHER_SAAS_ADMIN });
    expect((await refusal(admin('remove_admin', { p_user_id: saasAdmin.user }))).message).toBe('last_admin');
    expect(await list()).toEqual([saasAdmin.user]);
  });
});
