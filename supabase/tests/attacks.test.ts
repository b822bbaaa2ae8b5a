import { describe, expect, test } from 'vitest';
import { call, refusal, useDatabase } from './harness.ts';
import {
  ACTORS,
  CIPHERTEXT,
  DRAFT_TEMPLATE,
  home,
  NEWCOMER,
  OTHER_SAAS_ADMIN,
  other,
  RATED_TEMPLATE,
  RESUME_STATE,
  user,
  uuid,
} from './world.ts';

const db = useDatabase();
const NEW = uuid(0xf01);
const DENIED = '42501';
const NO_SUCH_ROW = '23503';
const CHECKED = '23514';

describe('attaching what belongs to another workspace', () => {
  test.each([
    [
      'a version of its connector',
      'insert into public.connector_versions (workspace_id, connector_id, version, definition) values ($1, $2, 2, $3)',
      [home.id, other.connector, {}],
    ],
    [
      'an execution of its connector',
      'insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input) values ($3, $1, $2, 1, $4)',
      [home.id, other.connector, NEW, {}],
    ],
    [
      'an install of its connector',
      'insert into public.template_installs (workspace_id, connector_id, template_id, template_version) values ($1, $2, $3, 1)',
      [home.id, other.connector, RATED_TEMPLATE],
    ],
  ])('%s under one’s own workspace finds no such row', async (_, sql, parameters) => {
    expect(await refusal(db.as(user.editor, sql, parameters))).toMatchObject({ code: NO_SUCH_ROW });
  });

  test.each([
    [
      'a step run of its execution',
      `insert into public.connector_step_runs (workspace_id, execution_id, step_index, attempt, step_name, fence, status)
       values ($1, $2, 5, 0, 's', 1, 'running')`,
      [home.id, other.execution],
    ],
    [
      'its execution to one’s own contact',
      'update public.contacts set last_execution_id = $2 where workspace_id = $1',
      [home.id, other.execution],
    ],
  ])('%s fails even with the rights of the service role', async (_, sql, parameters) => {
    expect(await refusal(db.as('service_role', sql, parameters))).toMatchObject({ code: NO_SUCH_ROW });
  });

  test.each([
    ['a connector', 'update public.connectors set current_version = 99 where id = $1', [home.connector]],
    ['a contact', 'update public.contacts set workspace_id = $2 where id = $1', [home.contact, other.id]],
    [
      'a membership',
      'update public.workspace_members set workspace_id = $2 where workspace_id = $1',
      [home.id, other.id],
    ],
  ])('%s cannot be pointed elsewhere by an update', async (_, sql, parameters) => {
    const attempt = db.as(user.owner, sql, parameters).then(() => db.script('set constraints all immediate'));
    expect([DENIED, NO_SUCH_ROW]).toContain((await refusal(attempt)).code);
  });

  test('a membership cannot be moved by the service role either', async () => {
    const sql =
      'update public.workspace_members set workspace_id = $2 where workspace_id = $1 and user_id = $3';
    const moved = db.as('service_role', sql, [home.id, other.id, home.bystander]);
    expect(await refusal(moved)).toMatchObject({ code: 'PT400' });
  });

  test.each([
    [
      'installed',
      'insert into public.template_installs (workspace_id, connector_id, template_id, template_version) values ($1, $2, $3, 1)',
    ],
    [
      'named as a connector’s origin',
      `insert into public.connectors (id, workspace_id, name, template_id, template_version) values (gen_random_uuid(), $1, $2, $3, 1)`,
    ],
  ])('a draft template cannot be %s', async (_, sql) => {
    expect(
      await refusal(db.as(user.owner, sql, [home.id, home.bareConnector, DRAFT_TEMPLATE])),
    ).toMatchObject({
      code: DENIED,
    });
  });

  test('a draft template and its definition are invisible to everybody but SaaS admins', async () => {
    const drafts = 'select 1 from public.connector_templates where id = $1';
    const definitions = 'select 1 from public.template_versions where template_id = $1';
    for (const actor of [user.owner, user.outsider]) {
      expect((await db.as(actor, drafts, [DRAFT_TEMPLATE])).rows).toEqual([]);
      expect((await db.as(actor, definitions, [DRAFT_TEMPLATE])).rows).toEqual([]);
    }
    expect((await db.as(user.saasAdmin, definitions, [DRAFT_TEMPLATE])).rows).toHaveLength(1);
  });

  test.each([
    ['from a workspace of others', user.editor, other.id, RATED_TEMPLATE],
    ['that the workspace did not install', user.editor, home.id, DRAFT_TEMPLATE],
  ])('a template cannot be rated %s', async (_, actor, workspace, template) => {
    const sql = 'insert into public.template_ratings (workspace_id, template_id, stars) values ($1, $2, 1)';
    expect(await refusal(db.as(actor, sql, [workspace, template]))).toMatchObject({ code: DENIED });
  });

  test('a rating cannot be given in another user’s name', async () => {
    const sql =
      'insert into public.template_ratings (workspace_id, template_id, stars, user_id) values ($1, $2, 1, $3)';
    const forged = db.as(user.viewer, sql, [home.id, RATED_TEMPLATE, user.owner.user]);
    expect(await refusal(forged)).toMatchObject({ code: DENIED });
  });
});

