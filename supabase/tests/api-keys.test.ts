import { describe, expect, test } from 'vitest';
import { type Actor, call, refusal, useDatabase } from './harness.ts';
import { FUNCTIONS } from './policies.ts';
import { DEFINITION, home, other, RATED_TEMPLATE, type Scope, user, uuid } from './world.ts';

const db = useDatabase();
const { owner, admin, editor } = user;
const NEW = uuid(0xf01);
const HASH = 'a'.repeat(64);
const W = { p_workspace_id: home.id };

const spec = (changes: Record<string, unknown> = {}) => ({
  ...{ id: NEW, name: 'Server', scope: 'read', secret_hash: HASH, secret_hint: 'wxyz', expires_at: null },
  ...changes,
});
const create = (actor: Actor, changes: Record<string, unknown> = {}) =>
  call(db, actor, 'create_api_key', { ...W, p_api_key: spec(changes) });
const me = (actor: Actor) => call(db, actor, 'me');
const created = { key: NEW, hash: HASH };

describe('making and ending', () => {
  test('an admin makes a key, which opens its workspace and no other', async () => {
    const answer = await create(admin);
    expect(answer).toMatchObject({ id: NEW, scope: 'read', secret_hint: 'wxyz', created_by: admin.user });
    expect(JSON.stringify(answer)).not.toContain(HASH);
    expect(await me(created)).toEqual({
      is_saas_admin: false,
      api_key: { id: NEW, name: 'Server', scope: 'read' },
      workspaces: [{ id: home.id, name: 'W', role: null, created_at: expect.any(String) }],
    });
  });

  test.each([
    ['an editor makes it', editor, {}, { message: 'forbidden' }],
    ['a key makes it, whatever its scope', home.keys.admin, {}, { message: 'forbidden' }],
    ['the scope is no scope', admin, { scope: 'owner' }, { code: '23514' }],
    ['the id is taken', admin, { id: other.keys.read.key }, { code: '23505' }],
    ['the secret is not hashed', admin, { secret_hash: 'plain' }, { code: '23514' }],
  ])('none is made when %s', async (_, actor, changes, answer) => {
    expect(await refusal(create(actor, changes))).toMatchObject(answer);
  });

  test('a revoked key opens nothing from the next call on, and stays revoked', async () => {
    await create(admin);
    const revoke = () => call(db, admin, 'revoke_api_key', { ...W, p_id: NEW });
    const first = Object(await revoke());
    expect(first.revoked_at).toEqual(expect.any(String));
    expect(await refusal(me(created))).toMatchObject({ code: 'PT401', message: 'unauthenticated' });
    expect((await db.as(created, 'select 1 from public.connectors')).rows).toEqual([]);
    expect(Object(await revoke()).revoked_at).toBe(first.revoked_at);
    for (const actor of [owner, home.keys.admin]) {
      const revive = db.as(actor, 'update public.api_keys set revoked_at = null where id = $1', [NEW]);
      expect(await refusal(revive)).toMatchObject({ code: '42501' });
    }
  });

  test.each([
    ['in the past', `now() - interval '1 second'`, false],
    ['in the future', `now() + interval '1 hour'`, true],
  ])('a key that expires %s opens its workspace: %s -> %s', async (_, expiry, opens) => {
    await create(admin);
    await db.query(`update public.api_keys set expires_at = ${expiry} where id = $1`, [NEW]);
    if (opens) expect(await me(created)).toMatchObject({ api_key: { id: NEW } });
    else expect(await refusal(me(created))).toMatchObject({ code: 'PT401' });
  });

  test('list_api_keys pages by id and shows no hash', async () => {
    const page = (after: string | null) =>
      call(db, admin, 'list_api_keys', { ...W, p_limit: 3, p_after: after });
    expect(await page(null)).toMatchObject([{ scope: 'admin' }, { scope: 'write' }, { scope: 'execute' }]);
    expect(await page(home.keys.execute.key)).toMatchObject([{ scope: 'read' }]);
    expect(JSON.stringify(await page(null))).not.toContain(home.keys.admin.hash);
  });

  test('the use of a key is noted at most once a minute', async () => {
    const used = async () =>
      (await db.query('select last_used_at from public.api_keys where id = $1', [home.keys.read.key])).rows[0]
        ?.last_used_at;
    expect(await used()).toBeNull();
    await call(db, home.keys.read, 'note_api_key_use');
    const first = await used();
    expect(first).toEqual(expect.any(String));
    await db.query(`update public.api_keys set last_used_at = now() - interval '30 seconds' where id = $1`, [
      home.keys.read.key,
    ]);
    const recent = await used();
    await call(db, home.keys.read, 'note_api_key_use');
    expect(await used()).toBe(recent);
  });
});

