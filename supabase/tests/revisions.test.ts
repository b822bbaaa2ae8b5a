import { describe, expect, test } from 'vitest';
import { type Actor, call, refusal, useDatabase } from './harness.ts';
import { DEFINITION, home, RATED_TEMPLATE, user } from './world.ts';

const db = useDatabase();
const W = { p_workspace_id: home.id };
const { owner, editor, saasAdmin } = user;

const connector = { ...W, p_id: home.connector, p_name: 'C', p_description: '', p_credential_services: [] };

/** Every write that takes a revision: a change of the first thing, and where its revision stands. */
const WRITES: readonly [name: string, actor: Actor, args: Record<string, unknown>, revision: string][] = [
  [
    'update_workspace',
    owner,
    { ...W, p_changes: { name: 'Renamed' } },
    `public.workspaces where id = '${home.id}'`,
  ],
  ['delete_workspace', owner, W, `public.workspaces where id = '${home.id}'`],
  [
    ...(['change_member', owner, { ...W, p_user_id: home.bystander, p_role: 'admin' }] as const),
    `public.workspace_members where user_id = '${home.bystander}'`,
  ],
  [
    ...(['remove_member', owner, { ...W, p_user_id: home.bystander }] as const),
    `public.workspace_members where user_id = '${home.bystander}'`,
  ],
  [
    ...(['update_connector', editor, { ...connector, p_name: 'New', p_definition: DEFINITION }] as const),
    `public.connectors where id = '${home.connector}'`,
  ],
  [
    ...(['delete_connector', editor, { ...W, p_id: home.connector }] as const),
    `public.connectors where id = '${home.connector}'`,
  ],
  [
    'update_credential',
    editor,
    { ...W, p_service_name: 'crm', p_id: home.credential, p_changes: { expires_at: '2030-01-01T00:00:00Z' } },
    `public.workspace_api_credentials where id = '${home.credential}'`,
  ],
  [
    'update_template',
    saasAdmin,
    { p_id: RATED_TEMPLATE, p_template: { name: 'New' }, p_version: null },
    `public.connector_templates where id = '${RATED_TEMPLATE}'`,
  ],
];

const revisionOf = async (of: string) =>
  (await db.query(`select revision from ${of}`)).rows[0]?.revision ?? null;

describe.each(WRITES)('%s', (name, actor, args, of) => {
  const write = (expected: number | null) =>
    call(db, actor, name, { ...args, p_expected_revision: expected });

  test('with the revision that was read takes effect, and makes the next one', async () => {
    await write(1);
    expect([null, 2]).toContain(await revisionOf(of));
  });

  test('with another revision is 412 and changes nothing', async () => {
    const before = await db.query(`select * from ${of}`);
    for (const stale of [0, 2]) {
      expect(await refusal(write(stale))).toMatchObject({ code: 'PT412', message: 'precondition_failed' });
    }
    expect(await db.query(`select * from ${of}`)).toEqual(before);
  });

  test('of two with the same revision, the second is refused', async () => {
    await write(1);
    expect((await refusal(write(1))).code).toMatch(/^PT(412|404)$/);
  });

  test('without a revision takes effect', async () => {
    await write(null);
    expect(await revisionOf(of)).not.toBe(1);
  });
});

test.each([
  ['counts of a connector', 'update public.connectors set success_count = success_count + 1', 'connectors'],
  [
    'the use of a credential',
    'update public.workspace_api_credentials set last_used_at = now()',
    'workspace_api_credentials',
  ],
  [
    'encryption with a newer key',
    `update public.workspace_api_credentials set ciphertext = 'v1.k9.x', key_id = 'k9'`,
    'workspace_api_credentials',
  ],
  [
    'a test call',
    `update public.workspace_api_credentials set last_test = '{"ok": true}'`,
    'workspace_api_credentials',
  ],
  ['counts of a template', 'update public.connector_templates set install_count = 9', 'connector_templates'],
  [
    'a change that changes nothing',
    'update public.connectors set name = name, description = description',
    'connectors',
  ],
])('%s is no new revision', async (_, sql, table) => {
  await db.as('service_role', sql);
  const { rows } = await db.query(`select distinct revision from public.${table}`);
  expect(rows).toEqual([{ revision: 1 }]);
});

test('answers carry the revision that the next change needs', async () => {
  const read = Object(await call(db, editor, 'get_connector', { ...W, p_connector_id: home.connector }));
  const renamed = Object(
    await call(db, editor, 'update_connector', {
      ...{ ...connector, p_expected_revision: read.revision, p_name: 'A', p_definition: DEFINITION },
    }),
  );
  expect(renamed).toMatchObject({ revision: read.revision + 1, version: read.version });
  const changed = { ...connector, p_name: 'B', p_definition: { ...DEFINITION, output: 1 } };
  const next = await call(db, editor, 'update_connector', {
    ...changed,
    p_expected_revision: renamed.revision,
  });
  expect(next).toMatchObject({ revision: renamed.revision + 1, version: read.version + 1 });
});
