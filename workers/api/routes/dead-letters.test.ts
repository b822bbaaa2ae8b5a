import { beforeAll, describe, expect, it } from 'vitest';
import { call, dataIn, idIn, problemIn, sql } from '../../test/api.ts';
import { executeBody, type Fixture, newFixture } from '../../test/fixture.ts';

describe('dead letters', () => {
  let ours: Fixture;
  let as: { token: string; workspace: string };
  let id: string;
  beforeAll(async () => {
    ours = await newFixture();
    as = { token: ours.editor.token, workspace: ours.workspace };
    id = idIn(await call(`POST /api/v1/connectors/${ours.connector}/execute`, { ...as, json: executeBody }));
    await sql(
      `update public.connector_executions set status = 'failed', started_at = now(), finished_at = now(),
         error = '{"class":"authentication","code":"http_401","message":"It refused the credential.","step":"lookup"}' where id = $1`,
      id,
    );
    await sql(
      `insert into public.connector_step_runs (workspace_id, execution_id, step_index, attempt, step_name, fence, status,
         started_event, finished_event, finished_at, request, response, error, resume_state)
       select $1, $2, 0, n, 'lookup', 1, 'failed', n * 2 + 1, n * 2 + 2, now(),
         '{"method": "GET", "url": "https://api.example.com/validate", "headers": {}}', null,
         '{"class":"authentication","code":"http_401","message":"m","step":"lookup"}', 'v1.canary'
       from generate_series(0, 2) n`,
      ours.workspace,
      id,
    );
  });
  const list = async (query = '') => Object((await call(`GET /api/v1/dead-letters${query}`, as)).body).data;

  it('come with their reason, what to do about it, and the request that failed', async () => {
    expect(await list()).toEqual([
      expect.objectContaining({
        id,
        connector_name: 'Enrich a lead',
        error: expect.objectContaining({
          class: 'authentication',
          recovery: expect.objectContaining({ action: 'renew_credential', who: 'workspace_admin' }),
        }),
        failed_request: { method: 'GET', url: 'https://api.example.com/validate', iteration: '', attempt: 2 },
      }),
    ]);
    expect(await list('?error_class=network')).toEqual([]);
    expect(await list(`?connector_id=${ours.connector}`)).toHaveLength(1);
  });

  it('are summed up', async () => {
    expect(dataIn(await call('GET /api/v1/dead-letters/summary', as))).toMatchObject({
      ...{ total: 1, complete: true },
      groups: [
        { connector_id: ours.connector, class: 'authentication', code: 'http_401', count: 1, newest_id: id },
      ],
    });
  });

  it('are dismissed and restored', async () => {
    expect(dataIn(await call(`POST /api/v1/dead-letters/${id}/dismiss`, as)).dismissed_at).not.toBeNull();
    expect(await list()).toEqual([]);
    expect(dataIn(await call(`POST /api/v1/dead-letters/${id}/restore`, as)).dismissed_at).toBeNull();
    expect(await list()).toHaveLength(1);
    const queued = await call(`POST /api/v1/dead-letters/${ours.execution}/dismiss`, as);
    expect(problemIn(queued)).toMatchObject({ status: 409, code: 'no_dead_letter' });
  });

  it('say in the execution and its steps what is to be done, too', async () => {
    const shown = dataIn(await call(`GET /api/v1/executions/${id}`, as));
    expect(shown.error).toMatchObject({ recovery: { action: 'renew_credential' } });
    expect(shown.steps).toMatchObject([{ error: { recovery: { action: 'renew_credential' } } }]);
    const { rows } = { rows: await sql('select error from public.connector_executions where id = $1', id) };
    expect(rows[0]?.error).not.toHaveProperty('recovery');
  });

  it('show every attempt, page by page, without what is sealed', async () => {
    const attempts: number[] = [];
    let cursor = '';
    for (let pages = 0; pages < 5; pages += 1) {
      const path = `/api/v1/executions/${id}/step-runs?limit=2&step=lookup${cursor}`;
      const { body } = await call(`GET ${path}`, as);
      expect(JSON.stringify(body)).not.toContain('canary');
      const { data, next_cursor: next } = Object(body);
      attempts.push(...data.map((run: { attempt: number }) => run.attempt));
      if (next === null) break;
      cursor = `&cursor=${next}`;
    }
    expect(attempts).toEqual([0, 1, 2]);
    for (const bad of ['x', 'WzFd', btoa('[0,"a","",-1]'), btoa('[0,"a","","1"]')]) {
      const answer = await call(`GET /api/v1/executions/${id}/step-runs?cursor=${bad}`, as);
      expect(problemIn(answer).errors?.[0]?.pointer).toBe('#query/cursor');
    }
  });

  it('are kept for as long as an admin says', async () => {
    const admin = { token: ours.admin.token };
    const path = `/api/v1/workspaces/${ours.workspace}`;
    expect(dataIn(await call(`GET ${path}`, admin)).retention_days).toBe(90);
    for (const [json, days] of [
      [{ retention_days: 1 }, 1],
      [{ name: 'Other' }, 1],
      [{ retention_days: null }, null],
    ] as const) {
      expect(dataIn(await call(`PATCH ${path}`, { ...admin, json })).retention_days).toBe(days);
    }
    for (const json of [
      {},
      { retention_days: 0 },
      { retention_days: 3651 },
      { retention_days: '9' },
      { name: null },
    ]) {
      expect(problemIn(await call(`PATCH ${path}`, { ...admin, json })).code).toBe('validation_failed');
    }
    const editor = await call(`PATCH ${path}`, { token: ours.editor.token, json: { retention_days: 1 } });
    expect(problemIn(editor).code).toBe('forbidden');
  });
});