describe('raising a role', () => {
  const promote = 'update public.workspace_members set role = $3 where workspace_id = $1 and user_id = $2';
  const add = 'insert into public.workspace_members (workspace_id, user_id, role) values ($1, $2, $3)';

  test.each([
    ['a viewer', user.viewer, 'admin'],
    ['an editor', user.editor, 'admin'],
    ['an editor', user.editor, 'owner'],
  ])('%s who updates their own membership to %o touches no row', async (_, actor, role) => {
    expect((await db.as(actor, promote, [home.id, actor.user, role])).affected).toBe(0);
  });

  test.each([
    ['themselves', user.admin.user],
    ['another member', home.bystander],
  ])('an admin cannot make %s an owner', async (_, member) => {
    expect(await refusal(db.as(user.admin, promote, [home.id, member, 'owner']))).toMatchObject({
      code: DENIED,
    });
  });

  test('an admin can neither demote nor remove an owner', async () => {
    expect((await db.as(user.admin, promote, [home.id, user.owner.user, 'viewer'])).affected).toBe(0);
    const remove = 'delete from public.workspace_members where workspace_id = $1 and user_id = $2';
    expect((await db.as(user.admin, remove, [home.id, user.owner.user])).affected).toBe(0);
  });

  test.each([
    ['an outsider adds themselves', user.outsider, home.id, user.outsider.user, 'viewer'],
    ['a removed member adds themselves', user.removed, home.id, user.removed.user, 'viewer'],
    ['a SaaS admin adds themselves', user.saasAdmin, home.id, user.saasAdmin.user, 'owner'],
    ['an editor adds an accomplice', user.editor, home.id, NEWCOMER, 'viewer'],
    ['an admin adds an owner', user.admin, home.id, NEWCOMER, 'owner'],
  ])('%s: denied', async (_, actor, workspace, member, role) => {
    expect(await refusal(db.as(actor, add, [workspace, member, role]))).toMatchObject({ code: DENIED });
  });

  test('a workspace cannot be created in somebody else’s name', async () => {
    const sql = 'insert into public.workspaces (id, name, created_by) values ($1, $2, $3)';
    const forged = db.as(user.viewer, sql, [NEW, 'Trap', user.owner.user]);
    expect(await refusal(forged)).toMatchObject({ code: DENIED });
  });

  test('nobody appoints SaaS admins through the API, SaaS admins included, or sees who else is one', async () => {
    const appoint = 'insert into public.saas_admin_users (user_id) values ($1)';
    expect(await refusal(db.as(user.owner, appoint, [user.owner.user]))).toMatchObject({ code: DENIED });
    expect(await refusal(db.as(user.saasAdmin, appoint, [NEWCOMER]))).toMatchObject({ code: DENIED });
    const { rows } = await db.as(user.saasAdmin, 'select user_id from public.saas_admin_users');
    expect(rows).toEqual([{ user_id: user.saasAdmin.user }]);
    expect(rows).not.toContainEqual({ user_id: OTHER_SAAS_ADMIN });
  });

  test('claims a user can edit make nobody an admin', async () => {
    const claims = {
      sub: user.outsider.user,
      role: 'authenticated',
      user_metadata: { role: 'owner', is_saas_admin: true },
    };
    await db.script(
      `set local role authenticated; set local request.jwt.claims = '${JSON.stringify(claims)}'`,
    );
    const { rows } = await db.query(
      'select count(*)::int as n from public.connectors where workspace_id = $1',
      [home.id],
    );
    expect(rows).toEqual([{ n: 0 }]);
    expect((await db.query('select private.is_saas_admin() as yes')).rows).toEqual([{ yes: false }]);
  });
});

