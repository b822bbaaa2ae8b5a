import { describe, expect, test } from 'vitest';
import { type Actor, call, refusal, useDatabase } from './harness.ts';
import { home, user, uuid } from './world.ts';

const db = useDatabase();
const { editor, viewer } = user;
const NEW = uuid(0xf01);

const accept = (actor: Actor, changes: Record<string, unknown> = {}) =>
  call(db, actor, 'accept_execution', {
    p_workspace_id: home.id,
    p_connector_id: home.connector,
    p_version: 1,
    p_id: NEW,
    p_input: { phone: '1' },
    p_trigger: { type: 'api' },
    ...changes,
  });
const get = (id = NEW) => call(db, viewer, 'get_execution', { p_workspace_id: home.id, p_id: id });
const cancel = (actor: Actor, id = NEW) =>
  call(db, actor, 'cancel_execution', { p_workspace_id: home.id, p_id: id });
const setStatus = (status: string) =>
  db.query('update public.connector_executions set status = $2, fence = 1 where id = $1', [NEW, status]);

describe('accepting', () => {
  test('an accepted execution is queued, names its starter, and reads back the same', async () => {
    const accepted = await accept(editor);
    expect(accepted).toMatchObject({
      ...{
        id: NEW,
        workspace_id: home.id,
        connector_id: home.connector,
        connector_version: 1,
        status: 'queued',
      },
      ...{
        trigger: { type: 'api' },
        input: { phone: '1' },
        output: null,
        error: null,
        steps: [],
        duration_ms: null,
      },
    });
    const { workspace_id: _, ...readable } = Object(accepted);
    expect(await get()).toEqual(readable);
    const { rows } = await db.query('select created_by from public.connector_executions where id = $1', [
      NEW,
    ]);
    expect(rows).toEqual([{ created_by: editor.user }]);
  });

  test.each([
    ['by a viewer', viewer, {}, { message: 'forbidden' }],
    ['of an unknown connector', editor, { p_connector_id: uuid(0xfff) }, { message: 'connector_not_found' }],
    ['of an unknown version', editor, { p_version: 9 }, { code: '23503' }],
    ['under an id that is taken', editor, { p_id: home.execution }, { code: '23505' }],
  ])('an execution %s is refused', async (_, actor, changes, answer) => {
    expect(await refusal(accept(actor, changes))).toMatchObject(answer);
  });

  test.each(['running', 'succeeded'])('an execution cannot be inserted as %s', async (status) => {
    const sql = `insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input, status)
      values ($1, $2, $3, 1, '{}', $4)`;
    expect(await refusal(db.as(editor, sql, [NEW, home.id, home.connector, status]))).toMatchObject({
      code: '42501',
    });
  });
});

describe('lists', () => {
  const list = (args: Record<string, unknown>) =>
    call(db, viewer, 'list_executions', { p_workspace_id: home.id, p_limit: 100, ...args });
  const ids = async (args: Record<string, unknown>) => {
    const page = await list(args);
    return Array.isArray(page) ? page.map((item) => item.id) : page;
  };

  test('pages by id, newest first, meet every execution once', async () => {
    for (let n = 0; n < 5; n += 1) await accept(editor, { p_id: uuid(0xf10 + n) });
    const seen: unknown[] = [];
    let after: unknown = null;
    for (let pages = 0; pages < 4; pages += 1) {
      const page = await ids({ p_limit: 2, p_after: after });
      seen.push(...(page as unknown[]));
      after = seen.at(-1);
    }
    expect(seen).toEqual([...[4, 3, 2, 1, 0].map((n) => uuid(0xf10 + n)), home.execution]);
  });

  test('filters by connector and by status, and leaves input and output out', async () => {
    await accept(editor, { p_id: NEW, p_connector_id: home.bareConnector });
    await setStatus('failed');
    expect(await ids({ p_connector_id: home.bareConnector })).toEqual([NEW]);
    expect(await ids({ p_status: 'failed' })).toEqual([NEW]);
    expect(await ids({ p_status: 'queued' })).toEqual([home.execution]);
    expect(await ids({ p_connector_id: home.bareConnector, p_status: 'queued' })).toEqual([]);
    const [item] = (await list({ p_status: 'failed' })) as object[];
    expect(Object.keys(Object(item))).not.toContain('input');
    expect(Object.keys(Object(item))).not.toContain('output');
  });
});

describe('cancelling', () => {
  test('a queued execution is cancelled at once, and the answer says so', async () => {
    await accept(editor);
    const answer = await cancel(editor);
    expect(answer).toMatchObject({
      status: 'cancelled',
      cancel_requested_at: expect.any(String),
      finished_at: expect.any(String),
      error: { class: 'cancelled', code: 'cancelled', message: expect.any(String), step: null },
    });
    expect(await get()).toEqual(answer);
  });

  test('a running execution is asked to end, and asking again keeps the first date', async () => {
    await accept(editor);
    await setStatus('running');
    const asked = await cancel(editor);
    expect(asked).toMatchObject({
      status: 'running',
      cancel_requested_at: expect.any(String),
      finished_at: null,
    });
    await db.query(
      `update public.connector_executions set cancel_requested_at = '2026-01-01Z' where id = $1`,
      [NEW],
    );
    expect(await cancel(editor)).toMatchObject({ cancel_requested_at: '2026-01-01T00:00:00+00:00' });
  });

  test.each(['succeeded', 'failed', 'timed_out'])(
    'an execution that has %s stays as it is',
    async (status) => {
      await accept(editor);
      await setStatus(status);
      expect(await refusal(cancel(editor))).toMatchObject({ code: 'PT409', message: 'execution_finished' });
      expect(await get()).toMatchObject({ status, cancel_requested_at: null });
    },
  );

  test('cancelling twice answers the same', async () => {
    await accept(editor);
    expect(await cancel(editor)).toEqual(await cancel(editor));
  });

  test('a viewer cannot cancel', async () => {
    await accept(editor);
    expect(await refusal(cancel(viewer))).toMatchObject({ message: 'forbidden' });
    expect(await get()).toMatchObject({ status: 'queued' });
  });
});

describe('steps of an execution', () => {
  test('are listed once each in order, with their newest attempt and the number of attempts', async () => {
    await accept(editor);
    await db.query(
      `insert into public.connector_step_runs
         (workspace_id, execution_id, step_index, attempt, step_name, fence, status, output, started_at)
       values ($1, $2, 1, 0, 'skip', 1, 'skipped', null, '2026-01-01Z'), ($1, $2, 0, 0, 'call', 1, 'failed', null, '2026-01-01Z'),
         ($1, $2, 0, 1, 'call', 1, 'interrupted', null, '2026-01-02Z'), ($1, $2, 0, 2, 'call', 2, 'succeeded', '{"a": 1}', '2026-01-03Z')`,
      [home.id, NEW],
    );
    expect(await get()).toMatchObject({
      steps: [
        {
          name: 'call',
          status: 'succeeded',
          attempts: 3,
          output: { a: 1 },
          started_at: '2026-01-01T00:00:00+00:00',
        },
        { name: 'skip', status: 'skipped', attempts: 0 },
      ],
    });
  });
});
