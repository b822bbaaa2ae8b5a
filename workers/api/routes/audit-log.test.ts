import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type CallOptions, call, dataIn, problemIn } from '../../test/api.ts';
import { connectorBody, credentialBody, type Fixture, newFixture } from '../../test/fixture.ts';

let ours: Fixture;
beforeAll(async () => {
  ours = await newFixture();
});

const Page = z.object({
  data: z.array(
    z.looseObject({ id: z.number(), entity: z.string(), entity_id: z.string(), action: z.string() }),
  ),
  next_cursor: z.string().nullable(),
});
const log = async (query = '', options: CallOptions = {}) =>
  Page.parse(
    (
      await call(`GET /api/v1/audit-log${query}`, {
        token: ours.admin.token,
        workspace: ours.workspace,
        ...options,
      })
    ).body,
  );

describe('the audit log', () => {
  it('says who changed what, and how', async () => {
    const path = `/api/v1/connectors/${ours.connector}`;
    await call(`PATCH ${path}`, {
      token: ours.editor.token,
      workspace: ours.workspace,
      json: { name: 'New' },
    });
    const [newest] = (await log(`?entity=connectors&entity_id=${ours.connector}`)).data;
    expect(newest).toMatchObject({
      actor_type: 'user',
      actor_id: ours.editor.id,
      action: 'update',
      entity: 'connectors',
      entity_id: ours.connector,
      before: { name: connectorBody.name },
      after: { name: 'New' },
      created_at: expect.any(String),
    });
  });

  it('has every kind of write, newest first, page by page', async () => {
    const all = (await log('?limit=100')).data;
    expect(new Set(all.map(({ entity }) => entity))).toEqual(
      new Set(['workspaces', 'workspace_members', 'workspace_api_credentials', 'connectors']),
    );
    const ids: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: z.infer<typeof Page> = await log(`?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      ids.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(ids).toEqual(all.map(({ id }) => id));
    expect(ids).toEqual(ids.toSorted((a, b) => b - a));
  });

  it('holds no secret, whatever was written', async () => {
    const as = { token: ours.owner.token, workspace: ours.workspace };
    const canary = `canary-${crypto.randomUUID()}`;
    const store = (value: string) =>
      call('POST /api/v1/workspace/credentials', {
        ...as,
        json: { ...credentialBody, service_name: 'audited', fields: { api_key: value } },
      });
    await store(canary);
    await store(`${canary}-2`);
    await call('DELETE /api/v1/workspace/credentials/audited', as);
    const key = dataIn(
      await call('POST /api/v1/api-keys', { ...as, json: { name: 'Audited', scope: 'read' } }),
    );
    await call(`POST /api/v1/api-keys/${String(key.id)}/revoke`, as);

    const text = JSON.stringify((await log('?limit=100')).data);
    const secret = String(key.key).slice(37, 80);
    for (const hidden of [canary, btoa(canary), secret, 'ciphertext', 'secret_hash', 'v1.test.']) {
      expect(text).not.toContain(hidden);
    }
    expect(
      (await log(`?entity=api_keys&entity_id=${String(key.id)}`)).data.map(({ action }) => action),
    ).toEqual(['update', 'insert']);
    expect(text).toContain('audited');
  });

  it.each([
    ['?entity=Connectors', '#query/entity'],
    ["?entity=x'--", '#query/entity'],
    ['?entity_id=', '#query/entity_id'],
    ['?cursor=abc', '#query/cursor'],
    [`?cursor=${btoa('1e9').replaceAll('=', '')}`, '#query/cursor'],
    ['?limit=0', '#query/limit'],
  ])('refuses %s', async (query, pointer) => {
    const answer = await call(`GET /api/v1/audit-log${query}`, {
      token: ours.admin.token,
      workspace: ours.workspace,
    });
    expect(problemIn(answer)).toMatchObject({ status: 400, errors: [{ pointer }] });
  });

  it('is for admins', async () => {
    const as = { token: ours.editor.token, workspace: ours.workspace };
    expect(problemIn(await call('GET /api/v1/audit-log', as)).code).toBe('forbidden');
  });
});
