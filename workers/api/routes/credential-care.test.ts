import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { credentialAdditionalData } from '../../../core/credential/additional-data.ts';
import { parseKeyRing } from '../../../core/crypto/key-ring.ts';
import { createSealer } from '../../../core/crypto/seal.ts';
import { webCrypto } from '../../../core/crypto/web-crypto.ts';
import { call, dataIn, idIn, newWorkspace, problemIn, signUp, sql, triggered } from '../../test/api.ts';

const DAY_MS = 86_400_000;
const CANARY = 'canary-ae2d8a571e03ac9c';
const BEARER = { type: 'bearer', fields: { token: CANARY } };
const API_KEY = { type: 'api_key', fields: { api_key: CANARY }, placement: { in: 'header', name: 'X-Key' } };
const CUSTOM = { type: 'custom', fields: { account: 'a1', key: CANARY } };

let as: { token: string; workspace: string };
beforeAll(async () => {
  const { token } = await signUp('editor');
  as = { token, workspace: '' };
  as = { token, workspace: await newWorkspace({ id: '', email: '', token }) };
});

let made = 0;
/** Stores a credential under a name of its own, and returns the path to it. */
async function stored(credential: object): Promise<{ service: string; path: string; id: string }> {
  made += 1;
  const service = `care_${made}`;
  const json = { service_name: service, allowed_hosts: ['api.example.com'], ...credential };
  const id = idIn(await call('POST /api/v1/workspace/credentials', { ...as, json }));
  return { service, path: `/api/v1/workspace/credentials/${service}`, id };
}
const patch = (path: string, json: object, headers: Record<string, string> = {}) =>
  call(`PATCH ${path}`, { ...as, json, headers });
async function secretsOf(id: string): Promise<unknown> {
  const [row] = await sql('select * from public.workspace_api_credentials where id = $1', id);
  const sealer = createSealer(parseKeyRing(env.PATCHBAY_ENCRYPTION_KEYS, 'TEST'), webCrypto);
  const bound = credentialAdditionalData(as.workspace, String(row?.service_name), id);
  return JSON.parse(await sealer.open(String(row?.ciphertext), bound));
}

describe('the base URL and the rate limit of a credential', () => {
  const DESTINATION = {
    base_url: 'https://API.example.com/v1/',
    rate_limit: { requests: 100, per_seconds: 60, burst: 10 },
  };
  const STORED = { ...DESTINATION, base_url: 'https://api.example.com/v1' };

  it('are stored, read, changed and taken away', async () => {
    const { path } = await stored({ ...BEARER, ...DESTINATION });
    expect(dataIn(await call(`GET ${path}`, as))).toMatchObject(STORED);
    expect((await call('GET /api/v1/workspace/credentials?limit=1', as)).body).toMatchObject({
      data: [STORED],
    });
    expect(dataIn(await patch(path, { rate_limit: { requests: 1, per_seconds: 1 } }))).toMatchObject({
      base_url: STORED.base_url,
      rate_limit: { requests: 1, per_seconds: 1 },
    });
    const none = { base_url: null, rate_limit: null };
    expect(dataIn(await patch(path, none))).toMatchObject(none);
    expect(
      dataIn(await patch((await stored(BEARER)).path, { base_url: DESTINATION.base_url })),
    ).toMatchObject({
      base_url: STORED.base_url,
      rate_limit: null,
    });
  });

  it.each([
    [{ base_url: 'https://evil.example' }, '/base_url'],
    [{ base_url: 'https://u:p@api.example.com' }, '/base_url'],
    [{ base_url: 'https://api.example.com?a=b' }, '/base_url'],
    [{ base_url: 'ftp://api.example.com' }, '/base_url'],
    [{ base_url: 7 }, '/base_url'],
    [{ rate_limit: { requests: 0, per_seconds: 1 } }, '/rate_limit/requests'],
    [{ rate_limit: { requests: 1 } }, '/rate_limit/per_seconds'],
    [{ rate_limit: { requests: 1, per_seconds: 1, more: 1 } }, '/rate_limit'],
  ])('%j is refused when it is stored and when it is changed', async (json, pointer) => {
    const { path, service } = await stored(BEARER);
    const again = { service_name: service, allowed_hosts: ['api.example.com'], ...BEARER, ...json };
    for (const answer of [
      await patch(path, json),
      await call('POST /api/v1/workspace/credentials', { ...as, json: again }),
    ]) {
      expect(problemIn(answer)).toMatchObject({
        code: 'validation_failed',
        errors: [{ pointer: expect.stringContaining(pointer) }],
      });
    }
  });

  it('fit each other also when only the hosts change', async () => {
    const { path } = await stored({
      ...BEARER,
      ...DESTINATION,
      allowed_hosts: ['api.example.com', 'b.example'],
    });
    const answer = await patch(path, { allowed_hosts: ['b.example'] });
    expect(problemIn(answer)).toMatchObject({
      code: 'validation_failed',
      errors: [{ pointer: '/allowed_hosts' }],
    });
    const both = { allowed_hosts: ['b.example'], base_url: 'https://b.example' };
    expect(dataIn(await patch(path, both))).toMatchObject(both);
  });
});

