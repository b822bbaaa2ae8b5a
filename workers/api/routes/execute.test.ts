import { beforeAll, describe, expect, it, vi } from 'vitest';
import { call, dataIn, idIn, problemIn, sql, triggered } from '../../test/api.ts';
import { executeBody, type Fixture, newFixture } from '../../test/fixture.ts';

describe('executing a connector', () => {
  let ours: Fixture;
  let as: { token: string; workspace: string };
  let execute: string;
  beforeAll(async () => {
    ours = await newFixture();
    as = { token: ours.editor.token, workspace: ours.workspace };
    execute = `POST /api/v1/connectors/${ours.connector}/execute`;
  });

  const finish = (id: string, status: string) =>
    sql(
      'update public.connector_executions set status = $2, started_at = now(), finished_at = now(), output = \'{"a":1}\' where id = $1',
      id,
      status,
    );
  const newest = async () => {
    const [row] = await sql(
      'select id::text from public.connector_executions where workspace_id = $1 order by id desc limit 1',
      ours.workspace,
    );
    return String(row?.id);
  };

  it('is accepted, stored and handed to the task by its id alone', async () => {
    const answer = await call(execute, { ...as, json: executeBody });
    expect(answer.status).toBe(202);
    const id = idIn(answer);
    expect(answer.headers.get('location')).toBe(`/api/v1/executions/${id}`);
    expect(dataIn(answer)).toMatchObject({ status: 'queued', input: executeBody.input, steps: [] });
    expect(dataIn(answer)).not.toHaveProperty('workspace_id');
    const sent = await vi.waitFor(async () => {
      const found = (await triggered()).find(({ body }) => JSON.stringify(body).includes(id));
      expect(found).toBeDefined();
      return found;
    });
    expect(sent?.path).toBe('/api/v1/tasks/connector-execution/trigger');
    expect(sent?.headers).toMatchObject({ 'x-trigger-source': 'sdk' });
    expect(JSON.parse(Object(sent?.body).payload)).toEqual({ executionId: id });
    expect(Object(sent?.body).options).toMatchObject({ concurrencyKey: ours.workspace });
    expect(JSON.stringify(sent)).not.toContain(executeBody.input.phone);
  });

  it("finds the caller's only workspace when none is named, and asks for it when there are several", async () => {
    const alone = await call(execute, { token: ours.viewer.token, json: executeBody });
    expect(problemIn(alone).code).toBe('forbidden');
    const editor = await call(execute, { token: ours.editor.token, json: executeBody });
    expect(editor.status).toBe(202);
    const two = await newFixture(ours);
    const several = await call(execute, { token: two.editor.token, json: executeBody });
    expect(problemIn(several)).toMatchObject({ status: 400, code: 'workspace_required' });
  });

  it('waits for the end when asked to, and answers with the result', async () => {
    const answering = call(execute, { ...as, json: executeBody, headers: { prefer: 'wait=20' } });
    const before = await newest();
    await vi.waitFor(async () => expect(await newest()).not.toBe(before));
    await finish(await newest(), 'succeeded');
    const answer = await answering;
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBe('wait=20');
    expect(dataIn(answer)).toMatchObject({ status: 'succeeded', output: { a: 1 } });
  });

  it('stops waiting when the time is over', async () => {
    const answer = await call(execute, { ...as, json: executeBody, headers: { prefer: 'wait=1' } });
    expect(answer.status).toBe(202);
    expect(dataIn(answer).status).toBe('queued');
  });

  it('is cancelled while it is queued, once and again, but not when it has ended', async () => {
    const id = idIn(await call(execute, { ...as, json: executeBody }));
    const cancelled = await call(`POST /api/v1/executions/${id}/cancel`, as);
    expect(dataIn(cancelled)).toMatchObject({ status: 'cancelled', error: { class: 'cancelled' } });
    expect((await call(`POST /api/v1/executions/${id}/cancel`, as)).status).toBe(200);
    await finish(id, 'succeeded');
    const late = await call(`POST /api/v1/executions/${id}/cancel`, as);
    expect(problemIn(late)).toMatchObject({ status: 409, code: 'execution_finished' });
  });

  it('is found in lists by status and connector, without its input', async () => {
    const id = idIn(await call(execute, { ...as, json: executeBody }));
    await finish(id, 'failed');
    const list = async (query: string) => {
      const { data } = Object((await call(`GET /api/v1/executions?${query}`, as)).body);
      return data.map((item: { id: string }) => item.id);
    };
    expect(await list('status=failed')).toEqual([id]);
    expect(await list(`status=failed&connector_id=${ours.connector}`)).toEqual([id]);
    const { data } = Object((await call('GET /api/v1/executions?status=failed', as)).body);
    expect(data[0]).not.toHaveProperty('input');
    const nobodys = 'connector_id=018f0000-0000-7000-8000-000000000000';
    expect(problemIn(await call(`GET /api/v1/executions?${nobodys}`, as)).code).toBe('connector_not_found');
  });
});