describe('claims that name a key', () => {
  const { key, hash } = home.keys.admin;
  const forged: [string, Actor][] = [
    ['with another hash', { key, hash: 'b'.repeat(64) }],
    ['with no hash', { key, hash: '' }],
    ['with the hash of another key', { key, hash: home.keys.read.hash }],
    ['that does not exist', { key: uuid(0xfff), hash }],
    ['that is the id of an owner', { key: owner.user, hash }],
  ];

  test.each(forged)('%s open nothing', async (_, actor) => {
    for (const [name, args] of [
      ['me', {}],
      ['list_workspaces', { p_limit: 10 }],
      ['list_connectors', { ...W, p_limit: 10 }],
      ['list_templates', { p_limit: 10 }],
      ['create_workspace', { p_id: NEW, p_name: 'Mine' }],
      ['admin_list_admins', {}],
      ['call_idempotently', { p_key: 'old', p_fingerprint: 'f', p_fn: 'create_workspace', p_args: {} }],
    ] as const) {
      expect(await refusal(call(db, actor, name, args)), name).toMatchObject({ code: 'PT401' });
    }
    for (const table of [
      'workspaces',
      'workspace_members',
      'connectors',
      'connector_executions',
      'api_keys',
    ]) {
      expect((await db.as(actor, `select 1 as one from public.${table}`)).rows).toEqual([]);
    }
  });
});

describe('a key whose id was chosen to be that of a user', () => {
  const twin = { key: user.viewer.user, hash: HASH };

  test('does nothing in that user’s name', async () => {
    await create(admin, { id: twin.key, scope: 'admin' });
    await db.query(
      `insert into public.template_ratings (workspace_id, template_id, user_id, stars) values ($1, $2, $3, 5)`,
      [home.id, RATED_TEMPLATE, twin.key],
    );
    await db.query('insert into public.saas_admin_users (user_id) values ($1)', [twin.key]);
    await db.query(`insert into public.workspace_members values ($1, $2, 'owner')`, [other.id, twin.key]);
    await db.query(
      `insert into public.idempotency_keys (actor_type, actor_id, key, fingerprint, answer) values ('user', $1, 'k', 'f', '"theirs"')`,
      [twin.key],
    );
    expect(await me(twin)).toMatchObject({ is_saas_admin: false, workspaces: [{ id: home.id }] });
    expect((await db.as(twin, 'select 1 from public.saas_admin_users')).rows).toEqual([]);
    expect((await db.as(twin, 'select 1 from public.template_ratings')).rows).toEqual([]);
    expect((await db.as(twin, 'delete from public.template_ratings')).affected).toBe(0);
    const leave = 'delete from public.workspace_members where workspace_id = $1';
    expect((await db.as(twin, leave, [other.id])).affected).toBe(0);
    const replay = { p_key: 'k', p_fingerprint: 'f', p_fn: 'create_connector', p_args: { p_id: NEW } };
    expect(await refusal(call(db, twin, 'call_idempotently', replay))).not.toMatchObject({ code: '' });
  });
});

