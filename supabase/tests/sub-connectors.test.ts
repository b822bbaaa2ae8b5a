import { beforeEach, describe, expect, test } from 'vitest';
import { call, refusal, useDatabase } from './harness.ts';
import { home, user, uuid } from './world.ts';

const db = useDatabase();
const { editor } = user;
const PARENT = uuid(0xf11);
const CHILD = uuid(0xf12);
const W = { p_workspace_id: home.id };

const engine = (name: string, args: Record<string, unknown>) => call(db, 'service_role', name, args);
const claim = async (id: string) =>
  Number(Object(await engine('claim_execution', { p_id: id, p_owner: id, p_lease_seconds: 30 })).fence);
const startChild = (fence: number) =>
  engine('start_child_execution', {
    ...{ p_id: PARENT, p_fence: fence, p_step_name: 'sub', p_iteration: '', p_input: {} },
    ...{ p_connector_id: home.connector, p_child_id: CHILD },
  });
const finish = (id: string, fence: number, status: string) =>
  engine('finish_execution', {
    ...{ p_id: id, p_fence: fence, p_status: status, p_output: { n: 1 }, p_contact: null },
    p_error:
      status === 'succeeded' ? null : { class: 'upstream', code: 'http_500', message: 'm', step: 'sub' },
  });
const park = (id: string, fence: number) =>
  engine('park_execution', { p_id: id, p_fence: fence, p_resume_at: '2099-01-01T00:00:00Z' });
const child = async () =>
  (await db.query('select * from public.connector_executions where id = $1', [CHILD])).rows[0] ?? {};
const accept = (id: string) =>
  call(db, editor, 'accept_execution', {
    ...{ ...W, p_connector_id: home.connector, p_version: 1, p_id: id, p_input: {} },
    p_trigger: { type: 'api' },
  });

beforeEach(() => accept(PARENT));

describe('the execution of a sub-connector', () => {
  test('is accepted once, and found again by whoever goes on with its caller', async () => {
    expect(await startChild(await claim(PARENT))).toMatchObject({ status: 'queued' });
    await finish(CHILD, await claim(CHILD), 'succeeded');
    expect(await startChild(await claim(PARENT))).toEqual({
      ...{ status: 'succeeded', output: { n: 1 }, error: null },
    });
    expect(await child()).toMatchObject({ parent_id: PARENT, depth: 1, redrives: 0 });
  });

  test('is not one that somebody else wrote under its id', async () => {
    await accept(CHILD);
    await finish(CHILD, await claim(CHILD), 'succeeded');
    expect(await refusal(startChild(await claim(PARENT)))).toMatchObject({ code: '23505' });
  });

  test.each(['succeeded', 'failed', 'timed_out', 'cancelled'])(
    'that is parked ends with a caller that has %s',
    async (status) => {
      const fence = await claim(PARENT);
      await startChild(fence);
      await park(CHILD, await claim(CHILD));
      await finish(PARENT, fence, status);
      expect(await child()).toMatchObject({ status: 'cancelled', resume_at: null });
    },
  );

  test('that another process runs is asked to end with its caller', async () => {
    const fence = await claim(PARENT);
    await startChild(fence);
    await claim(CHILD);
    await finish(PARENT, fence, 'succeeded');
    expect(await child()).toMatchObject({ status: 'running', cancel_requested_at: expect.any(String) });
  });

  test('that failed goes on once its caller was redriven, and not before', async () => {
    const fence = await claim(PARENT);
    await startChild(fence);
    await finish(CHILD, await claim(CHILD), 'failed');
    expect(await startChild(fence)).toMatchObject({ status: 'failed' });
    await finish(PARENT, fence, 'failed');
    await call(db, editor, 'redrive_execution', { ...W, p_id: PARENT });
    expect(await startChild(await claim(PARENT))).toMatchObject({ status: 'queued', error: null });
    expect(await child()).toMatchObject({ status: 'queued', redrives: 1 });
  });
});

describe('the options of a test, written past its function', () => {
  const start = (actor: Parameters<typeof db.as>[0], options: object) =>
    db.as(
      actor,
      `insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input, trigger, options)
       values ($1, $2, $3, 1, '{}', '{"type": "test"}', $4::text::jsonb)`,
      [uuid(0xf13), home.id, home.connector, JSON.stringify(options)],
    );
  const options = { mode: 'live', definition: { format: 1, steps: [] }, credential_services: ['crm'] };

  test('are for editors: who may only execute connectors brings no definition', async () => {
    expect(await refusal(start(home.keys.execute, options))).toMatchObject({ code: '42501' });
    expect(await start(home.keys.write, options)).toMatchObject({ affected: 1 });
  });

  test('name services in a list, or else no claim could read them', async () => {
    const broken = { ...options, credential_services: 'crm' };
    expect(await refusal(start(editor, broken))).toMatchObject({ code: '23514' });
  });
});
