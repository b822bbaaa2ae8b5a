import { beforeAll, describe, expect, it } from 'vitest';
import { encodeCursor } from '../../../core/page/cursor.ts';
import { type Answer, call, dataIn, problemIn, signUp, sql, triggered, type User } from '../../test/api.ts';
import { type Fixture, newFixture, newSaasAdmin } from '../../test/fixture.ts';

/** Long ago, so that no other test's executions are in the range. */
const YEAR = 2011;
const at = (day: number, hour: number) => new Date(Date.UTC(YEAR, 4, day, hour)).toISOString();
const range = (from: string, to: string) => `from=${from}&to=${to}`;
const MAY = range(at(1, 0), at(31, 0));

type Ended = [status: string, tookMs: number, host?: string, errorClass?: string, code?: string];

/** Executions of a workspace that ended in an hour. */
async function ended({ workspace, connector }: Fixture, hour: string, ...executions: Ended[]): Promise<void> {
  for (const [status, tookMs, host, errorClass, code] of executions) {
    const id = crypto.randomUUID();
    await sql(
      `insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input, status)
       values ($1, $2, $3, 1, '{}', 'running')`,
      ...[id, workspace, connector],
    );
    if (host !== undefined) {
      await sql(
        `insert into public.connector_step_runs
           (workspace_id, execution_id, step_index, attempt, step_name, fence, status, request)
         values ($1, $2, 0, 1, 'lookup', 1, 'failed', jsonb_build_object('url', $3::text))`,
        ...[workspace, id, `https://${host}/v1`],
      );
    }
    await sql(
      `update public.connector_executions set status = $2, started_at = $3::timestamptz,
         finished_at = $3::timestamptz + make_interval(secs => $4::float8 / 1000),
         error = case when $5::text is not null
           then jsonb_build_object('class', $5::text, 'code', $6::text, 'message', '', 'step', 'lookup') end
       where id = $1`,
      ...[id, status, hour, tookMs, errorClass ?? null, code ?? null],
    );
  }
}

let operator: User;
let ours: Fixture;
let theirs: Fixture;
beforeAll(async () => {
  operator = await newSaasAdmin();
  ours = await newFixture();
  theirs = await newFixture();
  // Counted where they end: in the database.
  await ended(ours, at(2, 10), ['succeeded', 500], ['succeeded', 500], ['succeeded', 500]);
  await ended(ours, at(2, 10), ['failed', 2500, 'api.example.com', 'upstream', 'http_500']);
  await ended(ours, at(2, 12), ['succeeded', 300], ['succeeded', 700]);
  await ended(theirs, at(3, 12), ['succeeded', 500]);
  await ended(
    theirs,
    at(3, 12),
    ['failed', 500, 'slow.example.com', 'timeout', 'headers_timeout'],
    ['timed_out', 8000, 'slow.example.com', 'timeout', 'headers_timeout'],
  );
});

const get = (path: string) => call(`GET /api/v1/admin${path}`, { token: operator.token });
const rows = (answer: Answer): Record<string, unknown>[] => {
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return Object(answer.body).data;
};

describe('statistics', () => {
  it('come as totals and a series without gaps, in one call', async () => {
    const stats = dataIn(await get(`/stats?bucket=hour&${range(at(2, 9), at(2, 14))}`));
    expect(stats).toMatchObject({
      from: at(2, 9),
      to: at(2, 14),
      bucket: 'hour',
      totals: {
        executions: 6,
        succeeded: 5,
        failed: 1,
        cancelled: 0,
        timed_out: 0,
        success_rate: 0.8333,
        average_duration_ms: 833.3,
      },
    });
    const empty = { succeeded: 0, failed: 0, cancelled: 0, timed_out: 0, workspaces: 0 };
    expect(stats.series).toEqual([
      { ...empty, at: at(2, 9) },
      { ...empty, at: at(2, 10), succeeded: 3, failed: 1, workspaces: 1 },
      { ...empty, at: at(2, 11) },
      { ...empty, at: at(2, 12), succeeded: 2, workspaces: 1 },
      { ...empty, at: at(2, 13) },
    ]);
  });

  it('are counted by the day (UTC), whatever the offset of the range', async () => {
    const from = encodeURIComponent('2011-05-02T02:00:00+02:00');
    const stats = dataIn(await get(`/stats?bucket=day&from=${from}&to=${at(5, 0)}`));
    expect(stats.series).toMatchObject([
      { at: at(2, 0), succeeded: 5 },
      { at: at(3, 0), succeeded: 1, failed: 1, timed_out: 1, workspaces: 1 },
      { at: at(4, 0), succeeded: 0 },
    ]);
  });

  it('are of the last 24 hours by the hour when nothing is said, and empty where nothing ended', async () => {
    const stats = dataIn(await get('/stats'));
    expect(stats.bucket).toBe('hour');
    expect(stats.series).toHaveLength(25);
    const none = dataIn(await get(`/stats?${range(at(20, 0), at(21, 0))}`));
    expect(none.totals).toMatchObject({ executions: 0, success_rate: null, average_duration_ms: null });
  });

  it('cover a year by the day and a month by the hour', async () => {
    const year = dataIn(
      await get(`/stats?bucket=day&${range('2011-01-01T00:00:00Z', '2012-01-02T00:00:00Z')}`),
    );
    expect(year.series).toHaveLength(366);
    const month = dataIn(await get(`/stats?bucket=hour&${range(at(1, 0), '2011-06-01T00:00:00Z')}`));
    expect(month.series).toHaveLength(744);
  });
});

