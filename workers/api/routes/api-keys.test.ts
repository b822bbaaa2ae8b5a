import { env } from 'cloudflare:workers';
import { importJWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatApiKey } from '../../../core/api-key/format.ts';
import { type Answer, call, dataIn, idIn, problemIn, roundTrips, sql } from '../../test/api.ts';
import { connectorBody, executeBody, type Fixture, newFixture } from '../../test/fixture.ts';
import { createApp } from '../app.ts';

const KEYS = '/api/v1/api-keys';
let ours: Fixture;
let theirs: Fixture;
beforeAll(async () => {
  ours = await newFixture();
  theirs = await newFixture();
});

const create = (json: object, headers: Record<string, string> = {}, as = ours.owner.token) =>
  call(`POST ${KEYS}`, { token: as, workspace: ours.workspace, json, headers });

async function newKey(scope: string, more: object = {}): Promise<{ id: string; key: string }> {
  const data = dataIn(await create({ name: scope, scope, ...more }));
  return { id: String(data.id), key: String(data.key) };
}

const me = (key: string) => call('GET /api/v1/me', { token: key });
/** The key changed in its secret, with a checksum that fits. */
const withSecret = (key: string, secret: string) => {
  const hex = key.slice(4, 36);
  return formatApiKey({ id: hex, secret });
};

describe('an API key', () => {
  it('is shown once, listed without its secret, and kept as a hash', async () => {
    const answer = await create({ name: ' Server ', scope: 'read' });
    expect(answer.status).toBe(201);
    const { key, ...shown } = dataIn(answer);
    expect(key).toMatch(/^pbk_[0-9a-f]{32}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$/);
    expect(shown).toMatchObject({
      name: 'Server',
      scope: 'read',
      secret_hint: String(key).slice(76, 80),
      created_by: ours.owner.id,
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
    });
    const list = await call(`GET ${KEYS}`, { token: ours.admin.token, workspace: ours.workspace });
    expect(Object(list.body).data).toContainEqual(shown);
    const secret = String(key).slice(37, 80);
    const [stored] = await sql(
      "select to_jsonb(k)::text as row, (select coalesce(string_agg(a::text, ''), '') from public.audit_log a) as audit from public.api_keys k where id = $1",
      shown.id,
    );
    const [{ hash } = { hash: '' }] = await sql(
      "select encode(sha256(convert_to($1, 'utf8')), 'hex') as hash",
      secret,
    );
    expect(stored?.row).toContain(String(hash));
    for (const text of [String(stored?.row), String(stored?.audit), JSON.stringify(list.body)]) {
      expect(text).not.toContain(secret);
    }
    expect(String(stored?.audit)).not.toContain(String(hash));
  });

  it('says who it is, and works without naming the workspace', async () => {
    const { id, key } = await newKey('write');
    expect(dataIn(await me(key))).toMatchObject({
      id,
      email: null,
      is_saas_admin: false,
      api_key: { id, name: 'write', scope: 'write' },
      workspaces: [{ id: ours.workspace, role: null }],
    });
    const created = await call('POST /api/v1/connectors', { token: key, json: connectorBody });
    expect(created.status).toBe(201);
    const workspaces = Object((await call('GET /api/v1/workspaces', { token: key })).body).data;
    expect(workspaces).toMatchObject([{ id: ours.workspace }]);
    const [entry] = await sql(
      'select actor_type, actor_id from public.audit_log where entity_id = $1',
      idIn(created),
    );
    expect(entry).toEqual({ actor_type: 'api_key', actor_id: id });
  });

  it('costs one round trip like a user, and its token is used again', async () => {
    const { key } = await newKey('read');
    await call('GET /api/v1/connectors', { token: key });
    await noted(key);
    const before = await roundTrips();
    for (let i = 0; i < 3; i += 1) {
      expect((await call('GET /api/v1/connectors', { token: key })).status).toBe(200);
    }
    expect((await roundTrips()) - before).toBe(3);
  });

  it('reaches no other workspace, by header, by path or by id', async () => {
    const { key } = await newKey('admin');
    const attempts = [
      call('GET /api/v1/connectors', { token: key, workspace: theirs.workspace }),
      call(`GET /api/v1/workspaces/${theirs.workspace}`, { token: key }),
      call(`GET /api/v1/connectors/${theirs.connector}`, { token: key }),
      call(`POST /api/v1/connectors/${theirs.connector}/execute`, { token: key, json: executeBody }),
    ];
    for (const answer of await Promise.all(attempts)) expect(problemIn(answer).status).toBe(404);
  });

  it('makes no keys and no workspaces, whatever its scope', async () => {
    const { key } = await newKey('admin');
    const attempts = [
      call(`POST ${KEYS}`, { token: key, json: { name: 'Heir', scope: 'read' } }),
      call('POST /api/v1/workspaces', { token: key, json: { name: 'Mine' } }),
      call(`DELETE /api/v1/workspaces/${ours.workspace}`, { token: key }),
      call('GET /api/v1/admin/stats', { token: key }),
    ];
    for (const answer of await Promise.all(attempts)) expect(problemIn(answer).code).toBe('forbidden');
  });

  it.each([
    ['read', [200, 403, 403, 403]],
    ['execute', [200, 202, 403, 403]],
    ['write', [200, 202, 201, 403]],
    ['admin', [200, 202, 201, 200]],
  ])('of the scope %s may do this much', async (scope, statuses) => {
    const { key } = await newKey(scope);
    const answers = [
      await call(`GET /api/v1/connectors/${ours.connector}`, { token: key }),
      await call(`POST /api/v1/connectors/${ours.connector}/execute`, { token: key, json: executeBody }),
      await call('POST /api/v1/connectors', { token: key, json: connectorBody }),
      await call(`GET ${KEYS}`, { token: key }),
    ];
    expect(answers.map(({ status }) => status)).toEqual(statuses);
  });

  it('notes when it was last used, at most once a minute', async () => {
    const { id, key } = await newKey('read');
    await me(key);
    await noted(key);
    const used = await sql('select last_used_at from public.api_keys where id = $1', id);
    await me(key);
    expect(await sql('select last_used_at from public.api_keys where id = $1', id)).toEqual(used);
  });

  it('is named in the log by its id, and never shown there', async () => {
    const { id, key } = await newKey('read');
    const lines: string[] = [];
    const app = createApp({
      fetch: (input, init) => fetch(input, init),
      now: () => Date.now(),
      sleep: async () => {},
      log: (_level, _event, fields) => lines.push(JSON.stringify(fields)),
    });
    const pending: Promise<unknown>[] = [];
    const context = {
      waitUntil: (task: Promise<unknown>) => pending.push(task),
      passThroughOnException() {},
      props: {},
    };
    const headers = { authorization: `Bearer ${key}` };
    await app.fetch(new Request('https://api.test/api/v1/me', { headers }), env, context);
    await Promise.all(pending);
    expect(pending).toHaveLength(1);
    expect(lines.map((line) => JSON.parse(line).apiKeyId)).toEqual([id]);
    expect(lines.join()).not.toContain(key.slice(37, 80));
  });
});

