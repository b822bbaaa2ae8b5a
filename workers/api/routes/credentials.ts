import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { checkCredential } from '../../../core/credential/check.ts';
import { deleteCredential } from '../../../core/credential/delete.ts';
import { getCredential } from '../../../core/credential/get.ts';
import { listCredentials } from '../../../core/credential/list.ts';
import { ServiceName, StoreCredential, UpdateCredential } from '../../../core/credential/schema.ts';
import { startCredentialTest } from '../../../core/credential/start-test.ts';
import { storeCredential } from '../../../core/credential/store.ts';
import {
  CREDENTIAL_TEST_TASK_ID,
  type CredentialTestPayload,
  TestCredential,
} from '../../../core/credential/test-schema.ts';
import { updateCredential } from '../../../core/credential/update.ts';
import { hashTriggerKey } from '../../../core/execution/task-trigger.ts';
import { Problem } from '../../../core/problem/problem.ts';
import type { AppEnv } from '../app-env.ts';
import { callerOf } from '../auth/actor.ts';
import { expectedRevision, tagged } from '../http/etag.ts';
import { jsonBody } from '../http/json-body.ts';
import { pageBody } from '../http/page-body.ts';
import { PageQuery, pageRequest, path, query } from '../http/params.ts';
import { preferredWait } from '../http/prefer.ts';

export const Service = z.object({ service_name: ServiceName });
export const Deletion = z.object({ force: z.enum(['true', 'false']).optional() });

/** Unless the caller prefers another wait: a test call has 8 s itself. */
const TEST_WAIT_SECONDS = 10;
/** A test that did not start in this time has nobody waiting for it any more. */
const TEST_TTL_SECONDS = 60;

const urlOf = (serviceName: string) => `/api/v1/workspace/credentials/${serviceName}`;

export const credentialRoutes = new Hono<AppEnv>()
  .get('/', query(PageQuery), async (c) => {
    const page = await listCredentials(context(c), pageRequest(c.req.valid('query')));
    return c.json(pageBody(page));
  })
  .post('/', jsonBody(StoreCredential), async (c) => {
    const { credential, replaced } = await storeCredential(context(c), c.req.valid('json'));
    if (replaced) return c.json({ data: tagged(c, credential) }, 200);
    return c.json({ data: tagged(c, credential) }, 201, { Location: urlOf(credential.service_name) });
  })
  .get('/check/:service_name', path(Service), async (c) => {
    const check = await checkCredential(context(c), c.req.valid('param').service_name);
    return c.json({ data: check });
  })
  .get('/:service_name', path(Service), async (c) => {
    const credential = await getCredential(context(c), c.req.valid('param').service_name);
    return c.json({ data: tagged(c, credential) });
  })
  .patch('/:service_name', path(Service), jsonBody(UpdateCredential), async (c) => {
    const { service_name } = c.req.valid('param');
    const credential = await updateCredential(
      context(c),
      service_name,
      c.req.valid('json'),
      expectedRevision(c),
    );
    return c.json({ data: tagged(c, credential) });
  })
  .post('/:service_name/test', path(Service), jsonBody(TestCredential), async (c) => {
    const { service_name } = c.req.valid('param');
    const wait = preferredWait(c.req.header('prefer'));
    const { now, sleep } = c.var.ports.runtime;
    const request = c.req.valid('json');
    const testId = await testIdOf(c, service_name, request);
    const test = await startCredentialTest(
      { ...c.var.call, newId: () => testId },
      service_name,
      request,
      (wait ?? TEST_WAIT_SECONDS) * 1000,
      { now, sleep, startTest: (payload) => startTest(c, payload) },
    );
    if (wait !== null) c.header('Preference-Applied', `wait=${wait}`);
    if (test.ok !== null) return c.json({ data: test }, 200);
    return c.json({ data: test }, 202, { Location: urlOf(service_name) });
  })
  .delete('/:service_name', path(Service), query(Deletion), async (c) => {
    const force = c.req.valid('query').force === 'true';
    const expected = { force, expectedRevision: expectedRevision(c) };
    await deleteCredential(c.var.call, c.req.valid('param').service_name, expected);
    return c.body(null, 204);
  });

function context(c: Context<AppEnv>) {
  const { sealer, runtime } = c.var.ports;
  return { ...c.var.call, sealer, now: runtime.now };
}

/** The same request under the same Idempotency-Key is the same test: the task runs once, and its result is found again. */
async function testIdOf(c: Context<AppEnv>, serviceName: string, request: TestCredential): Promise<string> {
  const { idempotencyKey, actor, call } = c.var;
  if (idempotencyKey === null) return call.newId();
  const wish = JSON.stringify([callerOf(actor), call.workspaceId, serviceName, idempotencyKey, request]);
  return uuidOf(await hashTriggerKey(wish));
}

/** A UUID of version 8 (RFC 9562 section 5.8) from a hash in hex. */
function uuidOf(hex: string): string {
  const tail = `8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${tail}`;
}

async function startTest(c: Context<AppEnv>, payload: CredentialTestPayload): Promise<void> {
  const { trigger, runtime } = c.var.ports;
  const { testId, workspaceId, credentialId } = payload;
  try {
    await trigger.trigger(CREDENTIAL_TEST_TASK_ID, payload, {
      idempotencyKey: `credential-test:${testId}`,
      concurrencyKey: workspaceId,
      tags: [`credential:${credentialId}`, `workspace:${workspaceId}`],
      ttlSeconds: TEST_TTL_SECONDS,
    });
  } catch (error) {
    runtime.log('warn', 'trigger_failed', {
      requestId: c.var.requestId,
      credentialId,
      workspaceId,
      message: error instanceof Error ? error.message : 'unknown',
    });
    throw new Problem('unavailable', 'The test cannot be started at the moment; try again.');
  }
}
