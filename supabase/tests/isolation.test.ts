import { describe, expect, test } from 'vitest';
import { call, refusal, sharedDatabase, useDatabase } from './harness.ts';
import { FUNCTIONS } from './policies.ts';
import { DEFINITION, home, other, RATED_TEMPLATE, user, uuid, type Workspace } from './world.ts';

/** Which functions there are, and their arguments, come from the catalog: a new one is tested or fails here. */
const { rows: routines } = await (await sharedDatabase()).query(
  `select proname as name, coalesce(proargnames, '{}') as arguments from pg_proc
   where pronamespace = 'public'::regnamespace order by 1`,
);
const db = useDatabase();

const argumentsOf = new Map(
  routines.map((row) => [String(row.name), (row.arguments as string[]).map(String)]),
);
const forUsers = [...argumentsOf.keys()].filter((name) => FUNCTIONS[name] === 'authenticated');
const forEngine = [...argumentsOf.keys()].filter((name) => FUNCTIONS[name] === 'service_role');

/** They answer about the caller alone and take no id of anything that exists. */
const ABOUT_THE_CALLER = ['me', 'list_workspaces', 'create_workspace', 'note_api_key_use'];
/** The marketplace is the same for everybody. */
const MARKETPLACE = ['list_templates', 'get_template', 'list_template_versions'];
/** It calls one of the others with the caller's rights: see idempotency.test.ts. */
const ON_BEHALF = ['call_idempotently'];
const FOR_SAAS_ADMINS = [
  ...forUsers.filter((name) => name.startsWith('admin_')),
  ...['create_template', 'update_template', 'delete_template'],
];

/** Arguments that name something of the workspace. Where an id is only being given to something new, see NEW_IDS. */
const things = (w: Workspace): Record<string, unknown> => ({
  p_connector_id: w.connector,
  p_ids: [w.connector],
  p_user_id: w.bystander,
  p_service_name: 'crm',
  p_filter: { connector_id: w.connector },
});
const P_ID: Readonly<Record<string, (w: Workspace) => string>> = {
  update_connector: (w) => w.connector,
  delete_connector: (w) => w.connector,
  get_execution: (w) => w.execution,
  cancel_execution: (w) => w.execution,
  redrive_execution: (w) => w.execution,
  replay_execution: (w) => w.execution,
  get_execution_source: (w) => w.execution,
  dismiss_dead_letter: (w) => w.execution,
  get_step_runs: (w) => w.execution,
  execution_events: (w) => w.execution,
  get_batch: (w) => w.batch,
  get_batch_items: (w) => w.batch,
  cancel_batch: (w) => w.batch,
  redrive_batch: (w) => w.batch,
  revoke_api_key: (w) => w.keys.read.key,
  upgrade_connector: (w) => w.connector,
  update_credential: (w) => w.credential,
  close_circuit: (w) => w.circuit,
};
/** Of what is about to be made, not of what exists. */
const NEW_CONNECTOR: Readonly<Record<string, object>> = { install_template: { p_connector_id: uuid(0xf03) } };
const OTHERWISE: Readonly<Record<string, unknown>> = {
  p_at_least: 'viewer',
  p_limit: 10,
  p_after: null,
  p_role: 'viewer',
  p_name: 'Name',
  p_description: '',
  p_definition: DEFINITION,
  p_credential_services: [],
  p_expected_revision: 1,
  p_template_id: RATED_TEMPLATE,
  p_template_version: 1,
  p_stars: 3,
  p_force: true,
  p_changes: {},
  p_entity: null,
  p_entity_id: null,
  p_connectors: [],
  p_api_key: {
    ...{ id: uuid(0xf04), name: 'New', scope: 'read', secret_hash: 'e'.repeat(64), secret_hint: 'eeee' },
  },
  p_version: 1,
  p_input: {},
  p_options: { mode: 'dry_run' },
  p_trigger: { type: 'api' },
  p_status: null,
  p_trigger_type: null,
  p_new_id: uuid(0xf05),
  p_newest: true,
  p_dismissed: true,
  p_step: null,
  p_batch_id: null,
  p_parent_id: null,
  p_replay_of: null,
  p_error_class: null,
  p_created_after: null,
  p_created_before: null,
  p_state: null,
  p_item_ids: [uuid(0xf06)],
  p_items: '[{"input": {}}]',
  p_credential: {
    ...{ id: uuid(0xf02), service_name: 'mail', type: 'bearer', allowed_hosts: ['api.example.com'] },
    ...{ field_names: ['token'], key_id: 'k1', ciphertext: 'v1.k1.x' },
  },
};

