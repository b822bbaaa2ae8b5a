import { describe, expect, test } from 'vitest';
import { type Actor, call, refusal, useDatabase } from './harness.ts';
import { CIPHERTEXT, DEFINITION, home, NEWCOMER, other, user, uuid } from './world.ts';

const db = useDatabase();
const NEW = uuid(0xf01);
const { owner, admin, editor } = user;
const W = { p_workspace_id: home.id };

/** The entries that `work` adds, oldest first. */
async function entriesOf(work: () => Promise<unknown>) {
  const { rows: before } = await db.query('select coalesce(max(id), 0) as id from public.audit_log');
  await work();
  const { rows } = await db.query(
    'select workspace_id, actor_id, action, entity, entity_id, before, after from public.audit_log where id > $1 order by id',
    [before[0]?.id],
  );
  return rows;
}

const credential = {
  ...{
    id: NEW,
    service_name: 'crm',
    type: 'bearer',
    allowed_hosts: ['api.example.com'],
    field_names: ['token'],
  },
  ...{ key_id: 'k2', ciphertext: 'v1.k2.secret-text' },
};

test.each<[string, Actor, string, Record<string, unknown>, object[]]>([
  [
    'adding a member',
    admin,
    'add_member',
    { ...W, p_user_id: NEWCOMER, p_role: 'viewer' },
    [
      {
        action: 'insert',
        entity: 'workspace_members',
        entity_id: NEWCOMER,
        before: null,
        after: { role: 'viewer' },
      },
    ],
  ],
  [
    'changing a role',
    owner,
    'change_member',
    { ...W, p_user_id: home.bystander, p_role: 'admin' },
    [{ action: 'update', entity: 'workspace_members', before: { role: 'editor' }, after: { role: 'admin' } }],
  ],
  [
    'leaving',
    editor,
    'remove_member',
    { ...W, p_user_id: editor.user },
    [
      {
        action: 'delete',
        entity: 'workspace_members',
        entity_id: editor.user,
        before: { role: 'editor' },
        after: null,
      },
    ],
  ],
  [
    'creating a connector',
    editor,
    'create_connector',
    {
      ...W,
      p_id: NEW,
      p_name: 'New',
      p_description: '',
      p_definition: DEFINITION,
      p_credential_services: [],
    },
    [
      {
        action: 'insert',
        entity: 'connectors',
        entity_id: NEW,
        before: null,
        after: { name: 'New', current_version: 1 },
      },
    ],
  ],
  [
    'changing a connector',
    editor,
    'update_connector',
    {
      ...{ ...W, p_id: home.connector, p_expected_revision: 1, p_name: 'New', p_description: '' },
      ...{ p_definition: { format: 1 }, p_credential_services: [] },
    },
    [
      {
        ...{ action: 'update', entity: 'connectors', entity_id: home.connector },
        ...{ before: { name: 'C', current_version: 1 }, after: { name: 'New', current_version: 2 } },
      },
    ],
  ],
  [
    'deleting a connector',
    editor,
    'delete_connector',
    { ...W, p_id: home.connector },
    [
      {
        action: 'update',
        entity: 'connectors',
        before: { deleted_at: null },
        after: { deleted_at: expect.any(String) },
      },
    ],
  ],
  [
    'replacing a credential',
    editor,
    'store_credential',
    { ...W, p_credential: credential },
    [
      { action: 'delete', entity: 'workspace_api_credentials', entity_id: home.credential, after: null },
      {
        action: 'insert',
        entity: 'workspace_api_credentials',
        entity_id: NEW,
        before: null,
        after: { service_name: 'crm', revision: 1 },
      },
    ],
  ],
  [
    'deleting a credential',
    editor,
    'delete_credential',
    { ...W, p_service_name: 'crm', p_force: true },
    [
      {
        action: 'delete',
        entity: 'workspace_api_credentials',
        entity_id: home.credential,
        before: { service_name: 'crm' },
      },
    ],
  ],
])('%s is recorded with its actor, before and after', async (_, actor, name, args, expected) => {
  const entries = await entriesOf(() => call(db, actor, name, args));
  expect(entries).toMatchObject(expected);
  for (const entry of entries) {
    expect(entry).toMatchObject({
      workspace_id: home.id,
      actor_id: typeof actor === 'object' && 'user' in actor ? actor.user : null,
    });
  }
});

