import { describe, expect, test } from 'vitest';
import { type Actor, call, refusal, useDatabase } from './harness.ts';
import { home, other, user, uuid } from './world.ts';

const db = useDatabase();
const NEW = uuid(0xf01);
const { owner, editor, viewer } = user;
const FIRST = { format: 1, steps: [{ name: 'first' }] };
const SECOND = { format: 1, steps: [{ name: 'second' }] };

const create = (actor: Actor, changes: Record<string, unknown> = {}) =>
  call(db, actor, 'create_connector', {
    p_workspace_id: home.id,
    p_id: NEW,
    p_name: 'Enrich',
    p_description: '',
    p_definition: FIRST,
    p_credential_services: ['crm'],
    ...changes,
  });
const update = (actor: Actor, changes: Record<string, unknown> = {}) =>
  call(db, actor, 'update_connector', {
    p_workspace_id: home.id,
    p_id: NEW,
    p_expected_revision: 1,
    p_name: 'Enrich',
    p_description: '',
    p_definition: FIRST,
    p_credential_services: [],
    ...changes,
  });
const get = () => call(db, viewer, 'get_connector', { p_workspace_id: home.id, p_connector_id: NEW });
const remove = (actor: Actor) => call(db, actor, 'delete_connector', { p_workspace_id: home.id, p_id: NEW });
const versions = async () =>
  (
    await db.query(
      'select version, definition from public.connector_versions where connector_id = $1 order by 1',
      [NEW],
    )
  ).rows;

describe('connectors', () => {
  test('create_connector writes the connector and its first version together', async () => {
    const created = await create(editor);
    await db.script('set constraints all immediate');
    expect(created).toMatchObject({
      id: NEW,
      workspace_id: home.id,
      name: 'Enrich',
      version: 1,
      definition: FIRST,
    });
    expect(created).toMatchObject({ success_count: 0, failure_count: 0, last_executed_at: null });
    expect(await get()).toEqual(created);
    const { rows } = await db.query('select created_by from public.connectors where id = $1', [NEW]);
    expect(rows).toEqual([{ created_by: editor.user }]);
  });

  test.each([
    ['a viewer', viewer, {}, { message: 'forbidden' }],
    [
      'credentials that are not stored',
      editor,
      { p_credential_services: ['sms', 'crm', 'ads'] },
      { message: 'unknown_credential', hint: 'ads,sms' },
    ],
    ['an empty name', editor, { p_name: '' }, { code: '23514' }],
    ['an id that is taken', editor, { p_id: home.connector }, { code: '23505' }],
  ])('create_connector with %s writes nothing', async (_, actor, changes, answer) => {
    expect(await refusal(create(actor, changes))).toMatchObject(answer);
    expect(await versions()).toEqual([]);
  });

  test('a connector cannot be committed without its version', async () => {
    await db.as(editor, `insert into public.connectors (id, workspace_id, name) values ($1, $2, 'Bare')`, [
      NEW,
      home.id,
    ]);
    expect(await refusal(db.script('set constraints all immediate'))).toMatchObject({ code: '23503' });
  });

  test('a new definition makes a new version and keeps the old one', async () => {
    await create(editor);
    expect(await update(editor, { p_definition: SECOND })).toMatchObject({ version: 2, definition: SECOND });
    await db.script('set constraints all immediate');
    expect(await versions()).toEqual([
      { version: 1, definition: FIRST },
      { version: 2, definition: SECOND },
    ]);
  });

  test('a new name with the same definition makes no new version', async () => {
    await create(editor);
    expect(await update(editor, { p_name: 'Renamed' })).toMatchObject({ version: 1, name: 'Renamed' });
    expect(await versions()).toHaveLength(1);
  });

  test.each([
    ['a viewer', viewer, {}, { message: 'forbidden' }],
    [
      'an old version in mind',
      editor,
      { p_expected_revision: 7, p_definition: SECOND },
      { code: 'PT412', message: 'precondition_failed' },
    ],
    [
      'an unknown credential',
      editor,
      { p_credential_services: ['sms'] },
      { message: 'unknown_credential', hint: 'sms' },
    ],
    ['an unknown id', editor, { p_id: uuid(0xfff) }, { message: 'connector_not_found' }],
  ])('update_connector with %s changes nothing', async (_, actor, changes, answer) => {
    await create(editor);
    expect(await refusal(update(actor, { p_name: 'Other', ...changes }))).toMatchObject(answer);
    expect(await get()).toMatchObject({ name: 'Enrich', version: 1 });
  });

  test('list_connectors pages by id, newest first, without definitions', async () => {
    const list = (after: string | null, limit = 2) =>
      call(db, viewer, 'list_connectors', { p_workspace_id: home.id, p_limit: limit, p_after: after });
    expect(await list(null)).toMatchObject([{ id: home.bareConnector }, { id: home.secondConnector }]);
    expect(await list(home.secondConnector)).toMatchObject([{ id: home.connector }]);
    expect(await list(home.connector)).toEqual([]);
    expect(JSON.stringify(await list(null))).not.toContain('definition');
  });

  test('a deleted connector leaves lists and calls, and its executions stay readable', async () => {
    await create(editor);
    const execution = uuid(0xf11);
    const accept = {
      p_workspace_id: home.id,
      p_connector_id: NEW,
      p_version: 1,
      p_input: {},
      p_trigger: { type: 'api' },
    };
    await call(db, editor, 'accept_execution', { ...accept, p_id: execution });
    await remove(editor);
    const again = () => call(db, editor, 'accept_execution', { ...accept, p_id: uuid(0xf12) });
    for (const attempt of [get, () => remove(editor), () => update(editor), again]) {
      expect((await refusal(attempt())).message).toBe('connector_not_found');
    }
    expect(await call(db, viewer, 'list_connectors', { p_workspace_id: home.id, p_limit: 100 })).toHaveLength(
      3,
    );
    const history = await call(db, viewer, 'list_executions', {
      p_workspace_id: home.id,
      p_limit: 9,
      p_connector_id: NEW,
    });
    expect(history).toMatchObject([{ id: execution }]);
    expect(
      await call(db, viewer, 'get_execution', { p_workspace_id: home.id, p_id: execution }),
    ).toMatchObject({
      connector_id: NEW,
    });
  });

  test('a viewer cannot delete a connector', async () => {
    await create(editor);
    expect((await refusal(remove(viewer))).message).toBe('forbidden');
  });

  test('get_connector can ask for a higher role in the same call', async () => {
    const asEditor = { p_workspace_id: home.id, p_connector_id: home.connector, p_at_least: 'editor' };
    expect(await call(db, editor, 'get_connector', asEditor)).toMatchObject({ id: home.connector });
    expect((await refusal(call(db, viewer, 'get_connector', asEditor))).message).toBe('forbidden');
  });
});