/** What each scope may do: the scopes from the named one upwards. Functions that are missing here fail below. */
const NEEDS: Readonly<Record<string, Scope | 'any' | 'nobody'>> = {
  ...{
    me: 'any',
    list_workspaces: 'any',
    note_api_key_use: 'any',
    list_templates: 'any',
    get_template: 'any',
  },
  list_template_versions: 'any',
  ...{ resolve_workspace: 'read', get_workspace: 'read', list_members: 'read', list_credentials: 'read' },
  ...{ check_credential: 'read', get_credential: 'read', list_connectors: 'read', get_connector: 'read' },
  ...{ connector_stats: 'read', list_executions: 'read', get_execution: 'read', get_template_update: 'read' },
  export_connectors: 'read',
  ...{ accept_execution: 'execute', cancel_execution: 'execute', redrive_execution: 'execute' },
  ...{ redrive_executions: 'execute', replay_execution: 'execute', get_execution_source: 'execute' },
  ...{ dismiss_dead_letter: 'execute', list_dead_letters: 'read', dead_letter_summary: 'read' },
  ...{ get_step_runs: 'read', execution_events: 'read' },
  ...{ create_batch: 'execute', cancel_batch: 'execute', redrive_batch: 'execute' },
  ...{ accept_test_execution: 'write', require_connectors: 'write' },
  ...{ list_circuits: 'read', close_circuit: 'write' },
  ...{ get_batch: 'read', list_batches: 'read', get_batch_items: 'read' },
  ...{
    create_connector: 'write',
    update_connector: 'write',
    delete_connector: 'write',
    import_connectors: 'write',
  },
  ...{ store_credential: 'write', update_credential: 'write', delete_credential: 'write' },
  ...{ install_template: 'write', upgrade_connector: 'write' },
  ...{ add_member: 'admin', change_member: 'admin', remove_member: 'admin', update_workspace: 'admin' },
  ...{ list_api_keys: 'admin', revoke_api_key: 'admin', list_audit_log: 'admin' },
  ...{
    create_workspace: 'nobody',
    delete_workspace: 'nobody',
    create_api_key: 'nobody',
    rate_template: 'nobody',
  },
  ...{
    create_template: 'nobody',
    update_template: 'nobody',
    delete_template: 'nobody',
    admin_stats: 'nobody',
  },
  ...{ admin_workspaces: 'nobody', admin_recent_executions: 'nobody', admin_failures: 'nobody' },
  admin_audit_log: 'nobody',
  ...{ admin_slowest_connectors: 'nobody', admin_key_rotation: 'nobody', admin_list_admins: 'nobody' },
  ...{ admin_add_admin: 'nobody', admin_remove_admin: 'nobody' },
};
const SCOPES: readonly Scope[] = ['read', 'execute', 'write', 'admin'];

const ARGUMENTS: Readonly<Record<string, Record<string, unknown>>> = {
  me: {},
  note_api_key_use: {},
  list_workspaces: { p_limit: 10 },
  list_templates: { p_limit: 10 },
  get_template: { p_template: 't1' },
  list_template_versions: { p_template_id: RATED_TEMPLATE, p_limit: 10 },
  get_connector: { ...W, p_connector_id: home.connector },
  connector_stats: { ...W, p_connector_id: home.connector },
  get_template_update: { ...W, p_connector_id: uuid(0xfff) },
  get_execution: { ...W, p_id: home.execution },
  check_credential: { ...W, p_service_name: 'crm' },
  get_credential: { ...W, p_service_name: 'crm' },
  resolve_workspace: W,
  get_workspace: W,
  accept_execution: {
    ...{ ...W, p_connector_id: home.connector, p_version: 1, p_id: NEW, p_input: {} },
    p_trigger: { type: 'api' },
  },
  accept_test_execution: {
    ...{ ...W, p_connector_id: home.connector, p_version: 1, p_id: NEW, p_input: {} },
    p_options: { mode: 'dry_run' },
  },
  require_connectors: { ...W, p_ids: [home.connector] },
  list_circuits: { ...W, p_limit: 10 },
  close_circuit: { ...W, p_id: home.circuit },
  cancel_execution: { ...W, p_id: home.execution },
  redrive_execution: { ...W, p_id: uuid(0xfff) },
  redrive_executions: { ...W, p_filter: { status: 'failed' }, p_newest: false, p_limit: 10 },
  replay_execution: { ...W, p_id: home.execution, p_new_id: NEW, p_version: null, p_input: null },
  get_execution_source: { ...W, p_id: home.execution, p_newest: true },
  dead_letter_summary: W,
  dismiss_dead_letter: { ...W, p_id: uuid(0xfff), p_dismissed: true },
  get_step_runs: { ...W, p_id: home.execution, p_limit: 10 },
  execution_events: { ...W, p_id: home.execution },
  create_batch: {
    ...{ ...W, p_connector_id: home.connector, p_version: 1, p_id: NEW },
    ...{ p_item_ids: [uuid(0xf06)], p_items: '[{"input": {}}]' },
  },
  get_batch: { ...W, p_id: home.batch },
  get_batch_items: { ...W, p_id: home.batch, p_limit: 10 },
  cancel_batch: { ...W, p_id: uuid(0xfff) },
  redrive_batch: { ...W, p_id: home.batch },
  create_connector: {
    ...{
      ...W,
      p_id: NEW,
      p_name: 'N',
      p_description: '',
      p_definition: DEFINITION,
      p_credential_services: [],
    },
  },
  update_connector: {
    ...{ ...W, p_id: home.connector, p_expected_revision: null, p_name: 'N', p_description: '' },
    ...{ p_definition: DEFINITION, p_credential_services: [] },
  },
  delete_connector: { ...W, p_id: home.connector },
  import_connectors: { ...W, p_connectors: [] },
  store_credential: {
    ...W,
    p_credential: {
      ...{ id: NEW, service_name: 'mail', type: 'bearer', allowed_hosts: ['a.example'] },
      ...{ field_names: ['token'], key_id: 'k', ciphertext: 'v1.k.x' },
    },
  },
  update_credential: {
    ...W,
    p_service_name: 'crm',
    p_id: home.credential,
    p_expected_revision: null,
    p_changes: {},
  },
  delete_credential: { ...W, p_service_name: 'crm', p_force: true },
  install_template: {
    ...{ ...W, p_template_id: RATED_TEMPLATE, p_version: null, p_connector_id: NEW, p_name: null },
  },
  upgrade_connector: {
    ...{
      ...W,
      p_id: uuid(0xfff),
      p_expected_revision: null,
      p_template_version: 1,
      p_definition: DEFINITION,
    },
    p_credential_services: [],
  },
  add_member: { ...W, p_user_id: uuid(0x24), p_role: 'viewer' },
  change_member: { ...W, p_user_id: home.bystander, p_role: 'viewer' },
  remove_member: { ...W, p_user_id: home.bystander },
  update_workspace: { ...W, p_changes: { name: 'Renamed' } },
  revoke_api_key: { ...W, p_id: home.keys.read.key },
  create_workspace: { p_id: NEW, p_name: 'Mine' },
  delete_workspace: W,
  create_api_key: { ...W, p_api_key: spec() },
  rate_template: { ...W, p_template_id: RATED_TEMPLATE, p_stars: 3 },
};
const BY_KIND = (name: string): Record<string, unknown> | undefined =>
  name.startsWith('list_') || name.startsWith('export_') ? { ...W, p_limit: 10 } : undefined;