describe('what is not recorded', () => {
  test('no secret, whoever writes a credential and however', async () => {
    await call(db, editor, 'store_credential', { ...W, p_credential: credential });
    await db.as(
      'service_role',
      `update public.workspace_api_credentials set ciphertext = 'v1.k3.rotated', key_id = 'k3'`,
    );
    await call(db, editor, 'update_credential', {
      ...{ ...W, p_service_name: 'crm', p_id: NEW, p_expected_revision: null },
      p_changes: { ciphertext: 'v1.k3.rotated', key_id: 'k3' },
    });
    const { rows } = await db.query('select before, after from public.audit_log');
    const text = JSON.stringify(rows);
    expect(text).toContain('"service_name":"crm"');
    for (const secret of [CIPHERTEXT, credential.ciphertext, 'v1.k3.rotated', 'ciphertext']) {
      expect(text).not.toContain(secret);
    }
  });

  test.each([
    ['a change that changes nothing', `update public.connectors set name = name`],
    ['the use of a credential', 'update public.workspace_api_credentials set last_used_at = now()'],
    [
      'encryption of a credential with a newer key',
      `update public.workspace_api_credentials set ciphertext = 'v1.k3.same-secret', key_id = 'k3'`,
    ],
    ['the use of an API key', 'update public.api_keys set last_used_at = now()'],
    ['counting', 'update public.connectors set success_count = success_count + 1'],
  ])('%s', async (_, sql) => {
    expect(await entriesOf(() => db.as('service_role', sql))).toEqual([]);
  });

  test('a write that failed', async () => {
    const twice = { ...W, p_user_id: home.bystander, p_role: 'viewer' };
    expect(await entriesOf(() => call(db, owner, 'add_member', twice).catch(() => undefined))).toEqual([]);
  });
});

test('renaming a workspace is recorded in it, and only its admins can read that', async () => {
  const rename = () => db.as(admin, `update public.workspaces set name = 'Renamed' where id = $1`, [home.id]);
  expect(await entriesOf(rename)).toMatchObject([
    { workspace_id: home.id, entity: 'workspaces', before: { name: 'W' }, after: { name: 'Renamed' } },
  ]);
  const read = (actor: Actor) => db.as(actor, 'select distinct workspace_id from public.audit_log');
  expect((await read(admin)).rows).toEqual([{ workspace_id: home.id }]);
  expect((await read(editor)).rows).toEqual([]);
  expect((await read(user.outsider)).rows).toEqual([{ workspace_id: other.id }]);
});

test('what SaaS admins change is read by SaaS admins, and by nobody else', async () => {
  await db.query('insert into public.saas_admin_users (user_id) values ($1)', [NEWCOMER]);
  const saasAdmin: Actor = { user: NEWCOMER };
  const id = uuid(0xf02);
  await call(db, saasAdmin, 'create_template', {
    p_id: id,
    p_template: { slug: 'audited', name: 'Audited', description: '', category: 'other', provider: null },
    p_version: { definition: DEFINITION, credential_services: [], manifest: {} },
  });
  await call(db, saasAdmin, 'update_template', {
    ...{ p_id: id, p_expected_revision: null, p_template: { status: 'published' }, p_version: null },
  });
  const entries = await call(db, saasAdmin, 'admin_audit_log', { p_limit: 10, p_entity_id: id });
  expect(entries).toMatchObject([
    { action: 'update', actor_id: NEWCOMER, before: { status: 'draft' }, after: { status: 'published' } },
    { action: 'insert', actor_id: NEWCOMER, entity: 'connector_templates', after: { slug: 'audited' } },
  ]);
  expect(await refusal(call(db, owner, 'admin_audit_log', { p_limit: 10 }))).toMatchObject({
    code: 'PT403',
  });
  const { rows } = await db.as(owner, 'select 1 from public.audit_log where workspace_id is null');
  expect(rows).toEqual([]);
});
