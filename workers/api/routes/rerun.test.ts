import { beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { executionTriggerKey, hashTriggerKey } from '../../../core/execution/task-trigger.ts';
import { call, dataIn, idIn, problemIn, sql, triggered } from '../../test/api.ts';
import { connectorBody, executeBody, type Fixture, newFixture } from '../../test/fixture.ts';

const Fences = z.array(z.object({ fence: z.coerce.number() }));

describe('running an execution again', () => {
  let ours: Fixture;
  let as: { token: string; workspace: string };
  beforeAll(async () => {
    ours = await newFixture();
    as = { token: ours.editor.token, workspace: ours.workspace };
  });

  const executed = async (status: string, connector = ours.connector) => {
    const id = idIn(await call(`POST /api/v1/connectors/${connector}/execute`, { ...as, json: executeBody }));
    await sql(
      `update public.connector_executions set status = $2, fence = 3, started_at = now(), finished_at = now(),
         error = '{"class":"upstream","code":"http_500","message":"m","step":"lookup"}' where id = $1`,
      id,
      status,
    );
    return id;
  };
  const redrive = (id: string, json: object = {}, headers: Record<string, string> = {}) =>
    call(`POST /api/v1/executions/${id}/redrive`, { ...as, json, headers });
  const replay = (id: string, json: object = {}) =>
    call(`POST /api/v1/executions/${id}/replay`, { ...as, json });
  /** The keys under which the task was triggered for an execution. */
  const keysFor = async (id: string) =>
    (await triggered())
      .filter(({ body }) => JSON.stringify(body).includes(id))
      .map(({ body }) => Object(body).options.idempotencyKey);
  /** A connector with a second version that asks for another input. */
  const changedConnector = async () => {
    const connector = idIn(await call('POST /api/v1/connectors', { ...as, json: connectorBody }));
    const id = await executed('failed', connector);
    // Expressions may name only what the schema has.
    const steps = [{ name: 'lookup', request: { url: 'https://api.example.com/validate' } }];
    const input_schema = { type: 'object', required: ['email'], properties: { email: { type: 'string' } } };
    dataIn(
      await call(`PATCH /api/v1/connectors/${connector}`, {
        ...as,
        json: { input_schema, steps, output: {} },
      }),
    );
    return { connector, id };
  };

  it('goes on with the same execution, and triggers it under a key of its own', async () => {
    const id = await executed('failed');
    const before = (await keysFor(id)).length;
    const answer = await redrive(id);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/api/v1/executions/${id}`);
    expect(dataIn(answer)).toMatchObject({
      id,
      status: 'queued',
      error: null,
      redrives: 1,
      connector_version: 1,
    });
    expect(dataIn(answer)).not.toHaveProperty('fence');
    await vi.waitFor(async () => expect((await keysFor(id)).length).toBeGreaterThan(before));
    const [{ fence } = { fence: -1 }] = Fences.parse(
      await sql('select fence from public.connector_executions where id = $1', id),
    );
    expect(fence).toBe(4);
    expect((await keysFor(id)).at(-1)).toBe(await hashTriggerKey(executionTriggerKey(id, fence)));
  });

  it.each(['queued', 'running', 'succeeded'])('refuses to redrive one that is %s', async (status) => {
    expect(problemIn(await redrive(await executed(status)))).toMatchObject({
      status: 409,
      code: 'not_redrivable',
    });
  });

  it('redrives once when asked ten times at once', async () => {
    const id = await executed('timed_out');
    const answers = await Promise.all(Array.from({ length: 10 }, () => redrive(id)));
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([202, ...Array.from({ length: 9 }, () => 409)]);
    expect(dataIn(await call(`GET /api/v1/executions/${id}`, as)).redrives).toBe(1);
  });

  it('goes on with the newest version where the input fits it, and says where it does not', async () => {
    const { connector, id } = await changedConnector();
    expect(problemIn(await redrive(id, { version: 'newest' }))).toMatchObject({
      ...{ status: 422, code: 'validation_failed' },
      errors: [{ pointer: '/input/email' }],
    });
    const { input_schema } = connectorBody;
    dataIn(await call(`PATCH /api/v1/connectors/${connector}`, { ...as, json: { input_schema } }));
    expect(dataIn(await redrive(id, { version: 'newest' }))).toMatchObject({ connector_version: 3 });
  });

  it('waits for the end when asked to', async () => {
    const id = await executed('failed');
    const answering = redrive(id, {}, { prefer: 'wait=20' });
    await vi.waitFor(
      async () => expect(dataIn(await call(`GET /api/v1/executions/${id}`, as)).status).toBe('queued'),
      { timeout: 10_000 },
    );
    await sql(
      `update public.connector_executions set status = 'succeeded', started_at = now(), finished_at = now() where id = $1`,
      id,
    );
    const answer = await answering;
    expect([answer.status, dataIn(answer).status]).toEqual([200, 'succeeded']);
  });

  it('replays as a new execution on the newest version, whatever became of the first', async () => {
    for (const status of ['succeeded', 'failed', 'running']) {
      const first = await executed(status);
      const answer = await replay(first);
      expect(answer.status).toBe(202);
      const id = idIn(answer);
      expect(id).not.toBe(first);
      expect(dataIn(answer)).toMatchObject({ replay_of: first, status: 'queued', ...executeBody });
      await vi.waitFor(async () =>
        expect(await keysFor(id)).toEqual([await hashTriggerKey(executionTriggerKey(id, 0))]),
      );
    }
  });

  it('checks the input of a replay against the version that runs', async () => {
    const { id } = await changedConnector();
    expect(problemIn(await replay(id))).toMatchObject({ errors: [{ pointer: '/input/email' }] });
    expect(problemIn(await replay(id, { version: 'same', input: {} }))).toMatchObject({
      errors: [{ pointer: '/input/phone' }],
    });
    expect(dataIn(await replay(id, { input: { email: 'a@b.example' } }))).toMatchObject({
      connector_version: 2,
      input: { email: 'a@b.example' },
    });
    expect(dataIn(await replay(id, { version: 'same' }))).toMatchObject({
      connector_version: 1,
      ...executeBody,
    });
  });

  it('coerces the input of a replay where the version asks for it, and that of a redrive never', async () => {
    const { connector, id } = await changedConnector();
    const input_schema = { type: 'object', required: ['phone'], properties: { phone: { type: 'number' } } };
    dataIn(
      await call(`PATCH /api/v1/connectors/${connector}`, {
        ...as,
        json: { input_schema, coerce_input: true },
      }),
    );
    expect(dataIn(await replay(id, { input: { phone: '42' } }))).toMatchObject({ input: { phone: 42 } });
    const stored = await sql(
      `update public.connector_executions set input = '{"phone": "7"}' where id = $1 returning id::text`,
      id,
    );
    expect(stored).toHaveLength(1);
    expect(dataIn(await replay(id))).toMatchObject({ input: { phone: 7 } });
    expect(problemIn(await redrive(id, { version: 'newest' }))).toMatchObject({
      errors: [{ pointer: '/input/phone' }],
    });
  });

  it('finds replays by what they repeat', async () => {
    const first = await executed('failed');
    const id = idIn(await replay(first));
    const { body } = await call(`GET /api/v1/executions?replay_of=${first}`, as);
    expect(Object(body).data.map((item: { id: string }) => item.id)).toEqual([id]);
  });

  it('redrives many by filter, triggers a part of them at once and leaves the rest to the sweeper', async () => {
    const fixture = await newFixture(ours);
    as = { token: ours.editor.token, workspace: fixture.workspace };
    await sql(
      `insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input, status, finished_at, error, fence)
       select gen_random_uuid(), $1, $2, 1, '{}', 'failed', now(), '{"class":"network","code":"reset"}', 7
       from generate_series(1, 30)`,
      fixture.workspace,
      fixture.connector,
    );
    const before = (await triggered()).length;
    const json = { filter: { error_class: 'network', connector_id: fixture.connector } };
    const answer = await call('POST /api/v1/executions/redrive', { ...as, json });
    expect(answer.status).toBe(202);
    expect(dataIn(answer)).toEqual({ redriven: 30, remaining: 0, skipped: 0 });
    await vi.waitFor(async () => expect((await triggered()).length).toBe(before + 20), {
      timeout: 10_000,
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const sent = (await triggered()).slice(before);
    expect(sent).toHaveLength(20);
    expect(new Set(sent.map(({ body }) => Object(body).options.idempotencyKey)).size).toBe(20);
    expect(dataIn(await call('POST /api/v1/executions/redrive', { ...as, json })).redriven).toBe(0);
  });

  it.each([
    ['no filter', {}, '/filter'],
    ['an empty filter', { filter: {} }, '/filter'],
    ['a status that has not failed', { filter: { status: 'running' } }, '/filter/status'],
    ['no ids', { filter: { ids: [] } }, '/filter/ids'],
    [
      '1,001 ids',
      { filter: { ids: Array.from({ length: 1_001 }, () => crypto.randomUUID()) } },
      '/filter/ids',
    ],
    ['an unknown condition', { filter: { name: 'x' } }, '/filter'],
  ])('refuses to redrive many by %s', async (_, json, pointer) => {
    const problem = problemIn(await call('POST /api/v1/executions/redrive', { ...as, json }));
    expect(problem.code).toBe('validation_failed');
    expect(problem.errors?.[0]?.pointer).toContain(pointer);
  });
});
