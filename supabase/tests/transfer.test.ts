import { describe, expect, test } from 'vitest';
import { type Actor, call, refusal, useDatabase } from './harness.ts';
import { DEFINITION, home, other, user, uuid } from './world.ts';

const db = useDatabase();
const { admin, editor, viewer } = user;
const W = { p_workspace_id: home.id };
const NEW = uuid(0xf01);
const MIB = 1024 * 1024;
const rows = (answer: unknown) => (Array.isArray(answer) ? answer : []);

describe('the audit log', () => {
  const list = (actor: Actor, args: object = {}) =>
    call(db, actor, 'list_audit_log', { ...W, p_limit: 100, ...args });

  test('is for admins', async () => {
    for (const actor of [viewer, editor, home.keys.write]) {
      expect(await refusal(list(actor))).toMatchObject({ code: 'PT403' });
    }
  });

  test('pages, newest first, meet every entry of the workspace once', async () => {
    const all = rows(await list(admin)).map(({ id }) => id);
    const seen: number[] = [];
    for (let after: number | null = null, turn = 0; turn < 20; turn += 1) {
      const page = rows(await list(admin, { p_limit: 3, p_after: after }));
      seen.push(...page.map(({ id }) => id));
      if (page.length < 3) break;
      after = page.at(-1).id;
    }
    const { rows: stored } = await db.query(
      'select id from public.audit_log where workspace_id = $1 order by id desc',
      [home.id],
    );
    expect(seen).toEqual(all);
    expect(seen).toEqual(stored.map(({ id }) => id));
  });

  test('tells of one kind of thing, or of one thing', async () => {
    const kinds = rows(await list(admin, { p_entity: 'connectors' }));
    expect(new Set(kinds.map(({ entity }) => entity))).toEqual(new Set(['connectors']));
    const one = rows(await list(admin, { p_entity: 'connectors', p_entity_id: home.connector }));
    expect(one).toMatchObject([
      { action: 'insert', entity_id: home.connector, actor_type: expect.any(String) },
    ]);
    expect(rows(await list(admin, { p_entity: 'connectors', p_entity_id: other.connector }))).toEqual([]);
  });
});

describe('export and import', () => {
  const exported = async (actor: Actor, args: object = {}) =>
    rows(Object(await call(db, actor, 'export_connectors', { ...W, p_limit: 100, ...args })).connectors);
  const bring = (connectors: readonly object[], actor: Actor = editor) =>
    call(db, actor, 'import_connectors', { ...W, p_connectors: connectors });
  const item = (id: string, changes: object = {}) => ({
    ...{
      id,
      name: 'I',
      description: '',
      definition: DEFINITION,
      credential_services: ['crm', 'sms'],
      ...changes,
    },
  });
  const connectors = async () =>
    (await db.query('select count(*)::int as n from public.connectors where workspace_id = $1', [home.id]))
      .rows[0]?.n;

  test('an export holds every connector that is not deleted, oldest first, page by page', async () => {
    await call(db, editor, 'delete_connector', { ...W, p_id: home.secondConnector });
    const all = await exported(viewer);
    expect(all.map(({ id }) => id)).toEqual([home.connector, home.bareConnector]);
    expect(await exported(viewer, { p_limit: 1, p_after: home.connector })).toEqual([all[1]]);
    expect(JSON.stringify(all)).not.toContain('v1.');
  });

  const page = async (args: object) => {
    const answer = Object(await call(db, viewer, 'export_connectors', { ...W, p_limit: 100, ...args }));
    return { ids: rows(answer.connectors).map(({ id }) => id), more: answer.more };
  };

  test('an export tells whether more follow than were asked for', async () => {
    expect(await page({ p_limit: 2 })).toEqual({ ids: [home.connector, home.secondConnector], more: true });
    expect(await page({ p_limit: 3 })).toMatchObject({ more: false });
    expect(await page({ p_after: uuid(0xfff) })).toEqual({ ids: [], more: false });
  });

  test.each([
    ['fit together', 2 * MIB - 100, [[0, 1], [2]]],
    ['do not fit together', 2 * MIB, [[0], [1], [2]]],
    ['are too large each', 5 * MIB, [[0], [1], [2]]],
  ])(
    'an export ends a page before 4 MiB of definitions that %s, and leaves none out',
    async (_, size, pages) => {
      await bring([0, 1, 2].map((n) => item(uuid(0xf10 + n), { definition: { x: 'x'.repeat(size) } })));
      let after = uuid(0xf0f);
      for (const [index, numbers] of pages.entries()) {
        const ids = numbers.map((n) => uuid(0xf10 + n));
        expect(await page({ p_after: after })).toEqual({ ids, more: index < pages.length - 1 });
        after = ids.at(-1) ?? after;
      }
    },
  );

  test('an import makes what was exported, and says which credentials there are', async () => {
    const answer = await bring([item(NEW), item(uuid(0xf02), { credential_services: [] })]);
    expect(answer).toEqual({
      connectors: [
        { id: NEW, name: 'I' },
        { id: uuid(0xf02), name: 'I' },
      ],
      credentials: [
        { service_name: 'crm', exists: true },
        { service_name: 'sms', exists: false },
      ],
    });
    await db.script('set constraints all immediate');
    expect((await exported(viewer)).map(({ id }) => id)).toContain(NEW);
  });

  test.each([
    ['an id twice', [item(NEW), item(NEW)], '23505'],
    ['an id of another workspace', [item(NEW), item(other.connector)], '23505'],
    ['a name that is too long', [item(NEW), item(uuid(0xf02), { name: 'x'.repeat(201) })], '23514'],
    ['no definition', [item(NEW), item(uuid(0xf02), { definition: undefined })], '23502'],
  ])('an import with %s brings nothing at all', async (_, items, code) => {
    const before = await connectors();
    expect(await refusal(bring(items))).toMatchObject({ code });
    expect(await connectors()).toBe(before);
  });

  test('an import of nothing is fine, and one by a viewer is not', async () => {
    expect(await bring([])).toEqual({ connectors: [], credentials: [] });
    expect(await refusal(bring([item(NEW)], viewer))).toMatchObject({ code: 'PT403' });
  });
});

test('no list answers with more than 101 rows, however many are asked for', async () => {
  await db.query(
    `insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input)
     select gen_random_uuid(), $1, $2, 1, '{}' from generate_series(1, 300)`,
    [home.id, home.connector],
  );
  for (const asked of [1_000_000, 2_147_483_647, null]) {
    expect(rows(await call(db, viewer, 'list_executions', { ...W, p_limit: asked }))).toHaveLength(101);
  }
  for (const asked of [0, -1]) {
    expect(rows(await call(db, viewer, 'list_executions', { ...W, p_limit: asked }))).toHaveLength(1);
  }
  const { rows: unbounded } = await db.query(
    `select proname from pg_proc where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
       and prosrc ~ 'limit p_limit' and not has_function_privilege('service_role', oid, 'execute')`,
  );
  expect(unbounded).toEqual([]);
});