const FOR_SAAS_ADMINS = /^admin_|^(create|update|delete)_template$/;

const forUsers = Object.keys(FUNCTIONS).filter(
  (name) => FUNCTIONS[name] === 'authenticated' && name !== 'call_idempotently',
);

test('every function says which scope it needs', () => {
  expect(Object.keys(NEEDS).sort()).toEqual(forUsers.sort());
});

describe('each scope', () => {
  // Those for SaaS admins alone are refused in isolation.test.ts, with arguments that need not make sense.
  test.each(Object.entries(NEEDS).filter(([name]) => !FOR_SAAS_ADMINS.test(name)))(
    '%s works from the scope %s upwards, and is 403 below',
    async (name, needed) => {
      const args = ARGUMENTS[name] ?? BY_KIND(name);
      if (!args) throw new Error(`no arguments for ${name}`);
      for (const scope of SCOPES) {
        const may =
          needed === 'any' || (needed !== 'nobody' && SCOPES.indexOf(scope) >= SCOPES.indexOf(needed));
        await db.script('savepoint scope');
        const code = await call(db, home.keys[scope], name, args).then(
          () => 'done',
          (error: unknown) => String(Reflect.get(Object(error), 'code')),
        );
        await db.script('rollback to savepoint scope');
        // An id that does not exist shows that the call got past the question who calls.
        expect([scope, code]).toEqual([scope, may ? expect.stringMatching(/^(done|PT404)$/) : 'PT403']);
      }
    },
  );

  test('a key of one workspace gets 404 for another, by every function that takes a workspace', async () => {
    for (const name of forUsers) {
      const args = ARGUMENTS[name] ?? BY_KIND(name) ?? {};
      if (!('p_workspace_id' in args) || NEEDS[name] === 'nobody') continue;
      const foreign = call(db, home.keys.admin, name, { ...args, p_workspace_id: other.id });
      expect(await refusal(foreign), name).toMatchObject({ code: 'PT404', message: 'workspace_not_found' });
    }
  });
});

test('what a key makes names the key in the audit log, and no user', async () => {
  const args = ARGUMENTS.create_connector ?? {};
  await call(db, home.keys.write, 'create_connector', args);
  const { rows } = await db.query(
    'select actor_type, actor_id from public.audit_log order by id desc limit 1',
  );
  expect(rows).toEqual([{ actor_type: 'api_key', actor_id: home.keys.write.key }]);
  const made = await db.query('select created_by from public.connectors where id = $1', [NEW]);
  expect(made.rows).toEqual([{ created_by: null }]);
});