describe('an API key that is not good any more', () => {
  const refused = (answer: Answer) => {
    expect(problemIn(answer)).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  };
  const everywhere = (key: string) =>
    Promise.all([
      me(key),
      call('GET /api/v1/workspaces', { token: key }),
      call('POST /api/v1/workspaces', { token: key, json: { name: 'x' } }),
      call('GET /api/v1/connectors', { token: key }),
      call(`GET /api/v1/connectors/${ours.connector}`, { token: key, workspace: ours.workspace }),
      call(`GET /api/v1/workspaces/${ours.workspace}`, { token: key }),
      call('GET /api/v1/templates', { token: key }).then((answer) =>
        answer.status === 404 ? me(key) : answer,
      ),
      call('GET /api/v1/admin/stats', { token: key }),
      create({ name: 'x', scope: 'read' }, {}, key),
    ]);

  it('ends with its revocation, at once and for good, and stays in the list', async () => {
    const { id, key } = await newKey('admin');
    expect((await me(key)).status).toBe(200);
    const revoke = () =>
      call(`POST ${KEYS}/${id}/revoke`, { token: ours.admin.token, workspace: ours.workspace });
    const revoked = dataIn(await revoke());
    expect(revoked.revoked_at).toEqual(expect.any(String));
    for (const answer of await everywhere(key)) refused(answer);
    expect(dataIn(await revoke())).toEqual(revoked);
    const list = await call(`GET ${KEYS}?limit=100`, { token: ours.owner.token, workspace: ours.workspace });
    expect(Object(list.body).data).toContainEqual(revoked);
  });

  it('ends with its expiry', async () => {
    const { id, key } = await newKey('read', { expires_at: '2099-01-01T00:00:00+02:00' });
    expect((await me(key)).status).toBe(200);
    await sql("update public.api_keys set expires_at = now() - interval '1 second' where id = $1", id);
    refused(await me(key));
  });

  it('or never was: another secret, an id that does not exist', async () => {
    const { key } = await newKey('admin');
    const made = formatApiKey({ id: crypto.randomUUID(), secret: 'A'.repeat(43) });
    for (const forged of [withSecret(key, 'A'.repeat(43)), made]) {
      for (const answer of await everywhere(forged)) refused(answer);
    }
  });

  it('does not replay what was written with it', async () => {
    const { id, key } = await newKey('write');
    const write = () =>
      call('POST /api/v1/connectors', {
        token: key,
        json: connectorBody,
        headers: { 'idempotency-key': 'of a key' },
      });
    expect((await write()).status).toBe(201);
    expect((await write()).headers.get('idempotency-replayed')).toBe('true');
    await call(`POST ${KEYS}/${id}/revoke`, { token: ours.owner.token, workspace: ours.workspace });
    refused(await write());
  });

  it('is told from a mistake without asking the database', async () => {
    const { key } = await newKey('read');
    const before = await roundTrips();
    for (const text of ['pbk_', key.slice(0, -1), `${key}0`, key.toUpperCase().replace('PBK', 'pbk')]) {
      refused(await me(text));
    }
    expect(await roundTrips()).toBe(before);
  });
});

