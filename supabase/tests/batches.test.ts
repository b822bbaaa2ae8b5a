import { beforeEach, describe, expect, test } from 'vitest';
import { type Actor, call, refusal, useDatabase } from './harness.ts';
import { home, user, uuid } from './world.ts';

const db = useDatabase();
const { editor, viewer } = user;
const W = { p_workspace_id: home.id };
const BATCH = uuid(0xe00);
const item = (n: number) => uuid(0xe10 + n);
const ITEMS = [{ input: { n: 0 }, key: 'a' }, { input: { n: 1 } }, { input: { n: 2 } }, { input: { n: 3 } }];

const create = (actor: Actor = editor, items: unknown[] = ITEMS) =>
  call(db, actor, 'create_batch', {
    ...{ ...W, p_connector_id: home.connector, p_version: 1, p_id: BATCH },
    p_item_ids: items.map((_, n) => item(n)),
    p_items: JSON.stringify(items),
  });
const get = async (): Promise<Record<string, unknown>> =>
  Object(await call(db, viewer, 'get_batch', { ...W, p_id: BATCH }));
const engine = async (name: string, args: Record<string, unknown>) =>
  call(db, 'service_role', name, args) as Promise<Record<string, unknown>>;
const begin = (owner: string, turn = 0) =>
  engine('begin_batch_slice', {
    ...{ p_batch_id: BATCH, p_turn: turn, p_owner: owner },
    p_lease_seconds: 60,
  });
const end = (owner: string) => engine('end_batch_slice', { p_batch_id: BATCH, p_owner: owner });
const sweep = async () =>
  (await engine('sweep_batches', { p_older_than_seconds: 30, p_limit: 10 })) as unknown;
async function claim(owner: string, limit = 10): Promise<{ id: string; fence: number }[] | null> {
  const rows = await engine('claim_batch_executions', {
    ...{ p_batch_id: BATCH, p_owner: owner, p_limit: limit },
    p_lease_seconds: 30,
  });
  if (rows === null) return null;
  return (rows as unknown as Record<string, unknown>[]).map((row) => ({
    id: String(row.execution_id),
    fence: Number(row.fence),
  }));
}
const finish = (claimed: { id: string; fence: number }, status = 'succeeded') =>
  engine('finish_execution', {
    ...{
      p_id: claimed.id,
      p_fence: claimed.fence,
      p_status: status,
      p_output: { ok: true },
      p_contact: null,
    },
    p_error:
      status === 'succeeded' ? null : { class: 'upstream', code: 'http_500', message: 'x', step: null },
  });
const counts = (of: Record<string, number>) => ({
  ...{ queued: 0, running: 0, succeeded: 0, failed: 0, timed_out: 0, cancelled: 0 },
  ...of,
});
/** Time in a test's transaction stands still, so that what is to be old is made old. */
const age = (seconds: number) =>
  db.query(
    `update public.connector_batches set touched_at = now() - make_interval(secs => $2) where id = $1`,
    [BATCH, seconds],
  );
const rows = async (columns: string) =>
  (
    await db.query(
      `select ${columns} from public.connector_executions where batch_id = $1 order by batch_index`,
      [BATCH],
    )
  ).rows;

describe('a new batch', () => {
  test('has an execution for each item, in order', async () => {
    expect(await create()).toMatchObject({
      ...{ id: BATCH, connector_id: home.connector, connector_version: 1, status: 'running', total: 4 },
      ...{ counts: counts({ queued: 4 }), finished_at: null, cancel_requested_at: null },
    });
    expect(await rows('id, batch_index, batch_key, status, input, trigger, created_by')).toEqual(
      ITEMS.map(({ input, key = null }, n) => ({
        ...{ id: item(n), batch_index: n, batch_key: key, status: 'queued', input },
        ...{ trigger: { type: 'batch' }, created_by: editor.user },
      })),
    );
  });

  test.each<[string, unknown[]]>([
    ['no items', []],
    ['an input that is missing', [{ input: {} }, {}]],
  ])('is refused as a whole with %s', async (_, items) => {
    await refusal(create(editor, items));
    expect((await db.query('select 1 from public.connector_batches where id = $1', [BATCH])).rows).toEqual(
      [],
    );
  });

  test('is refused when ids and items differ in number', async () => {
    const attempt = call(db, editor, 'create_batch', {
      ...{ ...W, p_connector_id: home.connector, p_version: 1, p_id: BATCH },
      ...{ p_item_ids: [item(0)], p_items: JSON.stringify(ITEMS) },
    });
    expect(await refusal(attempt)).toMatchObject({ code: 'PT422', message: 'validation_failed' });
  });

  test('takes no further items from anybody', async () => {
    await create();
    const insert = db.as(
      editor,
      `insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input, batch_id, batch_index)
       values ($1, $2, $3, 1, '{}', $4, 9)`,
      [item(9), home.id, home.connector, BATCH],
    );
    expect(await refusal(insert)).toMatchObject({ code: '42501' });
  });

  test('is not started by the sweeper of single executions', async () => {
    await create();
    await db.query(
      `update public.connector_executions set queued_at = now() - interval '1 day' where batch_id = $1`,
      [BATCH],
    );
    const due = await engine('sweep_executions', {
      ...{ p_older_than_seconds: 30, p_max_claims: 20, p_limit: 100 },
    });
    expect(JSON.stringify(due)).not.toContain(item(0));
  });
});