describe('statistics', () => {
  const stats = () =>
    call(db, viewer, 'connector_stats', { p_workspace_id: home.id, p_connector_id: home.bareConnector });

  test('a connector that never ran has no rate and no durations', async () => {
    expect(await stats()).toMatchObject({
      success_rate: null,
      last_executed_at: null,
      recent: { executions: 0, by_status: {}, duration_ms: { average: null, p50: null, p95: null } },
    });
  });

  test('counters give the rate, finished executions the durations', async () => {
    await db.query(
      `insert into public.connector_executions
         (id, workspace_id, connector_id, connector_version, input, status, started_at, finished_at)
       select ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, $1, $2, 1, '{}',
         case when n <= 15 then 'succeeded' else 'failed' end, now(), now() + n * interval '100 ms'
       from generate_series(1, 20) n`,
      [home.id, home.bareConnector],
    );
    for (let n = 0; n < 3; n += 1)
      await call(db, 'service_role', 'increment_connector_success', { connector_id: home.bareConnector });
    await call(db, 'service_role', 'increment_connector_failure', { connector_id: home.bareConnector });
    expect(await stats()).toMatchObject({
      success_count: 3,
      failure_count: 1,
      success_rate: 0.75,
      last_executed_at: expect.any(String),
      recent: {
        executions: 20,
        by_status: { succeeded: 15, failed: 5 },
        duration_ms: { average: 1050, p50: 1050, p95: 1905 },
      },
    });
  });

  test('counting changes neither updated_at nor the audit log', async () => {
    const state = `select (select updated_at from public.connectors where id = $1) as updated_at,
      (select count(*) from public.audit_log) as entries`;
    const before = await db.query(state, [home.connector]);
    await call(db, 'service_role', 'increment_connector_success', { connector_id: home.connector });
    expect((await db.query(state, [home.connector])).rows).toEqual(before.rows);
  });
});