describe('ranges of time', () => {
  const day = '2011-05-02T00:00:00Z';
  it.each([
    ['a date without a time', '/stats?from=2011-05-02', '#query/from'],
    ['words', '/stats?to=yesterday', '#query/to'],
    ['a time without an offset', '/stats?from=2011-05-02T00:00:00', '#query/from'],
    ['a day that does not exist', '/stats?from=2011-02-30T00:00:00Z', '#query/from'],
    ['an empty time', '/stats?from=', '#query/from'],
    ['the year 0', '/stats?from=0000-01-01T00:00:00Z', '#query/from'],
    ['a year before 2000', `/stats?from=1999-12-31T00:00:00Z&to=${day}`, '#query/from'],
    ['a year that Postgres writes otherwise', '/stats?to=9999-12-31T23:59:59-23:00', '#query/to'],
    ['an end at the very start', '/stats?to=2000-01-01T00:00:00Z', '#query/to'],
    ['an end before the start', `/stats?from=${day}&to=2011-05-01T00:00:00Z`, '#query/from'],
    ['an empty range', `/stats?from=${day}&to=${day}`, '#query/from'],
    ['a start in the future', '/stats?from=2100-01-01T00:00:00Z', '#query/from'],
    ['more than 366 days', `/stats?bucket=day&from=${day}&to=2012-05-02T01:00:00Z`, '#query/from'],
    [
      'more than 31 days by the hour',
      `/stats?bucket=hour&from=${day}&to=2011-06-02T01:00:00Z`,
      '#query/from',
    ],
    ['an unknown bucket', '/stats?bucket=minute', '#query/bucket'],
    ['more than 366 days of workspaces', `/workspaces?from=${day}`, '#query/from'],
    ['more than 366 days of failures', `/failures?from=${day}`, '#query/from'],
    ['more than 366 days of connectors', `/connectors/slowest?from=${day}`, '#query/from'],
    ['an unknown property of failures', '/failures?by=user', '#query/by'],
    ['a limit of 0', '/failures?limit=0', '#query/limit'],
    ['a limit of 101', '/connectors/slowest?limit=101', '#query/limit'],
    ['an unknown status', '/executions/recent?status=done', '#query/status'],
    ['a cursor that is none', '/executions/recent?cursor=x', '#query/cursor'],
    ['a workspace cursor that is none', '/workspaces?cursor=%27', '#query/cursor'],
  ])('and other queries are refused with a pointer: %s', async (_, path, pointer) => {
    const problem = problemIn(await get(path));
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
  });
});

describe('lists', () => {
  it('show what workspaces use, page by page, newest first', async () => {
    const seen: Record<string, unknown>[] = [];
    let cursor = encodeCursor('ffffffff-ffff-ffff-ffff-ffffffffffff');
    for (let pages = 0; pages < 200 && cursor !== ''; pages += 1) {
      const answer = await get(`/workspaces?limit=2&cursor=${cursor}&${MAY}`);
      seen.push(...rows(answer));
      cursor = Object(answer.body).next_cursor ?? '';
    }
    const ids = seen.map(({ id }) => String(id));
    expect(ids).toEqual([...new Set(ids)].toSorted().toReversed());
    expect(seen.find(({ id }) => id === ours.workspace)).toMatchObject({
      name: 'Test',
      members: 4,
      connectors: 1,
      credentials: 1,
      executions: 6,
      failures: 1,
    });
  });

  it('show recent executions of all workspaces, and nothing of what was in them', async () => {
    const answer = await get('/executions/recent?limit=100&status=queued');
    const found = rows(answer);
    expect(found.every(({ status }) => status === 'queued')).toBe(true);
    expect(found.map(({ id }) => id)).toEqual(expect.arrayContaining([ours.execution, theirs.execution]));
    expect(found.find(({ id }) => id === ours.execution)).toEqual({
      id: ours.execution,
      workspace_id: ours.workspace,
      workspace_name: 'Test',
      connector_id: ours.connector,
      connector_name: 'Enrich a lead',
      status: 'queued',
      error_class: null,
      error_code: null,
      created_at: expect.any(String),
      duration_ms: null,
    });
    expect(
      rows(await get(`/executions/recent?limit=1&cursor=${encodeCursor(ours.execution)}`))[0]?.id,
    ).not.toBe(ours.execution);
  });

  it.each([
    [
      'class',
      [
        { key: 'timeout', name: null, failures: 2 },
        { key: 'upstream', name: null, failures: 1 },
      ],
    ],
    [
      'code',
      [
        { key: 'headers_timeout', name: null, failures: 2 },
        { key: 'http_500', name: null, failures: 1 },
      ],
    ],
    [
      'host',
      [
        { key: 'slow.example.com', name: null, failures: 2 },
        { key: 'api.example.com', name: null, failures: 1 },
      ],
    ],
    ['template', []],
  ])('count failures by %s', async (by, expected) => {
    const answer = await get(`/failures?by=${by}&${MAY}`);
    expect(answer.body).toEqual({ data: expected, next_cursor: null });
  });

  it('count failures by connector, most first, as many as are asked for', async () => {
    expect(rows(await get(`/failures?by=connector&limit=1&${MAY}`))).toEqual([
      { key: theirs.connector, name: 'Enrich a lead', failures: 2 },
    ]);
  });

  it('show the slowest connectors', async () => {
    expect(rows(await get(`/connectors/slowest?${MAY}`))).toMatchObject([
      { connector_id: theirs.connector, executions: 3, average_duration_ms: 3000, max_duration_ms: 8000 },
      { connector_id: ours.connector, workspace_id: ours.workspace, executions: 6, max_duration_ms: 2500 },
    ]);
  });
});

