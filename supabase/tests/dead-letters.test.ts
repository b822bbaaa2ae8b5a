import { beforeEach, describe, expect, test } from 'vitest';
import { type Actor, call, refusal, useDatabase } from './harness.ts';
import { home, user, uuid } from './world.ts';

const db = useDatabase();
const { editor, viewer } = user;
const W = { p_workspace_id: home.id };
const ids = Array.from({ length: 4 }, (_, n) => uuid(0xf10 + n));
const [OLDEST = '', SECOND = '', THIRD = '', NEWEST = ''] = ids;

const list = async (args: Record<string, unknown> = {}) =>
  (await call(db, viewer, 'list_dead_letters', { ...W, p_limit: 100, ...args })) as Record<string, unknown>[];
const listed = async (args: Record<string, unknown> = {}) => (await list(args)).map(({ id }) => id);
const dismiss = (id: string, dismissed = true, actor: Actor = editor) =>
  call(db, actor, 'dismiss_dead_letter', { ...W, p_id: id, p_dismissed: dismissed });
const summary = async () => Object(await call(db, viewer, 'dead_letter_summary', W));

/** Three that failed and one that timed out; the newest of another connector. */
beforeEach(async () => {
  for (const id of ids) {
    await call(db, editor, 'accept_execution', {
      ...{
        ...W,
        p_connector_id: id === NEWEST ? home.bareConnector : home.connector,
        p_version: 1,
        p_id: id,
      },
      ...{ p_input: { secret: 'input' }, p_trigger: { type: 'api' } },
    });
  }
  await db.query(
    `update public.connector_executions set status = 'failed', finished_at = now(),
       error = '{"class": "upstream", "code": "http_500", "message": "m", "step": "look_up"}' where id = any ($1)`,
    [ids],
  );
  await db.query(
    `update public.connector_executions set status = 'timed_out', error = '{"class": "timeout", "code": "t"}' where id = $1`,
    [OLDEST],
  );
});

describe('dead letters', () => {
  test('are what failed or timed out, newest first, with the reason and without data', async () => {
    expect(await listed()).toEqual(ids.toReversed());
    const [first] = await list();
    expect(first).toMatchObject({
      ...{ error: { class: 'upstream', code: 'http_500' }, connector_name: 'C', failed_request: null },
      dismissed_at: null,
    });
    expect(Object.keys(first ?? {})).not.toContain('input');
  });

  test('show the request of the failed step as it was sent last', async () => {
    await db.query(
      `insert into public.connector_step_runs (workspace_id, execution_id, step_index, attempt, step_name, fence, status, started_event, request)
       values ($1, $2, 0, 0, 'look_up', 1, 'failed', 1, '{"method": "GET", "url": "https://a.example/0", "headers": {"x": "y"}}'),
         ($1, $2, 0, 1, 'look_up', 1, 'failed', 2, '{"method": "GET", "url": "https://a.example/1"}'),
         ($1, $2, 0, 2, 'look_up', 1, 'failed', 3, null),
         ($1, $2, 1, 0, 'other', 1, 'failed', 4, '{"method": "GET", "url": "https://a.example/other"}')`,
      [home.id, THIRD],
    );
    const found = (await list()).find(({ id }) => id === THIRD);
    expect(found?.failed_request).toEqual({
      ...{ method: 'GET', url: 'https://a.example/1', iteration: '', attempt: 1 },
    });
  });

  test('are filtered by connector and class, and paged', async () => {
    expect(await listed({ p_connector_id: home.bareConnector })).toEqual([NEWEST]);
    expect(await listed({ p_error_class: 'timeout' })).toEqual([OLDEST]);
    expect(await listed({ p_limit: 2, p_after: NEWEST })).toEqual([THIRD, SECOND]);
  });

  test.each([
    ['a test run', `options = '{}', trigger = '{"type": "test"}'`],
    ['part of another execution', `parent_id = '${home.execution}'`],
    ['a success', `status = 'succeeded', error = null`],
    ['cancelled', `status = 'cancelled'`],
    ['dismissed', 'dismissed_at = now()'],
  ])('are not: %s', async (_, change) => {
    await db.query(`update public.connector_executions set ${change} where id = $1`, [THIRD]);
    expect(await listed()).toEqual([NEWEST, SECOND, OLDEST]);
    expect((await summary()).total).toBe(3);
  });

  test('are dealt with when they are redriven, and are back when that fails', async () => {
    await call(db, editor, 'redrive_execution', { ...W, p_id: THIRD });
    expect(await listed()).not.toContain(THIRD);
    await db.query(
      `update public.connector_executions set status = 'failed', finished_at = now() where id = $1`,
      [THIRD],
    );
    expect(await listed()).toContain(THIRD);
  });
});

describe('dismissing', () => {
  test('takes one off the list, twice without error, and restoring puts it back', async () => {
    const first = Object(await dismiss(THIRD));
    expect(first).toMatchObject({ id: THIRD, dismissed_at: expect.any(String) });
    await db.query(`update public.connector_executions set dismissed_at = '2026-01-01' where id = $1`, [
      THIRD,
    ]);
    expect(Object(await dismiss(THIRD)).dismissed_at).toContain('2026-01-01');
    expect(await listed()).not.toContain(THIRD);
    expect(await dismiss(THIRD, false)).toMatchObject({ dismissed_at: null });
    expect(await listed()).toContain(THIRD);
    expect(await dismiss(THIRD, false)).toMatchObject({ dismissed_at: null });
  });

  test('is for editors, and for dead letters', async () => {
    expect(await refusal(dismiss(THIRD, true, viewer))).toMatchObject({ code: 'PT403' });
    expect(await refusal(dismiss(home.execution))).toMatchObject({
      code: 'PT409',
      message: 'no_dead_letter',
    });
    expect(await refusal(dismiss(uuid(0xfff)))).toMatchObject({ code: 'PT404' });
  });
});

test('the summary counts by connector, class and code, the most frequent first', async () => {
  const group = (connector_id: string, code: string, count: number, newest_id: string) =>
    expect.objectContaining({ connector_id, connector_name: 'C', code, count, newest_id });
  const { total, complete, groups } = await summary();
  expect({ total, complete }).toEqual({ total: 4, complete: true });
  expect(groups).toEqual([
    group(home.connector, 'http_500', 2, THIRD),
    group(home.bareConnector, 'http_500', 1, NEWEST),
    group(home.connector, 't', 1, OLDEST),
  ]);
});
