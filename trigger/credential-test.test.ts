/** The task as the platform runs it: the real definition, a real database API, and a service to call on loopback. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { credentialAdditionalData } from '../core/credential/additional-data.ts';
import { CREDENTIAL_TEST_TASK_ID, type TestCredential } from '../core/credential/test-schema.ts';
import { parseKeyRing } from '../core/crypto/key-ring.ts';
import { createSealer } from '../core/crypto/seal.ts';
import { type EmbeddedSupabase, startSupabase } from '../scripts/stack/supabase/start.ts';
import { type Bench, bench, ended } from '../scripts/stack/trigger/testing.ts';
import { nodeCrypto } from './crypto/node-crypto.ts';
import { startHttp, type TestServer } from './egress/testing.ts';

const KEYS = `k1:${Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64')}`;
const sealer = createSealer(parseKeyRing(KEYS, 'KEYS'), nodeCrypto);
const CANARY = 'canary-30c81c46a35ce411';
const API_KEY = { api_key: CANARY };

let database: EmbeddedSupabase;
let platform: Bench;
let service: TestServer;
const workspace = randomUUID();

beforeAll(async () => {
  service = await startHttp((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    if (pathname === '/away') {
      return response.writeHead(302, { location: `http://localhost:${service.port}/stolen` }).end();
    }
    response.writeHead(Number(/^\/status\/(\d+)$/.exec(pathname)?.[1] ?? 200)).end(CANARY);
  });
  database = await startSupabase({
    dataDir: 'memory',
    port: 0,
    migrationsDir: join(import.meta.dirname, '../supabase/migrations'),
  });
  await database.exec(`insert into public.workspaces (id, name) values ($1, 'W')`, [workspace]);
  platform = await bench([], {
    taskFiles: [join(import.meta.dirname, 'credential-test.ts')],
    env: {
      SUPABASE_URL: database.url,
      SUPABASE_SECRET_KEY: database.secretKey,
      PATCHBAY_ENCRYPTION_KEYS: KEYS,
      PATCHBAY_ALLOW_LOOPBACK: 'true',
    },
  });
});
afterAll(async () => {
  await platform?.stop();
  await database?.close();
  await service?.close();
});

let made = 0;
async function stored(type: string, fields: object, more: { placement?: object; ciphertext?: string } = {}) {
  made += 1;
  const [id, name] = [randomUUID(), `svc_${made}`];
  const sealed = await sealer.seal(JSON.stringify(fields), credentialAdditionalData(workspace, name, id));
  await database.exec(
    `insert into public.workspace_api_credentials
       (id, workspace_id, service_name, type, placement, allowed_hosts, field_names, key_id, ciphertext)
     values ($1, $2, $3, $4, $5::jsonb, '{127.0.0.1}', $6, 'k1', $7)`,
    [
      id,
      workspace,
      name,
      type,
      more.placement === undefined ? null : JSON.stringify(more.placement),
      Object.keys(fields),
      more.ciphertext ?? sealed,
    ],
  );
  return { id, name };
}

/** Runs a test to its end; what it left behind, and what reached the service. */
async function run(credentialId: string, request: Partial<TestCredential> & { url: string }) {
  const before = service.requests.length;
  const testId = randomUUID();
  const payload = { testId, workspaceId: workspace, credentialId, request: { method: 'GET', ...request } };
  const { id } = await platform.client.tasks.trigger(CREDENTIAL_TEST_TASK_ID, payload);
  const ran = await ended(platform.client, id);
  const [row] = await database.exec('select * from public.workspace_api_credentials where id = $1', [
    credentialId,
  ]);
  expect(JSON.stringify([ran, row, platform.log])).not.toContain(CANARY);
  return { testId, ran, row, sent: service.requests.slice(before) };
}

