/** The two tasks as the platform runs them: real definitions, a real database API, and a service to call on loopback. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { credentialAdditionalData } from '../core/credential/additional-data.ts';
import { parseKeyRing } from '../core/crypto/key-ring.ts';
import { createSealer } from '../core/crypto/seal.ts';
import { EXECUTION_TASK_ID } from '../core/execution/schema.ts';
import { executionTriggerKey, hashTriggerKey } from '../core/execution/task-trigger.ts';
import type { Json, JsonObject } from '../core/json/json.ts';
import { type EmbeddedSupabase, startSupabase } from '../scripts/stack/supabase/start.ts';
import { type Bench, bench, call, ended, eventually } from '../scripts/stack/trigger/testing.ts';
import { nodeCrypto } from './crypto/node-crypto.ts';
import { startHttp, type TestServer } from './egress/testing.ts';

const KEYS = `k1:${Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64')}`;
const sealer = createSealer(parseKeyRing(KEYS, 'KEYS'), nodeCrypto);
const TOKEN = 'tok-canary-0123456789';
const MAX_CLAIMS = 20;

let database: EmbeddedSupabase;
let platform: Bench;
let service: TestServer;
const workspace = randomUUID();

beforeAll(async () => {
  service = await startHttp((request, response) => {
    const status = request.url?.startsWith('/missing') ? 404 : 200;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ path: request.url, token: request.headers.authorization }));
  });
  database = await startSupabase({
    dataDir: 'memory',
    port: 0,
    migrationsDir: join(import.meta.dirname, '../supabase/migrations'),
  });
  await database.exec(`insert into public.workspaces (id, name) values ($1, 'W')`, [workspace]);
  platform = await bench([], {
    taskFiles: ['connector-execution.ts', 'execution-sweeper.ts'].map((file) =>
      join(import.meta.dirname, file),
    ),
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

/** A connector of its own, and one queued execution of it. */
async function queued(definition: JsonObject, input: Json = {}): Promise<string> {
  const [connector, execution] = [randomUUID(), randomUUID()];
  await database.exec(
    `with c as (insert into public.connectors (id, workspace_id, name) values ($1, $2, 'C')),
       v as (insert into public.connector_versions (workspace_id, connector_id, version, definition, credential_services)
             values ($2, $1, 1, $3::jsonb, $4::text[]))
     select 1`,
    [connector, workspace, JSON.stringify({ format: 1, ...definition }), '{svc}'],
  );
  await database.exec(
    `insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input)
     values ($1, $2, $3, 1, $4::jsonb)`,
    [execution, workspace, connector, JSON.stringify(input)],
  );
  return execution;
}
const rowOf = async (execution: string) =>
  (await database.exec('select * from public.connector_executions where id = $1', [execution]))[0];
const runOf = async (execution: string) => {
  const { id } = await platform.client.tasks.trigger(EXECUTION_TASK_ID, { executionId: execution });
  return ended(platform.client, id);
};

describe('connector-execution', () => {
  test('runs an execution from its id alone, with a sealed credential, to its stored result', async () => {
    const id = randomUUID();
    await database.exec(
      `insert into public.workspace_api_credentials
         (id, workspace_id, service_name, type, allowed_hosts, field_names, key_id, ciphertext)
       values ($1, $2, 'svc', 'bearer', '{127.0.0.1}', '{token}', 'k1', $3)`,
      [
        id,
        workspace,
        await sealer.seal(JSON.stringify({ token: TOKEN }), credentialAdditionalData(workspace, 'svc', id)),
      ],
    );
    const execution = await queued(
      {
        steps: [
          {
            name: 'a',
            request: { url: `${service.origin}/{{input.x}}`, auth: { credential: 'svc' } },
            response: { map: { p: 'body.path' } },
          },
          {
            name: 'b',
            request: {
              method: 'POST',
              url: `${service.origin}/b`,
              body: { type: 'json', content: '{{steps.a.p}}' },
            },
          },
        ],
        output: { p: '{{steps.a.p}}', echoed: '{{steps.a.body.token}}' },
        contact_mapping: { match: ['phone'], fields: { phone: '1', p: '{{steps.a.p}}' } },
      },
      { x: 'a b' },
    );
    const before = service.requests.length;
    const run = await runOf(execution);
    expect(run).toMatchObject({
      status: 'COMPLETED',
      attemptCount: 1,
      output: { outcome: 'ended', status: 'succeeded' },
    });
    expect(
      service.requests.slice(before).map(({ method, url, headers }) => [method, url, headers.authorization]),
    ).toEqual([
      ['GET', '/a%20b', `Bearer ${TOKEN}`],
      ['POST', '/b', undefined],
    ]);
    expect(service.bodies.at(-1)).toBe('"/a%20b"');
    const row = await rowOf(execution);
    expect(row).toMatchObject({ status: 'succeeded', output: { p: '/a%20b', echoed: 'Bearer [redacted]' } });
    const steps = await database.exec(
      'select * from public.connector_step_runs where execution_id = $1 order by step_index',
      [execution],
    );
    expect(steps).toMatchObject([{ status: 'succeeded' }, { status: 'succeeded' }]);
    const contacts = await database.exec('select fields from public.contacts where workspace_id = $1', [
      workspace,
    ]);
    expect(contacts).toEqual([{ fields: { phone: '1', p: '/a%20b' } }]);
    for (const kept of [row, steps, contacts, run, platform.log])
      expect(JSON.stringify(kept)).not.toContain(TOKEN);
  });

  test.each<[string, Json]>([
    ['a text', 'plain'],
    ['a number', 7],
    ['a list', [1, 'x']],
    ['null', null],
  ])('keeps an output that is %s, over the database API', async (_, output) => {
    const execution = await queued({ steps: [{ name: 'a', request: { url: service.origin } }], output });
    expect(await runOf(execution)).toMatchObject({ output: { status: 'succeeded' } });
    expect((await rowOf(execution))?.output).toEqual(output);
  });

  test('an execution that fails is no failure of the task, and is not run again', async () => {
    const execution = await queued({ steps: [{ name: 'a', request: { url: `${service.origin}/missing` } }] });
    expect(await runOf(execution)).toMatchObject({
      status: 'COMPLETED',
      attemptCount: 1,
      output: { outcome: 'ended', status: 'failed', error: { code: 'http_404', step: 'a' } },
    });
    expect((await runOf(execution)).output).toEqual({ outcome: 'finished' });
  });

  test('a definition that nobody can read ends its execution in the first attempt', async () => {
    const execution = await queued({ steps: [{ damaged: true }] });
    expect(await runOf(execution)).toMatchObject({
      attemptCount: 1,
      output: { error: { code: 'definition_unreadable' } },
    });
    expect(await rowOf(execution)).toMatchObject({ status: 'failed' });
  });

  test('an execution that never was is told, and a payload that is none is refused', async () => {
    expect((await runOf(randomUUID())).output).toEqual({ outcome: 'missing' });
    expect(await runOf('no id')).toMatchObject({ status: 'FAILED', attemptCount: 1 });
  });
});