function fill(name: string, workspaceId: string, content: Workspace): Record<string, unknown> {
  const known: Record<string, unknown> = {
    ...OTHERWISE,
    ...things(content),
    p_workspace_id: workspaceId,
    p_id: P_ID[name]?.(content) ?? uuid(0xf01),
    ...NEW_CONNECTOR[name],
  };
  return Object.fromEntries(
    (argumentsOf.get(name) ?? []).map((argument) => {
      if (!(argument in known)) throw new Error(`${name}: this test does not know what ${argument} is`);
      return [argument, known[argument]];
    }),
  );
}

const elsewhere = [...ABOUT_THE_CALLER, ...MARKETPLACE, ...ON_BEHALF, ...FOR_SAAS_ADMINS];
const inWorkspace = forUsers.filter((name) => !elsewhere.includes(name));

describe('every function that takes a workspace', () => {
  test.each(inWorkspace)('%s: somebody else’s workspace answers like a missing one', async (name) => {
    expect(argumentsOf.get(name)).toContain('p_workspace_id');
    const outsiders = [user.outsider, user.removed, user.saasAdmin];
    for (const [workspace, callers] of [
      [other, [user.viewer, user.owner]],
      [home, outsiders],
    ] as const) {
      for (const caller of callers) {
        const foreign = await refusal(call(db, caller, name, fill(name, workspace.id, workspace)));
        const missing = await refusal(call(db, caller, name, fill(name, uuid(0xfff), workspace)));
        expect(foreign).toMatchObject({ code: 'PT404', message: 'workspace_not_found' });
        expect(foreign).toEqual(missing);
      }
    }
  });

  test.each(inWorkspace)('%s: anon may not call it', async (name) => {
    expect(await refusal(call(db, 'anon', name, fill(name, home.id, home)))).toMatchObject({ code: '42501' });
  });
});

/** What each function says of an id from another workspace, asked for under one's own. */
const FOREIGN_ID: Readonly<Record<string, string>> = {
  get_connector: 'connector_not_found',
  update_connector: 'connector_not_found',
  delete_connector: 'connector_not_found',
  connector_stats: 'connector_not_found',
  accept_execution: 'connector_not_found',
  accept_test_execution: 'connector_not_found',
  list_executions: 'connector_not_found',
  get_execution: 'execution_not_found',
  cancel_execution: 'execution_not_found',
  redrive_execution: 'execution_not_found',
  redrive_executions: 'connector_not_found',
  replay_execution: 'execution_not_found',
  get_execution_source: 'execution_not_found',
  list_dead_letters: 'connector_not_found',
  dismiss_dead_letter: 'execution_not_found',
  get_step_runs: 'execution_not_found',
  execution_events: 'execution_not_found',
  create_batch: 'connector_not_found',
  list_batches: 'connector_not_found',
  get_batch: 'batch_not_found',
  get_batch_items: 'batch_not_found',
  cancel_batch: 'batch_not_found',
  redrive_batch: 'batch_not_found',
  change_member: 'member_not_found',
  remove_member: 'member_not_found',
  revoke_api_key: 'api_key_not_found',
  upgrade_connector: 'connector_not_found',
  get_template_update: 'connector_not_found',
  close_circuit: 'circuit_not_found',
};
/** Functions whose ids are of something new, or which find what they name by a name that is unique in a workspace only. */
const NAMES_NOTHING = [
  ...[
    'resolve_workspace',
    'list_members',
    'add_member',
    'list_credentials',
    'store_credential',
    'check_credential',
  ],
  ...['delete_credential', 'list_connectors', 'create_connector', 'create_api_key', 'list_api_keys'],
  ...['get_workspace', 'update_workspace', 'delete_workspace', 'get_credential', 'update_credential'],
  ...['install_template', 'rate_template', 'list_audit_log', 'export_connectors', 'import_connectors'],
  'dead_letter_summary',
  'list_circuits',
  'require_connectors',
];