describe('turns', () => {
  beforeEach(() => create());

  test('one run has the turn; a second one is told so, and a late one that it is not meant', async () => {
    expect(await begin('run_1')).toMatchObject({ outcome: 'begun', workspace_id: home.id });
    expect(await begin('run_2')).toEqual({ outcome: 'held' });
    expect(await claim('run_2')).toBeNull();
    expect(await end('run_1')).toMatchObject({ turn: 1 });
    expect(await begin('run_2')).toEqual({ outcome: 'stale' });
    expect(await begin('run_3', 1)).toMatchObject({ outcome: 'begun' });
  });

  test('an item is claimed once, in order, and never by two', async () => {
    await begin('run_1');
    expect((await claim('run_1', 3))?.map(({ id }) => id)).toEqual([item(0), item(1), item(2)]);
    expect((await claim('run_1', 3))?.map(({ id }) => id)).toEqual([item(3)]);
    expect(await claim('run_1', 3)).toEqual([]);
  });

  test('a later attempt of the run that died goes on with its items at once', async () => {
    await begin('run_1');
    await claim('run_1', 2);
    expect(await claim('run_1', 10)).toHaveLength(2);
    expect(await begin('run_1')).toMatchObject({ outcome: 'begun' });
    expect(await claim('run_1', 10)).toMatchObject([
      { id: item(0), fence: 2 },
      { id: item(1), fence: 2 },
      { id: item(2), fence: 2 },
      { id: item(3), fence: 2 },
    ]);
  });

  test('an item that was lost three times is left to a process of its own', async () => {
    await begin('run_1');
    await claim('run_1', 1);
    await db.query(
      `update public.connector_executions set strikes = 3, lease_expires_at = now() - interval '1 hour' where id = $1`,
      [item(0)],
    );
    expect((await claim('run_1', 1))?.map(({ id }) => id)).toEqual([item(1)]);
    const due = await engine('sweep_executions', {
      ...{ p_older_than_seconds: 30, p_max_claims: 20, p_limit: 100 },
    });
    expect(due).toMatchObject([{ id: item(0) }]);
  });

  test('an item that waits is due when its time has come', async () => {
    await begin('run_1');
    for (const claimed of (await claim('run_1')) ?? []) {
      if (claimed.id !== item(2)) await finish(claimed);
      else
        await engine('park_execution', {
          ...{ p_id: claimed.id, p_fence: claimed.fence },
          p_resume_at: '2199-01-01T00:00:00Z',
        });
    }
    expect(await claim('run_1')).toEqual([]);
    expect(await end('run_1')).toEqual({ due: '2199-01-01T00:00:00+00:00', turn: 1 });
    await db.query(`update public.connector_executions set resume_at = now() where id = $1`, [item(2)]);
    await begin('run_2', 1);
    expect(await claim('run_2')).toMatchObject([{ id: item(2) }]);
  });

  test('whoever lost the turn does not end that of another', async () => {
    await begin('run_1');
    await db.query(`update public.connector_batches set slice_expires_at = now() where id = $1`, [BATCH]);
    await begin('run_2');
    expect(await end('run_1')).toMatchObject({ due: null });
    expect(
      await engine('renew_batch_slice', { p_batch_id: BATCH, p_owner: 'run_1', p_lease_seconds: 60 }),
    ).toBe(false);
    expect(await begin('run_3')).toEqual({ outcome: 'held' });
  });
});