describe('a credential that is changed', () => {
  it('keeps its id when its secrets are rotated, and what refers to it opens the new ones', async () => {
    const { path, id } = await stored(API_KEY);
    const answer = await patch(path, { fields: { api_key: 'canary-rotated' } });
    expect(answer.status).toBe(200);
    expect(dataIn(answer)).toMatchObject({ id, revision: 2, field_names: ['api_key'] });
    expect(JSON.stringify(answer.body)).not.toContain('canary');
    expect(await secretsOf(id)).toEqual({ api_key: 'canary-rotated' });
  });

  it('leaves alone what is not named', async () => {
    const { path, id } = await stored({
      ...API_KEY,
      expires_at: '2030-01-01T00:00:00Z',
      allowed_hosts: ['*.example.org', 'a.example.com'],
    });
    const before = dataIn(await call(`GET ${path}`, as));
    await patch(path, { allowed_hosts: ['API.Example.org', 'api.example.org'] });
    const after = dataIn(await call(`GET ${path}`, as));
    expect(after).toEqual({
      ...before,
      allowed_hosts: ['api.example.org'],
      revision: 2,
      updated_at: after.updated_at,
    });
    expect(await secretsOf(id)).toEqual(API_KEY.fields);
  });

  it('may become another type, with the fields of that type', async () => {
    const { path, id } = await stored(API_KEY);
    const changed = await patch(path, { type: 'custom', fields: { a: '1', b: '2' } });
    expect(dataIn(changed)).toMatchObject({ id, type: 'custom', placement: null, field_names: ['a', 'b'] });
    const back = await patch(path, {
      type: 'api_key',
      fields: { api_key: 'k' },
      placement: API_KEY.placement,
    });
    expect(dataIn(back)).toMatchObject({ id, type: 'api_key', placement: API_KEY.placement });
    expect(await secretsOf(id)).toEqual({ api_key: 'k' });
  });

  it('may go to more hosts when its secret is entered again', async () => {
    const { path } = await stored(BEARER);
    const answer = await patch(path, { fields: { token: 'known' }, allowed_hosts: ['other.example.com'] });
    expect(dataIn(answer)).toMatchObject({ allowed_hosts: ['other.example.com'] });
  });

  it('loses its expiry date when that is set to null', async () => {
    const { path } = await stored({ ...BEARER, expires_at: '2030-01-01T00:00:00Z' });
    expect(dataIn(await patch(path, { expires_at: null }))).toMatchObject({ expiry: null });
  });

  it.each([
    ['nothing', BEARER, {}, ''],
    ['an unknown field', BEARER, { colour: 'red' }, '/colour'],
    ['its id', BEARER, { id: '018f0000-0000-7000-8000-000000000000' }, '/id'],
    ['its ciphertext', BEARER, { ciphertext: 'v1.x' }, '/ciphertext'],
    ['its service', BEARER, { service_name: 'other' }, '/service_name'],
    ['a type without fields', BEARER, { type: 'basic' }, '/fields'],
    ['an unknown type', BEARER, { type: 'oauth9', fields: {} }, '/type'],
    ["another type's fields", BEARER, { fields: { api_key: 'x' } }, '/fields/api_key'],
    ['a field too few', BEARER, { fields: {} }, '/fields/token'],
    ['an empty secret', BEARER, { fields: { token: '' } }, '/fields/token'],
    ['a secret that is no text', BEARER, { fields: { token: 1 } }, '/fields/token'],
    ['no fields of a custom one', CUSTOM, { fields: {} }, '/fields'],
    ['a custom field of a bad name', CUSTOM, { fields: { 'a-b': 'x' } }, '/fields/a-b'],
    ['a placement where none belongs', BEARER, { placement: API_KEY.placement }, '/placement'],
    [
      'a placement with such fields',
      BEARER,
      { fields: { token: 'x' }, placement: API_KEY.placement },
      '/placement',
    ],
    [
      'a new api_key without a placement',
      BEARER,
      { type: 'api_key', fields: { api_key: 'x' } },
      '/placement',
    ],
    ['no host', BEARER, { allowed_hosts: [] }, '/allowed_hosts'],
    ['every host', BEARER, { allowed_hosts: ['*'] }, '/allowed_hosts/0'],
    [
      'more hosts without the secret again',
      BEARER,
      { allowed_hosts: ['api.example.com', 'b.example.com'] },
      '/allowed_hosts',
    ],
    ['a host that is a URL', BEARER, { allowed_hosts: ['https://a.example.com'] }, '/allowed_hosts/0'],
    ['a date without a time', BEARER, { expires_at: '2030-01-01' }, '/expires_at'],
    ['a day that does not exist', BEARER, { expires_at: '2030-02-30T00:00:00Z' }, '/expires_at'],
    ['a year that is none', BEARER, { expires_at: '0000-01-01T00:00:00Z' }, '/expires_at'],
    ['the year 9999, west of Greenwich', BEARER, { expires_at: '9999-12-31T23:59:59-23:00' }, '/expires_at'],
  ])('is refused %s, and stays as it was', async (_, credential, change, pointer) => {
    const { path, id } = await stored(credential);
    const problem = problemIn(await patch(path, change));
    expect(problem).toMatchObject({ status: 422, code: 'validation_failed' });
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
    expect(dataIn(await call(`GET ${path}`, as))).toMatchObject({ revision: 1 });
    expect(await secretsOf(id)).toEqual(credential.fields);
  });

  it('is not found under a name that is not stored', async () => {
    const answer = await patch('/api/v1/workspace/credentials/nobody', { expires_at: null });
    expect(problemIn(answer)).toMatchObject({ status: 404, code: 'credential_not_found' });
  });

  it('is changed by one of two who have read the same', async () => {
    const { path } = await stored(BEARER);
    const etag = (await call(`GET ${path}`, as)).headers.get('etag') ?? '';
    const answers = await Promise.all(
      ['one', 'two'].map((token) => patch(path, { fields: { token } }, { 'if-match': etag })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
    const again = await patch(path, { fields: { token: 'three' } }, { 'if-match': etag });
    expect(problemIn(again)).toMatchObject({ status: 412, code: 'precondition_failed' });
  });

  it('is audited without its secrets', async () => {
    const { path, id } = await stored(BEARER);
    await patch(path, { fields: { token: 'canary-new' }, allowed_hosts: ['b.example.com'] });
    const rows = await sql(
      "select * from public.audit_log where entity = 'workspace_api_credentials' and entity_id = $1 order by id",
      id,
    );
    expect(rows.map(({ action }) => action)).toEqual(['insert', 'update']);
    expect(JSON.stringify(rows)).not.toMatch(/canary|v1\./);
  });
});

describe('the expiry of a credential', () => {
  it.each([
    ['far away', 15 * DAY_MS, 'ok'],
    ['within two weeks', 13 * DAY_MS, 'expires_soon'],
    ['past', -1000, 'expired'],
  ])('is told wherever it is read: %s', async (_, left, status) => {
    const expires_at = new Date(Date.now() + left).toISOString();
    const { service, path } = await stored({ ...BEARER, expires_at });
    const list = await call('GET /api/v1/workspace/credentials?limit=1', as);
    const check = await call(`GET /api/v1/workspace/credentials/check/${service}`, as);
    const get = await call(`GET ${path}`, as);
    expect(list.body).toMatchObject({ data: [{ expiry: { status }, last_used_at: null }] });
    for (const answer of [check, get]) expect(dataIn(answer)).toMatchObject({ expiry: { status } });
    expect(Date.parse(Object(dataIn(get).expiry).expires_at)).toBe(Date.parse(expires_at));
  });

  it('is null when none is known', async () => {
    const { path } = await stored(BEARER);
    expect(dataIn(await call(`GET ${path}`, as))).toMatchObject({ expiry: null });
  });
});

describe('a credential in use', () => {
  const connector = (service: string) => ({
    name: 'Uses it',
    steps: [{ name: 'one', request: { url: 'https://api.example.com/', auth: { credential: service } } }],
  });

  it('names its connectors, is kept, and goes by force', async () => {
    const { service, path } = await stored(BEARER);
    const id = idIn(await call('POST /api/v1/connectors', { ...as, json: connector(service) }));
    expect(dataIn(await call(`GET ${path}`, as))).toMatchObject({ used_by: [{ id, name: 'Uses it' }] });
    for (const query of ['', '?force=false']) {
      const problem = problemIn(await call(`DELETE ${path}${query}`, as));
      expect(problem).toMatchObject({ status: 409, code: 'credential_in_use' });
      expect(problem.errors).toEqual([
        { pointer: '#path/service_name', detail: `is used by the connector "Uses it" (${id})` },
      ]);
    }
    expect((await call(`DELETE ${path}?force=true`, as)).status).toBe(204);
    expect((await call(`DELETE ${path}`, as)).status).toBe(404);
  });

  it('is free again when the connector is deleted', async () => {
    const { service, path } = await stored(BEARER);
    const id = idIn(await call('POST /api/v1/connectors', { ...as, json: connector(service) }));
    expect((await call(`DELETE /api/v1/connectors/${id}`, as)).status).toBe(204);
    expect(dataIn(await call(`GET ${path}`, as))).toMatchObject({ used_by: [] });
    expect((await call(`DELETE ${path}`, as)).status).toBe(204);
  });

  it('is deleted only as what was read, where If-Match says so', async () => {
    const { path } = await stored(BEARER);
    await patch(path, { expires_at: '2030-01-01T00:00:00Z' });
    const remove = (etag: string) => call(`DELETE ${path}`, { ...as, headers: { 'if-match': etag } });
    expect(problemIn(await remove('"r1"'))).toMatchObject({ status: 412, code: 'precondition_failed' });
    expect((await remove('"r2"')).status).toBe(204);
    expect((await remove('"r2"')).status).toBe(404);
  });

  it('is not forced by anything but true', async () => {
    const { path } = await stored(BEARER);
    const problem = problemIn(await call(`DELETE ${path}?force=1`, as));
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.errors?.[0]?.pointer).toBe('#query/force');
  });
});

describe('a test call', () => {
  const test = (path: string, json: object, prefer = 'wait=0') =>
    call(`POST ${path}/test`, { ...as, json, headers: { prefer } });
  /** The payload that the task was started with for a credential. */
  async function payloadFor(id: string): Promise<Record<string, unknown> | undefined> {
    const payloads = (await triggered())
      .filter(({ path }) => path === '/api/v1/tasks/credential-test/trigger')
      .map(({ body }) => JSON.parse(String(Object(body).payload)));
    return payloads.find(({ credentialId }) => credentialId === id);
  }

  it('is left to a task, which gets ids and templates and no secret', async () => {
    const { path, id, service } = await stored(CUSTOM);
    const headers = { 'X-Key': `{{workspace.${service}.key}}` };
    const answer = await test(path, { url: 'https://api.example.com/me', headers });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(path);
    const data = dataIn(answer);
    expect(data).toMatchObject({ service_name: service, ok: null, status: null, error: null });
    expect(await payloadFor(id)).toEqual({
      testId: data.id,
      workspaceId: as.workspace,
      credentialId: id,
      request: { method: 'GET', url: 'https://api.example.com/me', headers },
    });
  });

  it('tells how it went once it has ended, also with the credential', async () => {
    const { path, id } = await stored(BEARER);
    const result = {
      ok: false,
      status: 401,
      error: { class: 'authentication', code: 'http_401', message: 'No.' },
    };
    const pending = test(path, { method: 'HEAD', url: 'https://api.example.com/me' }, 'wait=8');
    for (let tries = 0; tries < 50; tries += 1) {
      const payload = await payloadFor(id);
      if (payload !== undefined) {
        const done = { id: payload.testId, at: new Date().toISOString(), duration_ms: 12, ...result };
        await sql('update public.workspace_api_credentials set last_test = $1 where id = $2', done, id);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const answer = await pending;
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBe('wait=8');
    expect(dataIn(answer)).toMatchObject({ ...result, duration_ms: 12 });
    const credential = dataIn(await call(`GET ${path}`, as));
    expect(credential).toMatchObject({ revision: 1, last_test: { ...result, id: dataIn(answer).id } });
    // What was tried is gone: its result says nothing about the new secret.
    await patch(path, { fields: { token: 'new' } });
    expect(dataIn(await call(`GET ${path}`, as))).toMatchObject({ last_test: null });
  });

  it('is one test under one Idempotency-Key, however often it is asked for', async () => {
    const { path, id } = await stored(BEARER);
    const send = (key: string, url: string) =>
      call(`POST ${path}/test`, {
        ...as,
        json: { url },
        headers: { prefer: 'wait=0', 'idempotency-key': key },
      });
    const url = 'https://api.example.com/me';
    const [first, again] = [await send('k1', url), await send('k1', url)];
    expect(idIn(again)).toBe(idIn(first));
    expect(idIn(await send('k2', url))).not.toBe(idIn(first));
    expect(idIn(await send('k1', `${url}/2`))).not.toBe(idIn(first));
    const started = (await triggered()).filter(({ body }) => JSON.stringify(body).includes(id));
    const keys = started.map(({ body }) => Object(body).options.idempotencyKey);
    expect([keys.length, new Set(keys).size]).toEqual([4, 3]);
  });

  it('is another test for another API key, whose Idempotency-Keys are its own', async () => {
    const send = async () => {
      const { token } = await signUp('keys');
      const workspace = await newWorkspace({ id: '', email: '', token });
      const json = { service_name: 'shared_name', allowed_hosts: ['api.example.com'], ...BEARER };
      await call('POST /api/v1/workspace/credentials', { token, workspace, json });
      const made = { json: { name: 'k', scope: 'write' } };
      const key = String(dataIn(await call('POST /api/v1/api-keys', { token, workspace, ...made })).key);
      return call('POST /api/v1/workspace/credentials/shared_name/test', {
        token: key,
        json: { url: 'https://api.example.com/me' },
        headers: { prefer: 'wait=0', 'idempotency-key': 'k1' },
      });
    };
    expect(idIn(await send())).not.toBe(idIn(await send()));
  });

  const url = 'https://api.example.com/me';
  it.each([
    ['no URL', BEARER, {}, '/url'],
    ['a URL of another scheme', BEARER, { url: 'ftp://api.example.com/' }, '/url'],
    ['a private address', BEARER, { url: 'http://10.0.0.1/' }, '/url'],
    ['a metadata address', BEARER, { url: 'http://169.254.169.254/' }, '/url'],
    ['loopback', BEARER, { url: 'http://127.0.0.1/' }, '/url'],
    ['a port that is not permitted', BEARER, { url: 'https://api.example.com:22/' }, '/url'],
    ['user information', BEARER, { url: 'https://a:b@api.example.com/' }, '/url'],
    ['a credential in the host', CUSTOM, { url: 'https://{{workspace.$service.key}}.example.com/' }, '/url'],
    ['a template that does not parse', BEARER, { url: `${url}/{{` }, '/url'],
    ['a method that deletes', BEARER, { url, method: 'DELETE' }, '/method'],
    ['an unknown field', BEARER, { url, auth: { credential: 'x' } }, '/auth'],
    ['a body', BEARER, { url, method: 'POST', body: {} }, '/body'],
    ['a header of Patchbay', BEARER, { url, headers: { Host: 'x' } }, '/headers/Host'],
    ['a header that is none', BEARER, { url, headers: { 'X Y': 'x' } }, '/headers/X Y'],
    ['a header with a line break', BEARER, { url, headers: { 'X-Y': 'a\r\nb' } }, '/headers/X-Y'],
    ['an input, which a test has not', BEARER, { url: `${url}/{{input.a}}` }, '/url'],
    ['a step, which a test has not', BEARER, { url, headers: { 'X-Y': '{{steps.a.b}}' } }, '/headers/X-Y'],
    ['another credential', BEARER, { url, headers: { 'X-Y': '{{workspace.other.b}}' } }, '/headers/X-Y'],
    ['none of its custom fields', CUSTOM, { url }, '/headers'],
  ])('is refused with %s, and nothing is started', async (_, credential, json, pointer) => {
    const { path, id, service } = await stored(credential);
    const named = JSON.parse(JSON.stringify(json).replace('$service', service));
    const problem = problemIn(await test(path, named));
    expect(problem).toMatchObject({ status: 422, code: 'validation_failed' });
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
    expect(await payloadFor(id)).toBeUndefined();
  });

  it('needs a credential that is stored', async () => {
    const answer = await test('/api/v1/workspace/credentials/nobody', { url });
    expect(problemIn(answer)).toMatchObject({ status: 404, code: 'credential_not_found' });
  });
});