describe('credential-test', () => {
  test.each([
    ['bearer', { token: CANARY }, undefined, 'authorization', `Bearer ${CANARY}`],
    [
      'basic',
      { username: 'ada', password: CANARY },
      undefined,
      'authorization',
      `Basic ${btoa(`ada:${CANARY}`)}`,
    ],
    ['api_key', API_KEY, { in: 'header', name: 'X-Key' }, 'x-key', CANARY],
  ])(
    'sends a %s credential as a step would, and records how it went',
    async (type, fields, placement, header, value) => {
      const { id } = await stored(type, fields, placement === undefined ? {} : { placement });
      const { testId, ran, row, sent } = await run(id, { url: `${service.origin}/me` });
      expect(ran).toMatchObject({ status: 'COMPLETED', output: { ok: true } });
      expect(sent.map(({ method, url, headers }) => [method, url, headers[header]])).toEqual([
        ['GET', '/me', value],
      ]);
      expect(row?.last_test).toEqual({
        id: testId,
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        ok: true,
        status: 200,
        error: null,
        duration_ms: expect.any(Number),
      });
      expect(row?.revision).toBe(1);
    },
  );

  test('sends an API key in the query, and a custom credential by its templates', async () => {
    const inQuery = await stored('api_key', API_KEY, { placement: { in: 'query', name: 'key' } });
    const first = await run(inQuery.id, { method: 'HEAD', url: `${service.origin}/me?a=1` });
    expect(first.sent.map(({ method, url }) => [method, url])).toEqual([['HEAD', `/me?a=1&key=${CANARY}`]]);
    const custom = await stored('custom', { account: 'a/1', key: CANARY });
    const second = await run(custom.id, {
      method: 'POST',
      url: `${service.origin}/{{workspace.${custom.name}.account}}`,
      headers: { 'X-Key': `Key {{workspace.${custom.name}.key}}` },
    });
    expect(second.sent.map(({ method, url, headers }) => [method, url, headers['x-key']])).toEqual([
      ['POST', '/a%2F1', `Key ${CANARY}`],
    ]);
    expect(second.row?.last_test).toMatchObject({ ok: true });
  });

  test.each([
    [401, 'authentication'],
    [403, 'authorization'],
    [404, 'not_found'],
    [429, 'rate_limit'],
    [500, 'upstream'],
  ])(
    'tells that the service answered with %i, and keeps nothing of its answer',
    async (status, errorClass) => {
      const { id } = await stored('bearer', { token: CANARY });
      const { row, sent } = await run(id, { url: `${service.origin}/status/${status}` });
      expect(sent).toHaveLength(1);
      expect(row?.last_test).toMatchObject({
        ok: false,
        status,
        error: { class: errorClass, code: `http_${status}` },
      });
    },
  );

  test('never sends a credential to a host that it is not bound to, also not by a redirect', async () => {
    const { id } = await stored('bearer', { token: CANARY });
    const blocked = {
      ok: false,
      status: null,
      error: { class: 'egress_blocked', code: 'blocked_host_binding' },
    };
    const direct = await run(id, { url: `http://localhost:${service.port}/me` });
    expect(direct.row?.last_test).toMatchObject(blocked);
    expect(direct.sent).toEqual([]);
    const redirected = await run(id, { url: `${service.origin}/away` });
    expect(redirected.row?.last_test).toMatchObject(blocked);
    expect(redirected.sent.map(({ url }) => url)).toEqual(['/away']);
  });

  test('never calls a private address', async () => {
    const { id } = await stored('bearer', { token: CANARY });
    await database.exec(
      `update public.workspace_api_credentials set allowed_hosts = '{10.0.0.1}' where id = $1`,
      [id],
    );
    const { row } = await run(id, { url: 'http://10.0.0.1/' });
    expect(row?.last_test).toMatchObject({ error: { class: 'egress_blocked', code: 'blocked_address' } });
  });

  test('tells of a service that cannot be reached', async () => {
    const { id } = await stored('bearer', { token: CANARY });
    const gone = await startHttp();
    await gone.close();
    const { row } = await run(id, { url: gone.origin });
    expect(row?.last_test).toMatchObject({ ok: false, error: { class: 'network', code: 'connect_refused' } });
  });

  test('tells of a field that is not there, and of a secret that cannot stand in a header', async () => {
    const custom = await stored('custom', { key: CANARY });
    const missing = await run(custom.id, {
      url: service.origin,
      headers: { 'X-Key': `{{workspace.${custom.name}.nothing}}` },
    });
    expect(missing.row?.last_test).toMatchObject({ ok: false, error: { class: 'template' } });
    const broken = await stored('bearer', { token: `${CANARY}\r\nX: y` });
    const refused = await run(broken.id, { url: service.origin });
    expect(refused.row?.last_test).toMatchObject({ error: { code: 'credential_not_sendable' } });
    expect([...missing.sent, ...refused.sent]).toEqual([]);
  });

  test('tells of a credential that was altered or moved, and sends nothing', async () => {
    const other = await stored('bearer', { token: CANARY });
    const [row] = await database.exec(
      'select ciphertext from public.workspace_api_credentials where id = $1',
      [other.id],
    );
    const moved = await stored('bearer', { token: CANARY }, { ciphertext: String(row?.ciphertext) });
    const { row: after, sent } = await run(moved.id, { url: service.origin });
    expect(after?.last_test).toMatchObject({ ok: false, error: { code: 'credential_unreadable' } });
    expect(sent).toEqual([]);
  });

  test('ends quietly when the credential is gone, or belongs to another workspace', async () => {
    expect((await run(randomUUID(), { url: service.origin })).ran).toMatchObject({ output: { ok: null } });
    const { id } = await stored('bearer', { token: CANARY });
    await database.exec(`insert into public.workspaces (id, name) values ($1, 'Other')`, [randomUUID()]);
    const payload = {
      testId: randomUUID(),
      workspaceId: randomUUID(),
      credentialId: id,
      request: { method: 'GET', url: service.origin },
    };
    const triggered = await platform.client.tasks.trigger(CREDENTIAL_TEST_TASK_ID, payload);
    expect(await ended(platform.client, triggered.id)).toMatchObject({ output: { ok: null } });
  });
});