test('every function is known to name something of a workspace, or not to', () => {
  expect([...Object.keys(FOREIGN_ID), ...NAMES_NOTHING].sort()).toEqual([...inWorkspace].sort());
});

describe.each(Object.entries(FOREIGN_ID))('%s: an id of another workspace under one’s own', (name, code) => {
  const attempt = () => refusal(call(db, user.owner, name, fill(name, home.id, other)));

  test(`answers 404 ${code}`, async () => {
    expect(await attempt()).toMatchObject({ code: 'PT404', message: code });
  });

  test('answers the same to an owner of both', async () => {
    await db.query(`insert into public.workspace_members values ($1, $2, 'owner')`, [
      other.id,
      user.owner.user,
    ]);
    expect(await attempt()).toMatchObject({ code: 'PT404', message: code });
  });
});

describe('helpers that run with their owner’s rights', () => {
  /** They answer about the caller alone, or what everybody may know. */
  const OF_THE_CALLER = [
    ...['authorize', 'is_saas_admin', 'workspace_ids', 'api_key', 'list_templates'],
    ...['rank_in', 'workspace_of_call', 'begin_idempotent', 'end_idempotent', 'write_api_key_use'],
  ];
  /** Called by other helpers only: no API role may execute it. */
  const CLOSED = ['row_estimate'];
  const FOR_ADMINS = FOR_SAAS_ADMINS.filter((name) => name.startsWith('admin_'));
  /** They write, and must check for themselves. */
  const WRITING: Readonly<Record<string, unknown[]>> = {
    request_cancel: [other.execution],
    redrive: [other.execution, null],
    redrive_many: [{ ids: [other.execution] }, false, 10],
    set_dismissed: [other.execution, true],
    write_batch: [other.connector, 1, uuid(0xf01), [uuid(0xf06)], '[{"input": {}}]'],
    request_batch_cancel: [other.batch],
    request_batch_redrive: [other.batch],
    write_credential: [OTHERWISE.p_credential],
    change_credential: ['crm', other.credential, null, { allowed_hosts: ['evil.example'] }],
    write_api_key: [OTHERWISE.p_api_key],
    end_api_key: [other.keys.read.key],
    shut_circuit: [other.circuit],
  };

  /** They read, and must check for themselves. */
  const READING: Readonly<Record<string, unknown[]>> = {
    dead_letter_ids: [10, null, null, null],
    dead_letter_groups: [],
    execution_ids: [10, null, null, null, null, null, null, null, null, null, null],
  };

  test.each(Object.entries(READING))(
    '%s refuses a workspace of others, called directly',
    async (name, args) => {
      const sql = `select private.${name}(${['', ...args].map((_, index) => `$${index + 1}`)})`;
      expect(await refusal(db.as(user.owner, sql, [other.id, ...args]))).toMatchObject({ code: 'PT404' });
      const ours = await db.as(user.viewer, sql, [home.id, ...args]);
      expect(JSON.stringify(ours.rows)).not.toContain(other.execution);
    },
  );

  test('are all known here', async () => {
    const { rows } = await db.query(
      `select proname as name from pg_proc where pronamespace = 'private'::regnamespace and prosecdef
       and prorettype <> 'trigger'::regtype order by 1`,
    );
    expect(rows.map((row) => row.name)).toEqual(
      [...OF_THE_CALLER, ...CLOSED, ...FOR_ADMINS, ...Object.keys(WRITING), ...Object.keys(READING)].sort(),
    );
  });

  test.each(Object.entries(WRITING))(
    '%s refuses a workspace of others, called directly',
    async (name, args) => {
      const sql = `select private.${name}(${['', ...args].map((_, index) => `$${index + 1}`)})`;
      expect(await refusal(db.as(user.owner, sql, [other.id, ...args]))).toMatchObject({ code: 'PT404' });
      expect(await refusal(db.as(user.viewer, sql, [home.id, ...args]))).toMatchObject({ code: 'PT403' });
    },
  );

  test.each(CLOSED)('%s is closed to users', async (name) => {
    const direct = db.as(user.owner, `select private.${name}('public.workspaces')`);
    expect(await refusal(direct)).toMatchObject({ code: '42501' });
  });

  test('request_cancel does not reach across workspaces', async () => {
    const sql = 'select private.request_cancel($1, $2)';
    expect(await refusal(db.as(user.owner, sql, [home.id, other.execution]))).toMatchObject({
      code: 'PT404',
      message: 'execution_not_found',
    });
  });

  test('write_credential replaces in its own workspace only', async () => {
    const replacing = { ...Object(OTHERWISE.p_credential), service_name: 'crm' };
    await db.as(user.owner, 'select private.write_credential($1, $2)', [home.id, replacing]);
    const { rows } = await db.query('select id from public.workspace_api_credentials order by 1');
    expect(rows).toEqual([{ id: other.credential }, { id: replacing.id }]);
  });
});