describe('execution-sweeper', () => {
  const step = { steps: [{ name: 'a', request: { url: '' } }] };
  const definition = () => ({ steps: [{ ...step.steps[0], request: { url: service.origin } }] });
  const age = (execution: string, column: 'queued_at' | 'lease_expires_at') =>
    database.exec(
      `update public.connector_executions set ${column} = now() - interval '1 hour' where id = $1`,
      [execution],
    );
  const sweep = async () => {
    const now = new Date().toISOString();
    const payload = {
      type: 'IMPERATIVE',
      timestamp: now,
      timezone: 'UTC',
      scheduleId: 'sched_test',
      upcoming: [],
    };
    const { body } = await call(platform.runtime.url, 'POST', '/api/v1/tasks/execution-sweeper/trigger', {
      payload: JSON.stringify({ json: payload, meta: { values: { timestamp: ['Date'] } } }),
      options: { payloadType: 'application/super+json' },
    });
    return ended(platform.client, String(Reflect.get(Object(body), 'id')));
  };
  const runsOf = async (execution: string) => {
    const page = await platform.client.runs.list({ tag: [`execution:${execution}`], limit: 100 });
    return page.data;
  };

  test('triggers an overdue execution once, however often it sweeps, and leaves a fresh one alone', async () => {
    const [overdue, fresh] = [await queued(definition()), await queued(definition())];
    await age(overdue, 'queued_at');
    const [first, second] = await Promise.all([sweep(), sweep()]);
    expect([first.status, second.status]).toEqual(['COMPLETED', 'COMPLETED']);
    await eventually(async () => (await rowOf(overdue))?.status === 'succeeded');
    expect((await sweep()).status).toBe('COMPLETED');
    expect(await runsOf(overdue)).toHaveLength(1);
    expect(await rowOf(fresh)).toMatchObject({ status: 'queued', fence: 0 });
    expect(await runsOf(fresh)).toEqual([]);
  });

  test('uses the key of the first trigger: what is already on its way does not start twice', async () => {
    const execution = await queued(definition());
    await age(execution, 'queued_at');
    const idempotencyKey = await hashTriggerKey(executionTriggerKey(execution, 0));
    const { body } = await call(platform.runtime.url, 'POST', `/api/v1/tasks/${EXECUTION_TASK_ID}/trigger`, {
      payload: JSON.stringify({ executionId: execution }),
      options: {
        payloadType: 'application/json',
        idempotencyKey,
        delay: '2s',
        tags: [`execution:${execution}`],
      },
    });
    await sweep();
    expect((await runsOf(execution)).map(({ id }) => id)).toEqual([Reflect.get(Object(body), 'id')]);
  });

  test('takes over an execution whose run is gone', async () => {
    const execution = await queued(definition());
    await database.exec(`select public.claim_execution($1, 'a run that is gone', 30)`, [execution]);
    await age(execution, 'lease_expires_at');
    await sweep();
    await eventually(async () => (await rowOf(execution))?.status === 'succeeded');
    expect(await rowOf(execution)).toMatchObject({ fence: 2 });
  });

  test('gives up an execution that was claimed too often', async () => {
    const execution = await queued(definition());
    await database.exec(
      `update public.connector_executions set status = 'running', started_at = now(), strikes = $2,
         lease_expires_at = now() - interval '1 hour' where id = $1`,
      [execution, MAX_CLAIMS],
    );
    await sweep();
    expect(await rowOf(execution)).toMatchObject({
      status: 'failed',
      error: { class: 'internal', code: 'gave_up' },
    });
    expect(await runsOf(execution)).toEqual([]);
  });
});
