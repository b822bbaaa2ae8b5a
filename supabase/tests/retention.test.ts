import { beforeEach, describe, expect, test } from 'vitest';
import { call, refusal, useDatabase } from './harness.ts';
import { home, other, user, uuid } from './world.ts';

const db = useDatabase();
const W = { p_workspace_id: home.id };

const forget = (limit = 100) => call(db, 'service_role', 'forget_executions', { p_limit: limit });
const left = async () =>
  (
    await db.query('select id from public.connector_executions where id >= $1 order by id', [uuid(0xf00)])
  ).rows.map(({ id }) => String(id));
const keep = (days: number | null, workspace = home.id) =>
  db.query('update public.workspaces set retention_days = $2 where id = $1', [workspace, days]);

/** An execution that ended so many days ago, or has not. */
async function executed(
  n: number,
  daysAgo: number | null,
  more: Record<string, unknown> = {},
): Promise<string> {
  const id = uuid(0xf00 + n);
  const w = more.workspace === other.id ? other : home;
  await db.query(
    `insert into public.connector_executions
       (id, workspace_id, connector_id, connector_version, input, status, created_at, finished_at, parent_id)
     values ($1, $2, $3, 1, '{}', $4, now() - interval '5 years', now() - make_interval(days => $5), $6)`,
    [
      id,
      w.id,
      w.connector,
      more.status ?? (daysAgo === null ? 'running' : 'succeeded'),
      daysAgo,
      more.parent ?? null,
    ],
  );
  await db.query(
    `insert into public.connector_step_runs (workspace_id, execution_id, step_index, attempt, step_name, fence, status)
     values ($1, $2, 0, 0, 'a', 1, 'succeeded')`,
    [w.id, id],
  );
  return id;
}

describe('executions that have ended', () => {
  test('are kept for 90 days unless the workspace says otherwise', async () => {
    const young = await executed(1, 89);
    await executed(2, 91);
    expect(await forget()).toBe(1);
    expect(await left()).toEqual([young]);
  });

  test('go with their ledger, the oldest first, so many at once', async () => {
    const ids = [await executed(1, 100), await executed(2, 300), await executed(3, 200)];
    await db.query('update public.contacts set last_execution_id = $1 where id = $2', [ids[1], home.contact]);
    expect(await forget(2)).toBe(2);
    expect(await left()).toEqual([ids[0]]);
    const { rows } = await db.query(
      'select execution_id from public.connector_step_runs where execution_id >= $1',
      [uuid(0xf00)],
    );
    expect(rows).toEqual([{ execution_id: ids[0] }]);
    const contact = await db.query('select last_execution_id from public.contacts where id = $1', [
      home.contact,
    ]);
    expect(contact.rows).toEqual([{ last_execution_id: null }]);
  });

  test('are kept for ever where the workspace says so, and each workspace speaks for itself', async () => {
    await keep(null);
    await keep(10, other.id);
    const ours = await executed(1, 3_000);
    await executed(2, 11, { workspace: other.id });
    const theirs = await executed(3, 9, { workspace: other.id });
    expect(await forget()).toBe(1);
    expect(await left()).toEqual([ours, theirs]);
  });

  test.each(['queued', 'running'])('are not meant: one that is %s, however old', async (status) => {
    const id = await executed(1, null, { status });
    expect(await forget()).toBe(0);
    expect(await left()).toEqual([id]);
  });

  test('wait for what they called, and take it with them', async () => {
    const parent = await executed(1, 100);
    const child = await executed(2, 80, { parent });
    expect(await forget()).toBe(0);
    await db.query(
      `update public.connector_executions set status = 'running', finished_at = null where id = $1`,
      [child],
    );
    expect(await forget()).toBe(0);
    await db.query(
      `update public.connector_executions set status = 'failed', finished_at = now() - interval '91 days' where id = $1`,
      [child],
    );
    expect(await forget()).toBe(1);
    expect(await left()).toEqual([]);
  });

  test('are not taken from under what waits for them', async () => {
    const parent = await executed(1, null);
    const child = await executed(2, 400, { parent });
    expect(await forget()).toBe(0);
    expect(await left()).toEqual([parent, child]);
  });

  test('stay in the figures', async () => {
    const figures = async () =>
      (await db.query('select * from public.execution_rollups order by 1, 2, 3')).rows;
    await executed(1, 100);
    const before = await figures();
    await forget();
    expect(await figures()).toEqual(before);
    expect(before.length).toBeGreaterThan(0);
  });
});

describe('how long a workspace keeps them', () => {
  const update = (changes: object, actor = user.admin) =>
    call(db, actor, 'update_workspace', { ...W, p_changes: changes });
  beforeEach(() => keep(90));

  test.each([1, 3650, null])('is changed by an admin to %s, and nothing else with it', async (days) => {
    expect(await update({ retention_days: days })).toMatchObject({ retention_days: days, name: 'W' });
  });

  test('stays when only the name is changed', async () => {
    expect(await update({ name: 'X' })).toMatchObject({ retention_days: 90, name: 'X' });
  });

  test.each([0, -1, 3651])('is not %s', async (days) => {
    expect(await refusal(update({ retention_days: days }))).toMatchObject({ code: '23514' });
  });

  test('is not for editors', async () => {
    expect(await refusal(update({ retention_days: 1 }, user.editor))).toMatchObject({ code: 'PT403' });
  });

  test('is a change that the audit log shows', async () => {
    await update({ retention_days: 7 });
    const { rows } = await db.query('select after from public.audit_log order by id desc limit 1');
    expect(Object(rows[0]?.after).retention_days).toBe(7);
  });
});