describe('the tokens behind API keys', () => {
  const sign = async (claims: Record<string, unknown>) => {
    const jwk = JSON.parse(env.PATCHBAY_SIGNING_KEY);
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: `${env.SUPABASE_URL}/auth/v1`,
      aud: 'authenticated',
      role: 'authenticated',
      iat: now,
      exp: now + 60,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: jwk.kid })
      .sign(await importJWK(jwk, 'ES256'));
  };

  it('open the API to nobody, although the key set holds their key', async () => {
    const { id, key } = await newKey('admin');
    await me(key);
    const [{ secret_hash } = { secret_hash: '' }] = await sql(
      'select secret_hash from public.api_keys where id = $1',
      id,
    );
    const token = await sign({ sub: id, api_key_hash: secret_hash });
    expect((await call('GET /api/v1/me', { token })).status).toBe(401);
  });
});

describe('making an API key', () => {
  it.each([
    [{ name: '', scope: 'read' }, '/name'],
    [{ scope: 'read' }, '/name'],
    [{ name: 'x' }, '/scope'],
    [{ name: 'x', scope: 'owner' }, '/scope'],
    [{ name: 'x', scope: 'read', expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    [{ name: 'x', scope: 'read', expires_at: 'tomorrow' }, '/expires_at'],
    [{ name: 'x', scope: 'read', expires_at: '2099-01-01' }, '/expires_at'],
    [{ name: 'x', scope: 'read', secret_hash: 'a'.repeat(64) }, '/secret_hash'],
    [{ name: 'x', scope: 'read', workspace_id: 'x' }, '/workspace_id'],
  ])('is refused with %j', async (json, pointer) => {
    const problem = problemIn(await create(json));
    expect(problem).toMatchObject({ status: 422, code: 'validation_failed', errors: [{ pointer }] });
  });

  it('needs the role admin', async () => {
    for (const user of [ours.viewer, ours.editor]) {
      expect(problemIn(await create({ name: 'x', scope: 'read' }, {}, user.token)).code).toBe('forbidden');
    }
    expect((await create({ name: 'x', scope: 'read' }, {}, ours.admin.token)).status).toBe(201);
  });

  it('under an Idempotency-Key shows the same key again, which is stored nowhere', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const [first, again] = [
      await create({ name: 'Once', scope: 'read' }, headers),
      await create({ name: 'Once', scope: 'read' }, headers),
    ];
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    const { id, key } = dataIn(first);
    expect((await me(String(key))).status).toBe(200);
    const rows = await sql('select i::text as row from public.idempotency_keys i');
    expect(rows.map(({ row }) => row).join()).toContain(String(id));
    expect(rows.map(({ row }) => row).join()).not.toContain(String(key).slice(37, 80));
    const other = dataIn(
      await create({ name: 'Once', scope: 'read' }, { 'idempotency-key': crypto.randomUUID() }),
    );
    expect(String(other.key).slice(37, 80)).not.toBe(String(key).slice(37, 80));
  });

  it('is off where nothing can be signed', async () => {
    const { key } = await newKey('read');
    const app = createApp();
    const { PATCHBAY_SIGNING_KEY: _, ...bindings } = env;
    const headers = { authorization: `Bearer ${key}` };
    const context = { waitUntil() {}, passThroughOnException() {}, props: {} };
    const response = await app.fetch(
      new Request('https://api.test/api/v1/me', { headers }),
      bindings,
      context,
    );
    expect(response.status).toBe(401);
    expect(Object(await response.json()).detail).toContain('not enabled');
  });
});

/** Waits for what is written beside the answer. */
async function noted(key: string): Promise<void> {
  const hint = key.slice(76, 80);
  for (let tries = 0; tries < 100; tries += 1) {
    const rows = await sql(
      'select 1 from public.api_keys where secret_hint = $1 and last_used_at is not null',
      hint,
    );
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the use was not noted');
}