describe('columns that belong to the engine', () => {
  test.each([
    ['count a success', 'update public.connectors set success_count = 1000'],
    ['date an execution', 'update public.connectors set last_executed_at = now()'],
    ['change the author', 'update public.connectors set created_by = null'],
    ['end an execution', `update public.connector_executions set status = 'succeeded'`],
    ['write an output', `update public.connector_executions set output = '{}'`],
    ['take a lease', `update public.connector_executions set lease_owner = 'me', fence = 9`],
    ['rewrite a version', `update public.connector_versions set definition = '{}'`],
    ['rewrite a step', `update public.connector_step_runs set output = '{}'`],
    ['rewrite history', `update public.audit_log set actor_id = null`],
    ['erase history', 'delete from public.audit_log'],
    [
      'widen the hosts of a credential',
      `update public.workspace_api_credentials set allowed_hosts = '{evil.example}'`,
    ],
    ['count an install', 'update public.connector_templates set install_count = 1000'],
    ['rate a template', 'update public.connector_templates set rating_sum = 1000'],
  ])('an owner cannot %s', async (_, sql) => {
    expect(await refusal(db.as(user.owner, sql))).toMatchObject({ code: DENIED });
  });

  test.each(['increment_connector_success', 'increment_connector_failure'])(
    'an owner cannot call %s',
    async (name) => {
      expect(await refusal(call(db, user.owner, name, { connector_id: home.connector }))).toMatchObject({
        code: DENIED,
      });
    },
  );
});

describe('what is written past the functions', () => {
  const NOT_OBJECTS = ['null', '[]', '"text"', '1'];
  const NOT_TRIGGERS = [
    ...NOT_OBJECTS,
    '{}',
    '{"type": null}',
    '{"type": ["api"]}',
    '{"type": "schedule"}',
    '["type"]',
  ];
  const start = (trigger: string) =>
    db.as(
      user.editor,
      `insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input, trigger)
       values ($1, $2, $3, 1, '{}', $4::text::jsonb)`,
      [NEW, home.id, home.connector, trigger],
    );

  test.each(NOT_TRIGGERS)('an execution is not triggered by %s', async (trigger) => {
    expect(await refusal(start(trigger))).toMatchObject({ code: CHECKED });
  });

  test('an execution is triggered by the API, which may say more of it', async () => {
    expect(await start('{"type": "api", "by": "hand"}')).toMatchObject({ affected: 1 });
  });

  test.each(NOT_OBJECTS)('a definition is not %s', async (definition) => {
    const connector = db.as(
      user.editor,
      `insert into public.connector_versions (workspace_id, connector_id, version, definition)
       values ($1, $2, 2, $3::text::jsonb)`,
      [home.id, home.connector, definition],
    );
    expect(await refusal(connector)).toMatchObject({ code: CHECKED });
    const template = db.as(
      user.saasAdmin,
      'insert into public.template_versions (template_id, version, definition) values ($1, 2, $2::text::jsonb)',
      [RATED_TEMPLATE, definition],
    );
    expect(await refusal(template)).toMatchObject({ code: CHECKED });
  });
});

describe('sealed columns', () => {
  const users = Object.entries(ACTORS).filter(([name]) => name !== 'service_role');

  test.each(users)(
    '%s cannot read ciphertext or resume state, by name, by star, or as a whole row',
    async (_, actor) => {
      for (const sql of [
        'select ciphertext from public.workspace_api_credentials',
        'select * from public.workspace_api_credentials',
        'select to_jsonb(c) from public.workspace_api_credentials c',
        `select 1 from public.workspace_api_credentials where ciphertext like 'v1.%'`,
        'delete from public.workspace_api_credentials returning ciphertext',
        'select resume_state from public.connector_step_runs',
        'select * from public.connector_step_runs',
        'select s from public.connector_step_runs s',
        'select 1 from public.connector_step_runs order by resume_state',
      ]) {
        expect(await refusal(db.as(actor, sql)), sql).toMatchObject({ code: DENIED });
      }
    },
  );

  test('no function that users may call answers with either', async () => {
    const answers = [
      await call(db, user.owner, 'list_credentials', { p_workspace_id: home.id, p_limit: 10 }),
      await call(db, user.owner, 'check_credential', { p_workspace_id: home.id, p_service_name: 'crm' }),
      await call(db, user.owner, 'get_execution', { p_workspace_id: home.id, p_id: home.execution }),
      (await db.as(user.owner, 'select * from public.audit_log')).rows,
    ];
    const text = JSON.stringify(answers);
    expect(text).toContain('crm');
    expect(text).not.toContain(CIPHERTEXT);
    expect(text).not.toContain(RESUME_STATE);
  });

  test('the service role, which runs connectors, reads both', async () => {
    const { rows } = await db.as(
      'service_role',
      'select distinct ciphertext from public.workspace_api_credentials',
    );
    expect(rows).toEqual([{ ciphertext: CIPHERTEXT }]);
  });
});