describe('the end', () => {
  beforeEach(() => create());
  const runAll = async (status = 'succeeded') => {
    await begin('run_1');
    for (const claimed of (await claim('run_1')) ?? [])
      await finish(claimed, claimed.id === item(1) ? status : 'succeeded');
  };

  test('shows before anybody has written it down, and is the same afterwards', async () => {
    await runAll('failed');
    const before = await get();
    expect(before).toMatchObject({ status: 'completed', counts: counts({ succeeded: 3, failed: 1 }) });
    expect(before.finished_at).not.toBeNull();
    expect(
      (await db.query('select status from public.connector_batches where id = $1', [BATCH])).rows,
    ).toEqual([{ status: 'running' }]);
    expect(await end('run_1')).toEqual({ due: null, turn: 0 });
    expect(
      (await db.query('select status from public.connector_batches where id = $1', [BATCH])).rows,
    ).toEqual([{ status: 'completed' }]);
    expect(await get()).toEqual(before);
    expect(await begin('run_2')).toEqual({ outcome: 'finished' });
  });

  test('is written down by the sweeper when the run died before it could', async () => {
    await runAll();
    await age(60);
    expect(await sweep()).toEqual([]);
    expect(
      (await db.query('select status from public.connector_batches where id = $1', [BATCH])).rows,
    ).toEqual([{ status: 'completed' }]);
  });

  test('keeps its counts when its executions are deleted', async () => {
    await runAll();
    await end('run_1');
    await db.query('delete from public.connector_executions where batch_id = $1', [BATCH]);
    expect(await get()).toMatchObject({ status: 'completed', counts: counts({ succeeded: 4 }) });
  });

  test('is taken back when an item is redriven alone', async () => {
    await runAll('failed');
    await end('run_1');
    await call(db, editor, 'redrive_execution', { ...W, p_id: item(1) });
    expect(await get()).toMatchObject({
      ...{ status: 'running', finished_at: null, counts: counts({ succeeded: 3, queued: 1 }) },
    });
  });
});

describe('the sweeper', () => {
  beforeEach(() => create());

  test('finds a batch whose first trigger was lost, under the name that it had', async () => {
    expect(await sweep()).toEqual([]);
    await db.query(`update public.connector_executions set queued_at = now() - interval '1 minute'`);
    await age(60);
    expect(await sweep()).toEqual([{ id: BATCH, workspace_id: home.id, turn: 0 }]);
    expect(await sweep()).toEqual([{ id: BATCH, workspace_id: home.id, turn: 0 }]);
  });

  test('leaves a batch alone that somebody works on', async () => {
    await begin('run_1');
    await db.query(`update public.connector_executions set queued_at = now() - interval '1 minute'`);
    await age(60);
    expect(await sweep()).toEqual([]);
  });

  test('gives another name to the turn of a run that died with it', async () => {
    await begin('run_1');
    await db.query(`update public.connector_executions set queued_at = now() - interval '1 minute'`);
    await age(60);
    await db.query(
      `update public.connector_batches set slice_expires_at = now() - interval '1 second' where id = $1`,
      [BATCH],
    );
    expect(await sweep()).toEqual([{ id: BATCH, workspace_id: home.id, turn: 1 }]);
    expect(await begin('run_2', 1)).toMatchObject({ outcome: 'begun' });
  });
});

describe('cancelling', () => {
  beforeEach(() => create());
  const cancel = (actor: Actor = editor) => call(db, actor, 'cancel_batch', { ...W, p_id: BATCH });

  test('ends what waits at once, asks what runs, and is done when that has ended', async () => {
    await begin('run_1');
    const [first, second] = (await claim('run_1', 2)) ?? [];
    if (!first || !second) throw new Error('nothing was claimed');
    await engine('park_execution', {
      ...{ p_id: second.id, p_fence: second.fence, p_resume_at: '2199-01-01T00:00:00Z' },
    });
    expect(await cancel()).toMatchObject({ status: 'running', counts: counts({ running: 1, cancelled: 3 }) });
    expect(await rows("status, cancel_requested_at is not null as asked, error ->> 'code' as code")).toEqual([
      { status: 'running', asked: true, code: null },
      ...[1, 2, 3].map(() => ({ status: 'cancelled', asked: true, code: 'cancelled' })),
    ]);
    await finish(first, 'cancelled');
    expect(await get()).toMatchObject({ status: 'cancelled', counts: counts({ cancelled: 4 }) });
    expect(await cancel()).toMatchObject({ status: 'cancelled' });
  });

  test('is no longer possible when all items have ended', async () => {
    await begin('run_1');
    for (const claimed of (await claim('run_1')) ?? []) await finish(claimed);
    expect(await refusal(cancel())).toMatchObject({ code: 'PT409', message: 'batch_finished' });
    expect(await refusal(cancel(viewer))).toMatchObject({ code: 'PT403' });
  });

  test('counts each item once in the figures, as ending them one by one would', async () => {
    const figures = async () =>
      (
        await db.query(
          `select (select sum(cancelled)::int from public.platform_rollups where hour > now() - interval '2 hours') as platform,
             (select sum(executions)::int from public.workspace_rollups where workspace_id = $1 and hour > now() - interval '2 hours') as workspace,
             (select sum(executions)::int from public.workspace_day_rollups where workspace_id = $1 and day > now() - interval '2 days') as day,
             (select sum(workspaces)::int from public.platform_rollups where hour > now() - interval '2 hours') as workspaces,
             (select sum(cancelled)::int from public.execution_rollups where workspace_id = $1 and hour > now() - interval '2 hours') as connector`,
          [home.id],
        )
      ).rows[0];
    await cancel();
    const together = await figures();
    expect(together).toEqual({ platform: 4, workspace: 4, day: 4, workspaces: 1, connector: 4 });
    // The switch that keeps the items from being counted one by one does not outlast the call.
    await call(db, editor, 'cancel_execution', { ...W, p_id: home.execution });
    expect(await figures()).toEqual({ platform: 5, workspace: 5, day: 5, workspaces: 1, connector: 5 });
  });
});

