import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type CallOptions, call, dataIn, problemIn, sql } from '../../test/api.ts';
import { type Fixture, newFixture } from '../../test/fixture.ts';

let ours: Fixture;
beforeEach(async () => {
  ours = await newFixture(ours);
});

const as = (who: 'viewer' | 'editor' | 'admin'): CallOptions => ({
  token: ours[who].token,
  workspace: ours.workspace,
});
const Page = z.object({
  data: z.array(z.looseObject({ id: z.string(), host: z.string(), state: z.string() })),
  next_cursor: z.string().nullable(),
});
const list = async (query = '') =>
  Page.parse((await call(`GET /api/v1/circuits${query}`, as('viewer'))).body);

/** Rows as the engine would leave them; each newer than the one before. */
async function add(host: string, openedAt: string | null, retryAt: string | null): Promise<string> {
  const [row] = await sql(
    `insert into public.circuits (id, workspace_id, host, failures, opened_at, retry_at, open_ms)
     select ('01980000-0000-7000-8000-' || lpad((count(*) + 1)::text, 12, '0'))::uuid, $1::uuid, $2, 20, $3::timestamptz,
       $4::timestamptz, case when $3::timestamptz is not null then 30000 end
     from public.circuits
     returning id`,
    ...[ours.workspace, host, openedAt, retryAt],
  );
  return z.string().parse(row?.id);
}
const PAST = '2020-01-01T00:00:00Z';
const FUTURE = '2199-01-01T00:00:00Z';

describe('circuits', () => {
  it('are none while every service answers', async () => {
    expect(await list()).toEqual({ data: [], next_cursor: null });
  });

  it('are listed newest first, page by page, with their state', async () => {
    await add('closed.example.com', null, null);
    await add('due.example.com', PAST, PAST);
    await add('open.example.com', PAST, FUTURE);
    const first = await list('?limit=2');
    expect(first.data.map(({ host, state }) => [host, state])).toEqual([
      ['open.example.com', 'open'],
      ['due.example.com', 'half_open'],
    ]);
    const second = await list(`?limit=2&cursor=${first.next_cursor}`);
    expect(second.data.map(({ state }) => state)).toEqual(['closed']);
    expect(second.next_cursor).toBeNull();
  });

  it.each([
    ['open', ['open.example.com']],
    ['half_open', ['due.example.com']],
    ['closed', ['closed.example.com']],
  ])('can be listed by the state %s', async (state, hosts) => {
    await add('closed.example.com', null, null);
    await add('due.example.com', PAST, PAST);
    await add('open.example.com', PAST, FUTURE);
    expect((await list(`?state=${state}`)).data.map(({ host }) => host)).toEqual(hosts);
  });

  it.each([
    ['?state=broken', '#query/state'],
    ['?cursor=x', '#query/cursor'],
    ['?limit=0', '#query/limit'],
  ])('refuse %s', async (query, pointer) => {
    const problem = problemIn(await call(`GET /api/v1/circuits${query}`, as('viewer')));
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer }] });
  });

  it('are closed by an editor, who stands in the audit log', async () => {
    const id = await add('open.example.com', PAST, FUTURE);
    expect(problemIn(await call(`POST /api/v1/circuits/${id}/close`, as('viewer'))).code).toBe('forbidden');
    const closed = dataIn(await call(`POST /api/v1/circuits/${id}/close`, as('editor')));
    expect(closed).toMatchObject({ id, state: 'closed', failures: 0, opened_at: null, retry_at: null });
    expect(dataIn(await call(`POST /api/v1/circuits/${id}/close`, as('editor')))).toEqual(closed);
    const log = await call('GET /api/v1/audit-log?entity=circuits', as('admin'));
    expect(log.body).toMatchObject({ data: [{ actor_id: ours.editor.id, entity_id: id, action: 'update' }] });
  });

  it('of nobody are 404', async () => {
    const missing = await call(
      'POST /api/v1/circuits/018f0000-0000-7000-8000-000000000000/close',
      as('editor'),
    );
    expect(problemIn(missing)).toMatchObject({ status: 404, code: 'circuit_not_found' });
  });
});