describe('what functions find by name', () => {
  test('check_credential does not see another workspace’s service', async () => {
    await db.query('delete from public.workspace_api_credentials where id = $1', [home.credential]);
    expect(
      await call(db, user.viewer, 'check_credential', fill('check_credential', home.id, home)),
    ).toMatchObject({
      exists: false,
    });
  });

  test('delete_credential leaves another workspace’s service alone', async () => {
    await call(db, user.editor, 'delete_credential', fill('delete_credential', home.id, home));
    const { rows } = await db.query('select id from public.workspace_api_credentials');
    expect(rows).toEqual([{ id: other.credential }]);
  });

  test('store_credential cannot take over the id of another workspace’s credential', async () => {
    const args = fill('store_credential', home.id, home);
    const stolen = { ...Object(args.p_credential), id: other.credential };
    expect(
      await refusal(call(db, user.owner, 'store_credential', { ...args, p_credential: stolen })),
    ).toMatchObject({
      code: '23505',
    });
  });

  test('lists hold rows of the named workspace only', async () => {
    for (const name of inWorkspace.filter((n) => n.startsWith('list_'))) {
      const text = JSON.stringify(
        await call(db, user.admin, name, { p_workspace_id: home.id, p_limit: 100 }),
      );
      for (const foreign of [
        ...[other.id, other.bystander, other.credential, other.connector, other.execution],
        ...[other.keys.read.key],
      ]) {
        expect(text).not.toContain(foreign);
      }
    }
  });
});

describe('what is for SaaS admins', () => {
  test.each(FOR_SAAS_ADMINS)('%s refuses owners and API keys of every scope', async (name) => {
    const nulls = (argumentsOf.get(name) ?? []).map((argument) => `${argument} => null`).join(', ');
    for (const actor of [user.owner, user.outsider, ...Object.values(home.keys)]) {
      const refused = await refusal(db.as(actor, `select public.${name}(${nulls})`));
      expect(refused).toMatchObject({ code: 'PT403', message: 'forbidden' });
    }
    expect(await refusal(db.as('anon', `select public.${name}(${nulls})`))).toMatchObject({ code: '42501' });
  });
});

test.each(ABOUT_THE_CALLER)('%s answers about the caller’s own workspaces only', async (name) => {
  const answer = await call(db, user.outsider, name, fill(name, home.id, home));
  expect(JSON.stringify(answer)).not.toContain(home.id);
});

test.each(forEngine)('%s is closed to owners, SaaS admins and anon', async (name) => {
  for (const actor of [user.owner, user.saasAdmin, 'anon'] as const) {
    const nulls = (argumentsOf.get(name) ?? []).map(() => 'null').join(', ');
    expect(await refusal(db.as(actor, `select public.${name}(${nulls})`))).toMatchObject({ code: '42501' });
  }
});