describe('redriving', () => {
  beforeEach(() => create());
  const redrive = () =>
    call(db, editor, 'redrive_batch', { ...W, p_id: BATCH }) as Promise<Record<string, unknown>>;

  test('runs what did not succeed again, and leaves the rest', async () => {
    await begin('run_1');
    const claims = (await claim('run_1')) ?? [];
    const statuses = ['succeeded', 'failed', 'timed_out', 'cancelled'];
    for (const [n, claimed] of claims.entries()) await finish(claimed, statuses[n]);
    await end('run_1');
    const redriven = await redrive();
    expect(redriven).toMatchObject({
      status: 'running',
      counts: counts({ succeeded: 1, queued: 3 }),
      turn: 1,
    });
    expect(await rows('status, redrives, error')).toEqual([
      { status: 'succeeded', redrives: 0, error: null },
      ...[1, 2, 3].map(() => ({ status: 'queued', redrives: 1, error: null })),
    ]);
    expect(await begin('run_2', 0)).toEqual({ outcome: 'stale' });
    await begin('run_2', 1);
    expect((await claim('run_2'))?.map(({ id }) => id)).toEqual([item(1), item(2), item(3)]);
  });

  test('while a run has the turn, its end gives the turn on under a new name', async () => {
    await begin('run_1');
    const [first] = (await claim('run_1', 1)) ?? [];
    if (!first) throw new Error('nothing was claimed');
    await finish(first, 'failed');
    expect(await redrive()).toMatchObject({ turn: 1 });
    expect(await begin('run_2', 1)).toEqual({ outcome: 'held' });
    expect(await end('run_1')).toMatchObject({ turn: 2 });
  });

  test('changes nothing when there is nothing to redrive', async () => {
    const before = await get();
    expect(await redrive()).toMatchObject({ ...before, turn: 0 });
  });

  test('does not run a connector that has been deleted', async () => {
    await db.query('update public.connectors set deleted_at = now() where id = $1', [home.connector]);
    expect(await refusal(redrive())).toMatchObject({ code: 'PT404', message: 'connector_not_found' });
  });
});

describe('items', () => {
  const list = (args: Record<string, unknown>) =>
    call(db, viewer, 'get_batch_items', { ...W, p_id: BATCH, ...args }) as Promise<{
      items: { index: number }[];
      more: boolean;
    }>;

  test('come in order, page by page, by status', async () => {
    await create();
    const page = await list({ p_limit: 3 });
    expect(page).toMatchObject({
      more: true,
      items: [{ index: 0, key: 'a', execution_id: item(0) }, {}, {}],
    });
    expect(await list({ p_limit: 3, p_after: 2 })).toMatchObject({ more: false, items: [{ index: 3 }] });
    expect(await list({ p_limit: 3, p_status: 'failed' })).toEqual({ more: false, items: [] });
  });

  test('that are large come fewer at a time, but always one', async () => {
    await create();
    await db.query(
      `update public.connector_executions set output = to_jsonb(repeat('x', 1500000)) where batch_id = $1`,
      [BATCH],
    );
    const seen: number[] = [];
    for (let after: number | null = null, more = true; more; ) {
      const page = await list({ p_limit: 1000, p_after: after });
      expect(page.items).toHaveLength(1);
      seen.push(...page.items.map(({ index }) => index));
      after = seen.at(-1) ?? null;
      more = page.more;
    }
    expect(seen).toEqual([0, 1, 2, 3]);
  });
});