describe('credential keys', () => {
  it('tell how many credentials are under which, and which are configured', async () => {
    const [row] = await sql(
      'select id, key_id from public.workspace_api_credentials where workspace_id = $1',
      theirs.workspace,
    );
    const seal = (from: string, to: string) =>
      sql(
        `update public.workspace_api_credentials
         set key_id = $3, ciphertext = replace(ciphertext, 'v1.' || $2 || '.', 'v1.' || $3 || '.') where id = $1`,
        row?.id,
        from,
        to,
      );
    await seal('test', 'retired');
    try {
      const status = dataIn(await get('/credential-keys'));
      expect(status).toMatchObject({ newest_key_id: 'test', up_to_date: false, outdated: 1 });
      expect(status.keys).toEqual([
        { key_id: 'test', credentials: expect.any(Number), configured: true },
        { key_id: 'retired', credentials: 1, configured: false },
      ]);
    } finally {
      await seal('retired', 'test');
    }
    expect(dataIn(await get('/credential-keys'))).toMatchObject({ up_to_date: true, outdated: 0 });
  });

  it('are rotated by the task, which an operator can start by hand', async () => {
    const count = async () =>
      (await triggered()).filter(({ path }) => path === '/api/v1/tasks/credential-rekey/trigger').length;
    const before = await count();
    const answer = await call('POST /api/v1/admin/credential-keys/rotate', { token: operator.token });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe('/api/v1/admin/credential-keys');
    expect(await count()).toBe(before + 1);
    const keyed = await call('POST /api/v1/admin/credential-keys/rotate', {
      token: operator.token,
      headers: { 'idempotency-key': crypto.randomUUID() },
    });
    expect(keyed.status).toBe(202);
    const refused = await call('POST /api/v1/admin/credential-keys/rotate', { token: ours.owner.token });
    expect(problemIn(refused).status).toBe(403);
    expect(await count()).toBe(before + 2);
  });
});

describe('SaaS admins', () => {
  const add = (user_id: unknown) =>
    call('POST /api/v1/admin/saas-admins', { token: operator.token, json: { user_id } });

  it('make others SaaS admins, who may do the same at once, and are removed at once', async () => {
    const other = await signUp('second');
    expect((await call('GET /api/v1/admin/stats', { token: other.token })).status).toBe(403);
    const added = await add(other.id);
    expect(added.status).toBe(201);
    expect((await add(other.id)).status).toBe(201);
    const list = await call('GET /api/v1/admin/saas-admins', { token: other.token });
    expect(rows(list).filter(({ user_id }) => user_id === other.id)).toEqual([dataIn(added)]);
    const path = `DELETE /api/v1/admin/saas-admins/${other.id}`;
    expect((await call(path, { token: operator.token })).status).toBe(204);
    expect((await call('GET /api/v1/admin/stats', { token: other.token })).status).toBe(403);
    expect(problemIn(await call(path, { token: operator.token }))).toMatchObject({
      status: 404,
      code: 'admin_not_found',
    });
  });

  it.each([
    ['no user', {}, '/user_id', 'validation_failed'],
    ['a name', { user_id: 'ada' }, '/user_id', 'validation_failed'],
    [
      'an unknown field',
      { user_id: '018f0000-0000-7000-8000-000000000000', role: 'root' },
      '/role',
      'validation_failed',
    ],
    [
      'a user that does not exist',
      { user_id: '018f0000-0000-7000-8000-000000000000' },
      '/user_id',
      'unknown_user',
    ],
  ])('are not made of %s', async (_, json, pointer, code) => {
    const problem = problemIn(await call('POST /api/v1/admin/saas-admins', { token: operator.token, json }));
    expect(problem).toMatchObject({ status: 422, code });
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
  });

  it('are named by an id when they are removed', async () => {
    const problem = problemIn(await call('DELETE /api/v1/admin/saas-admins/ada', { token: operator.token }));
    expect(problem.errors?.[0]?.pointer).toBe('#path/user_id');
  });
});