describe('credentials', () => {
  const credential = {
    id: NEW,
    service_name: 'mail',
    type: 'api_key',
    placement: { in: 'query', name: 'key' },
    allowed_hosts: ['api.example.com'],
    field_names: ['api_key'],
    key_id: 'k1',
    ciphertext: 'v1.k1.a.b',
  };
  const store = (actor: Actor, changes: Record<string, unknown> = {}) =>
    call(db, actor, 'store_credential', {
      p_workspace_id: home.id,
      p_credential: { ...credential, ...changes },
    });
  const names = async () => {
    const list = await call(db, viewer, 'list_credentials', { p_workspace_id: home.id, p_limit: 10 });
    return Array.isArray(list) ? list.map((item) => item.service_name) : list;
  };

  test('store_credential answers with metadata and not with the secret', async () => {
    const { key_id: _key, ciphertext: _secret, ...visible } = credential;
    const answer = await store(editor);
    expect(answer).toMatchObject({ replaced: false, credential: visible });
    expect(JSON.stringify(answer)).not.toContain('v1.k1');
    expect(await names()).toEqual(['mail', 'crm']);
  });

  test('storing the same service again replaces it under its new id', async () => {
    await store(editor);
    const answer = await store(editor, {
      id: uuid(0xf02),
      type: 'bearer',
      placement: null,
      ciphertext: 'v1.k1.new',
    });
    expect(answer).toMatchObject({
      replaced: true,
      credential: { id: uuid(0xf02), type: 'bearer', placement: null },
    });
    const { rows } = await db.query(
      `select id, ciphertext, created_by from public.workspace_api_credentials where service_name = 'mail'`,
    );
    expect(rows).toEqual([{ id: uuid(0xf02), ciphertext: 'v1.k1.new', created_by: editor.user }]);
  });

  test.each([
    ['a viewer', viewer, {}, { message: 'forbidden' }],
    ['plain text for ciphertext', editor, { ciphertext: 'hunter2' }, { code: '23514' }],
    ['no ciphertext', editor, { ciphertext: null }, { code: '23502' }],
    ['an empty key id', editor, { key_id: '', ciphertext: 'v1..a.b' }, { code: '23514' }],
    ['a text for key id', editor, { key_id: 'Rotate!', ciphertext: 'v1.Rotate!.a.b' }, { code: '23514' }],
    [
      'a key id that is too long',
      editor,
      { key_id: 'k'.repeat(33), ciphertext: `v1.${'k'.repeat(33)}.a.b` },
      { code: '23514' },
    ],
    ['another key id than its ciphertext', editor, { key_id: 'k2' }, { code: '23514' }],
    ['no hosts', editor, { allowed_hosts: [] }, { code: '23514' }],
    ['an unknown type', editor, { type: 'cookie' }, { code: '23514' }],
    ['a service name in capitals', editor, { service_name: 'CRM' }, { code: '23514' }],
  ])('store_credential with %s stores nothing', async (_, actor, changes, answer) => {
    expect(await refusal(store(actor, changes))).toMatchObject(answer);
    expect(await names()).toEqual(['crm']);
  });

  test('a credential that cannot be stored leaves the one it would replace', async () => {
    await store(editor);
    await refusal(store(editor, { id: uuid(0xf02), ciphertext: 'plain' }));
    expect(await names()).toEqual(['mail', 'crm']);
  });

  test('check_credential tells a stored service from a missing one', async () => {
    const check = (service: string) =>
      call(db, viewer, 'check_credential', { p_workspace_id: home.id, p_service_name: service });
    expect(await check('crm')).toMatchObject({ service_name: 'crm', exists: true, type: 'bearer' });
    expect(await check('sms')).toEqual({
      service_name: 'sms',
      exists: false,
      type: null,
      updated_at: null,
      expires_at: null,
    });
  });

  test('delete_credential needs an editor and a credential', async () => {
    const drop = (actor: Actor, service: string) =>
      call(db, actor, 'delete_credential', { p_workspace_id: home.id, p_service_name: service });
    expect((await refusal(drop(viewer, 'crm'))).message).toBe('forbidden');
    expect((await refusal(drop(owner, 'sms'))).message).toBe('credential_not_found');
    await db.query(`update public.connector_versions set credential_services = '{}'`);
    await drop(editor, 'crm');
    expect(await names()).toEqual([]);
  });

  test('list_credentials pages by id', async () => {
    await store(editor);
    const page = (after: string | null) =>
      call(db, viewer, 'list_credentials', { p_workspace_id: home.id, p_limit: 1, p_after: after });
    expect(await page(null)).toMatchObject([{ service_name: 'mail' }]);
    expect(await page(NEW)).toMatchObject([{ service_name: 'crm' }]);
  });
});

test('a connector of another workspace, a deleted one and none are the same to who wants to call it', async () => {
  const require = (...p_ids: string[]) =>
    call(db, user.editor, 'require_connectors', { p_workspace_id: home.id, p_ids });
  await require(home.connector);
  const missing = uuid(0xfff);
  for (const id of [other.connector, missing]) {
    expect(await refusal(require(home.connector, id))).toMatchObject({
      ...{ code: 'PT422', message: 'unknown_connector', hint: id },
    });
  }
  await call(db, user.editor, 'delete_connector', { p_workspace_id: home.id, p_id: home.connector });
  expect(await refusal(require(home.connector))).toMatchObject({ hint: home.connector });
});
