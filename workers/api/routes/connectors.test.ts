import { beforeAll, describe, expect, it } from 'vitest';
import { call, dataIn, idIn, newWorkspace, problemIn, signUp, sql, type User } from '../../test/api.ts';
import { connectorBody, credentialBody } from '../../test/fixture.ts';

describe('connectors', () => {
  let user: User;
  let as: { token: string; workspace: string };
  beforeAll(async () => {
    user = await signUp('editor');
  });
  const freshWorkspace = async () => {
    as = { token: user.token, workspace: await newWorkspace(user) };
    dataIn(await call('POST /api/v1/workspace/credentials', { ...as, json: credentialBody }));
  };
  const create = async (change: object = {}) =>
    call('POST /api/v1/connectors', { ...as, json: { ...connectorBody, ...change } });

  it('come back as they were sent, with the defaults filled in', async () => {
    await freshWorkspace();
    const created = await create({ description: 'Finds the country.' });
    expect(created.status).toBe(201);
    const id = idIn(created);
    expect(created.headers.get('location')).toBe(`/api/v1/connectors/${id}`);
    const read = await call(`GET ${created.headers.get('location')}`, as);
    expect(dataIn(read)).toEqual(dataIn(created));
    expect(dataIn(read)).toMatchObject({
      ...connectorBody,
      description: 'Finds the country.',
      version: 1,
      workspace_id: as.workspace,
      success_count: 0,
      steps: [{ request: { method: 'GET' }, timeout_ms: 30_000, continue_on_error: false }],
    });
    expect(dataIn(read)).not.toHaveProperty('definition');
    expect(dataIn(read)).not.toHaveProperty('format');
  });

  it('get a new version when their program changes, and only then', async () => {
    await freshWorkspace();
    const path = `/api/v1/connectors/${idIn(await create({ output: null }))}`;
    const patch = async (json: unknown) => dataIn(await call(`PATCH ${path}`, { ...as, json }));
    expect(await patch({ name: 'Renamed' })).toMatchObject({ version: 1, name: 'Renamed', output: null });
    expect(await patch({ output: { a: 1 } })).toMatchObject({ version: 2, output: { a: 1 } });
    expect(await patch({ output: { a: 1 } })).toMatchObject({ version: 2 });
    const without = await patch({ output: null, input_schema: null });
    expect(without).toMatchObject({ version: 3, name: 'Renamed' });
    expect(without).not.toHaveProperty('output');
    expect(without).not.toHaveProperty('input_schema');
    const versions = await sql(
      'select version from public.connector_versions where connector_id = $1 order by version',
      without.id,
    );
    expect(versions.map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  it('keep one of two changes made at the same moment, and tell the other', async () => {
    await freshWorkspace();
    const path = `/api/v1/connectors/${idIn(await create())}`;
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => call(`PATCH ${path}`, { ...as, json: { output: { n } } })),
    );
    const lost = answers.filter(({ status }) => status !== 200);
    for (const answer of lost) expect(problemIn(answer).code).toBe('version_conflict');
    const { version } = dataIn(await call(`GET ${path}`, as));
    expect(version).toBe(1 + answers.length - lost.length);
  });

  it('page through all of a list, newest first', async () => {
    await freshWorkspace();
    const made: string[] = [];
    for (let n = 0; n < 7; n += 1) made.push(idIn(await create({ name: `Connector ${n}` })));
    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 10; pages += 1) {
      const { body } = await call(`GET /api/v1/connectors?limit=3${cursor}`, as);
      const { data, next_cursor } = Object(body);
      seen.push(...data.map(({ id }: { id: string }) => id));
      if (next_cursor === null) break;
      cursor = `&cursor=${next_cursor}`;
    }
    expect(seen).toEqual(made.toReversed());
  });

  it('are gone once deleted, but their executions stay readable', async () => {
    await freshWorkspace();
    const id = idIn(await create());
    const execution = idIn(
      await call(`POST /api/v1/connectors/${id}/execute`, { ...as, json: { input: { phone: '1' } } }),
    );
    expect((await call(`DELETE /api/v1/connectors/${id}`, as)).status).toBe(204);
    for (const target of [
      `GET /api/v1/connectors/${id}`,
      `DELETE /api/v1/connectors/${id}`,
      `GET /api/v1/connectors/${id}/stats`,
    ]) {
      expect(problemIn(await call(target, as)).code).toBe('connector_not_found');
    }
    const again = await call(`POST /api/v1/connectors/${id}/execute`, {
      ...as,
      json: { input: { phone: '1' } },
    });
    expect(problemIn(again).code).toBe('connector_not_found');
    expect(Object((await call('GET /api/v1/connectors', as)).body).data).toEqual([]);
    expect(dataIn(await call(`GET /api/v1/executions/${execution}`, as))).toMatchObject({ connector_id: id });
    expect(Object((await call(`GET /api/v1/connectors/${id}/executions`, as)).body).data).toHaveLength(1);
  });

  it('tell their figures', async () => {
    await freshWorkspace();
    const id = idIn(await create());
    const stats = dataIn(await call(`GET /api/v1/connectors/${id}/stats`, as));
    expect(stats).toMatchObject({ connector_id: id, success_count: 0, success_rate: null });
  });
});
