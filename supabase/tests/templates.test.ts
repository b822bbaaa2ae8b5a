import { beforeEach, describe, expect, test } from 'vitest';
import { type Actor, call, refusal, useDatabase } from './harness.ts';
import {
  DEFINITION,
  DRAFT_TEMPLATE,
  home,
  other,
  RATED_TEMPLATE,
  UNRATED_TEMPLATE,
  user,
  uuid,
} from './world.ts';

const db = useDatabase();
const { owner, editor, viewer, outsider, saasAdmin } = user;
const NEW = uuid(0xf01);
const W = { p_workspace_id: home.id };
const SECOND = { format: 1, steps: [{ name: 'second' }] };

type Item = Record<string, unknown> & { id: string };
const list = async (args: Record<string, unknown> = {}, actor: Actor = viewer): Promise<Item[]> =>
  // The shape that list_templates documents; its fields are what these tests assert.
  (await call(db, actor, 'list_templates', { p_limit: 100, ...args })) as Item[];
const ids = async (args: Record<string, unknown> = {}, actor: Actor = viewer) =>
  (await list(args, actor)).map(({ id }) => id);
const get = (template: string, actor: Actor = viewer, version: number | null = null) =>
  call(db, actor, 'get_template', { p_template: template, p_version: version });
const create = (actor: Actor, template: object = {}, version: object = {}) =>
  call(db, actor, 'create_template', {
    p_id: NEW,
    p_template: {
      ...{ slug: 'number-check', name: 'Number check', description: 'Validates', category: 'data' },
      ...{ provider: 'numverify', ...template },
    },
    p_version: {
      definition: DEFINITION,
      credential_services: ['numverify'],
      manifest: { hosts: [] },
      ...version,
    },
  });
const update = (p_template: object, p_version: object | null = null, id = NEW) =>
  call(db, saasAdmin, 'update_template', { p_id: id, p_expected_revision: null, p_template, p_version });
const install = (actor: Actor, args: object = {}) =>
  call(db, actor, 'install_template', {
    ...{ ...W, p_template_id: RATED_TEMPLATE, p_version: null, p_connector_id: NEW, p_name: null, ...args },
  });

describe('browsing', () => {
  const COUNT = 60;
  beforeEach(async () => {
    await db.query('update public.connector_templates set is_featured = false');
    // Many alike in rating and installs, so that pages break inside of equal ones.
    await db.query(
      `insert into public.connector_templates (id, slug, name, description, category, provider, status, is_official,
         is_featured, install_count, rating_count, rating_sum)
       select ('00000000-0000-7000-8000-0000000e' || lpad(to_hex(n * 37 % ${COUNT}), 4, '0'))::uuid, 'many-' || n, 'Many ' || n,
         case n % 3 when 0 then 'Looks up phones' else 'Sends mail' end, 'c' || n % 4, 'p' || n % 5,
         case when n % 10 = 9 then 'draft' else 'published' end, n % 2 = 0, n % 7 = 0, n % 4, n % 3, n % 3 * 4
       from generate_series(0, ${COUNT} - 1) n`,
    );
  });

  const FILTERS: [string, Record<string, unknown>, string][] = [
    ['nothing', {}, 'true'],
    ['category', { p_category: 'c1' }, `category = 'c1'`],
    ['provider', { p_provider: 'p3' }, `provider = 'p3'`],
    ['official', { p_official: true }, 'is_official'],
    ['not official', { p_official: false }, 'not is_official'],
    ['featured', { p_featured: true }, 'is_featured'],
    ['words', { p_search: 'look PHO' }, `description like '%phones%'`],
    [
      'all at once',
      { p_category: 'c2', p_provider: 'p1', p_search: 'mail', p_official: true },
      `false or (category = 'c2' and provider = 'p1' and is_official and description like '%mail%')`,
    ],
  ];
  const SORTS: [string, string, (item: Item) => unknown][] = [
    ['newest', 'id', () => null],
    [
      'rating',
      'coalesce(rating_sum::numeric / nullif(rating_count, 0), 0)',
      (item) => item.rating_average ?? 0,
    ],
    ['installs', 'install_count', (item) => item.install_count],
  ];

  test.each(FILTERS.flatMap((filter) => SORTS.map((sort) => [filter[0], sort[0], filter, sort] as const)))(
    'by %s, sorted by %s: pages hold every match once, in order',
    async (_, __, [, filter, condition], [sort, column, keyOf]) => {
      const { rows } = await db.query(
        `select id from public.connector_templates where status = 'published' and (${condition}) order by ${column} desc, id desc`,
      );
      const seen: string[] = [];
      let after: object | null = null;
      for (let turn = 0; turn < COUNT; turn += 1) {
        const page = await list({ ...filter, p_sort: sort, p_limit: 4, p_after: after });
        seen.push(...page.map(({ id }) => id));
        const last = page.at(-1);
        if (last === undefined || page.length < 4) break;
        after = { value: keyOf(last), id: last.id };
      }
      expect(seen).toEqual(rows.map(({ id }) => id));
    },
  );

  test.each([
    ['the start of a word', 'num', true],
    ['words in any order and case', 'VALIDATES number', true],
    ['the category', 'data', true],
    ['the provider', 'numverify', true],
    ['a word that is not there', 'number horse', false],
    ['the middle of a word', 'umber', false],
    ['letters of other scripts', 'نumb', false],
  ])('a search for %s: %s finds it: %s', async (_, words, found) => {
    await create(saasAdmin);
    await update({ status: 'published' });
    expect((await ids({ p_search: words })).includes(NEW)).toBe(found);
  });

  test.each([
    '',
    '   ',
    '!!!',
    `'`,
    `''`,
    `\\`,
    `' | 'mail`,
    'a & b | !c <-> d:*',
    `mail'); drop table public.connector_templates; --`,
    ':*',
    '%_',
    '\u0000'.replace('\u0000', '\uFFFD'),
    'x'.repeat(100_000),
    'word '.repeat(10_000),
    '😀 👩‍👩‍👧',
    '$1 $4 {} %s %I',
  ])('a hostile search is only words: %j', async (words) => {
    const found = await list({ p_search: words });
    expect(Array.isArray(found)).toBe(true);
    expect(await ids()).not.toEqual([]);
  });

  test.each([`id; drop table public.connector_templates`, `rating_average desc --`, ''])(
    'a sort that nobody knows is the newest first: %j',
    async (sort) => {
      expect(await ids({ p_sort: sort })).toEqual(await ids());
    },
  );

  test('drafts are listed to SaaS admins alone', async () => {
    for (const status of ['draft', null]) {
      for (const actor of [viewer, owner, home.keys.admin]) {
        expect(await refusal(list({ p_status: status }, actor))).toMatchObject({ code: 'PT403' });
      }
    }
    expect(await ids({ p_status: 'draft' }, saasAdmin)).toContain(DRAFT_TEMPLATE);
    expect(await ids({}, saasAdmin)).not.toContain(DRAFT_TEMPLATE);
    expect(await ids({ p_status: null }, saasAdmin)).toEqual(
      expect.arrayContaining([DRAFT_TEMPLATE, RATED_TEMPLATE]),
    );
  });
});

describe('reading one', () => {
  test('by id or by slug, with its definition and the caller’s own rating', async () => {
    await call(db, viewer, 'rate_template', { ...W, p_template_id: RATED_TEMPLATE, p_stars: 3 });
    const byId = await get(RATED_TEMPLATE);
    expect(byId).toMatchObject({
      id: RATED_TEMPLATE,
      slug: 't1',
      version: 1,
      definition: DEFINITION,
      my_rating: 3,
    });
    expect(await get('t1')).toEqual(byId);
    expect(await get(RATED_TEMPLATE.toUpperCase())).toEqual(byId);
    expect(await get('t1', owner)).toMatchObject({ my_rating: null });
  });

  test.each([
    ['nothing', 'no-such-thing'],
    ['a draft', DRAFT_TEMPLATE],
    ['a draft by its slug', 't3'],
    ['what looks like the start of an id', '00000000-0000-x'],
    ['what is no slug', `'; --`],
  ])('%s is 404', async (_, template) => {
    expect(await refusal(get(template))).toMatchObject({ code: 'PT404', message: 'template_not_found' });
  });

  test('an older version can be read, one that does not exist cannot', async () => {
    await update(
      {},
      { definition: SECOND, credential_services: [], manifest: {}, changes: 'New' },
      RATED_TEMPLATE,
    );
    expect(await get('t1')).toMatchObject({
      version: 2,
      current_version: 2,
      definition: SECOND,
      changes: 'New',
    });
    expect(await get('t1', viewer, 1)).toMatchObject({
      version: 1,
      current_version: 2,
      definition: DEFINITION,
    });
    expect(await refusal(get('t1', viewer, 3))).toMatchObject({ code: 'PT404' });
    const versions = (args: object) =>
      call(db, viewer, 'list_template_versions', { p_template_id: RATED_TEMPLATE, p_limit: 10, ...args });
    expect(await versions({})).toMatchObject([{ version: 2, changes: 'New' }, { version: 1 }]);
    expect(await versions({ p_after: 2 })).toMatchObject([{ version: 1 }]);
    expect(await refusal(versions({ p_template_id: DRAFT_TEMPLATE }))).toMatchObject({ code: 'PT404' });
  });
});

describe('installing', () => {
  test('makes a connector that knows where it came from, and says which credentials it needs', async () => {
    await db.query(
      `update public.template_versions set credential_services = '{crm,sms}' where template_id = $1`,
      [RATED_TEMPLATE],
    );
    const before = Object(await get('t1')).install_count;
    expect(await install(editor, { p_name: 'Mine' })).toMatchObject({
      connector: { id: NEW, name: 'Mine', version: 1, template_id: RATED_TEMPLATE, template_version: 1 },
      credentials: [
        { service_name: 'crm', exists: true },
        { service_name: 'sms', exists: false },
      ],
    });
    await db.script('set constraints all immediate');
    expect(await get('t1')).toMatchObject({ install_count: before + 1, revision: 1 });
  });

  test.each([
    ['by a viewer', viewer, {}, 'PT403'],
    ['of a draft', editor, { p_template_id: DRAFT_TEMPLATE }, 'PT404'],
    ['of a draft by a SaaS admin who is an owner', owner, { p_template_id: DRAFT_TEMPLATE }, 'PT404'],
    ['of nothing', editor, { p_template_id: uuid(0xfff) }, 'PT404'],
    ['of a version that does not exist', editor, { p_version: 9 }, 'PT404'],
    ['under an id that is taken', editor, { p_connector_id: other.connector }, '23505'],
  ])('%s is refused', async (_, actor, args, code) => {
    await db.query('insert into public.saas_admin_users (user_id) values ($1)', [owner.user]);
    expect(await refusal(install(actor, args))).toMatchObject({ code });
  });
});

describe('upgrading', () => {
  const upgrade = (args: object = {}, actor: Actor = editor) =>
    call(db, actor, 'upgrade_connector', {
      ...{ ...W, p_id: NEW, p_expected_revision: 1, p_template_version: 2, p_definition: SECOND },
      ...{ p_credential_services: ['crm'], ...args },
    });
  const offered = (id = NEW) => call(db, viewer, 'get_template_update', { ...W, p_connector_id: id });

  beforeEach(async () => {
    await install(editor);
    await update(
      {},
      { definition: SECOND, credential_services: ['sms'], manifest: {}, changes: 'Better' },
      RATED_TEMPLATE,
    );
  });

  test('is made from the version that was installed and the newest one', async () => {
    expect(await offered()).toMatchObject({
      connector: { id: NEW, version: 1 },
      template: { id: RATED_TEMPLATE, version: 2 },
      installed: { version: 1, definition: DEFINITION },
      latest: {
        version: 2,
        definition: SECOND,
        changes: 'Better',
        credentials: [{ service_name: 'sms', exists: false }],
      },
    });
  });

  test('makes a new version of the connector and moves it to that of the template', async () => {
    expect(await upgrade()).toMatchObject({
      version: 2,
      revision: 2,
      template_version: 2,
      definition: SECOND,
    });
    expect(await offered()).toMatchObject({ installed: { version: 2 }, latest: { version: 2 } });
  });

  test.each([
    ['by a viewer', { p_expected_revision: 1 }, viewer, { code: 'PT403' }],
    ['with an old revision', { p_expected_revision: 9 }, editor, { code: 'PT412' }],
    ['to a version that does not exist', { p_template_version: 9 }, editor, { code: '23503' }],
    [
      'of a connector that came from nowhere',
      { p_id: home.bareConnector },
      editor,
      { message: 'not_from_template' },
    ],
  ])('%s is refused', async (_, args, actor, answer) => {
    expect(await refusal(upgrade(args, actor))).toMatchObject(answer);
  });

  test('is not offered once the template is not published any more', async () => {
    await update({ status: 'draft' }, null, RATED_TEMPLATE);
    expect(await refusal(offered())).toMatchObject({ code: 'PT409', message: 'not_from_template' });
    expect(await refusal(offered(home.bareConnector))).toMatchObject({ message: 'not_from_template' });
  });

  test('a connector outlives its template', async () => {
    await call(db, saasAdmin, 'delete_template', { p_id: RATED_TEMPLATE });
    const connector = await call(db, viewer, 'get_connector', { ...W, p_connector_id: NEW });
    expect(connector).toMatchObject({ template_id: null, template_version: null, definition: DEFINITION });
  });
});

describe('rating', () => {
  const rate = (actor: Actor, stars: number, args: object = {}) =>
    call(db, actor, 'rate_template', { ...W, p_template_id: RATED_TEMPLATE, p_stars: stars, ...args });
  const stored = async () =>
    (
      await db.query(
        'select rating_count, rating_sum, rating_average from public.connector_templates where id = $1',
        [RATED_TEMPLATE],
      )
    ).rows[0];

  test('counts each user once, whatever happens to the rating', async () => {
    const before = Number((await stored())?.rating_count);
    await rate(viewer, 1);
    expect(await rate(viewer, 4)).toMatchObject({ my_rating: 4, rating_count: before + 1 });
    await rate(owner, 2);
    const { rows } = await db.query(
      'select count(*) as rating_count, sum(stars) as rating_sum, round(avg(stars), 2) as rating_average from public.template_ratings where template_id = $1',
      [RATED_TEMPLATE],
    );
    expect(await stored()).toEqual(rows[0]);
    await db.as(viewer, 'delete from public.template_ratings');
    await db.query('delete from auth.users where id = $1', [other.bystander]);
    expect(await stored()).toMatchObject({ rating_count: before });
  });

  test.each([
    ['of what the workspace did not install', viewer, { p_template_id: NEW }, { message: 'forbidden' }],
    ['from a workspace of others', outsider, {}, { message: 'workspace_not_found' }],
    ['of a draft', viewer, { p_template_id: DRAFT_TEMPLATE }, { message: 'template_not_found' }],
    ['of six stars', viewer, { p_stars: 6 }, { code: '23514' }],
    ['of no stars', viewer, { p_stars: 0 }, { code: '23514' }],
  ])('%s is refused', async (_, actor, args, answer) => {
    await create(saasAdmin);
    await update({ status: 'published' });
    expect(await refusal(rate(actor, 3, args))).toMatchObject(answer);
  });
});

describe('the work of SaaS admins', () => {
  test('a new template is a draft, which is published, featured, made official, and withdrawn', async () => {
    expect(await create(saasAdmin)).toMatchObject({
      status: 'draft',
      is_official: false,
      is_featured: false,
      version: 1,
    });
    expect(await refusal(get('number-check'))).toMatchObject({ code: 'PT404' });
    expect(await update({ status: 'published', is_official: true, is_featured: true })).toMatchObject({
      ...{ status: 'published', is_official: true, is_featured: true, version: 1, revision: 2 },
    });
    expect(await get('number-check')).toMatchObject({ id: NEW, manifest: { hosts: [] } });
    await update({ status: 'draft' });
    expect(await refusal(get('number-check'))).toMatchObject({ code: 'PT404' });
  });

  test('a change names what changes and leaves the rest; null takes the provider away', async () => {
    await create(saasAdmin);
    expect(await update({ name: 'Other' })).toMatchObject({
      name: 'Other',
      description: 'Validates',
      provider: 'numverify',
    });
    expect(await update({ provider: null })).toMatchObject({ name: 'Other', provider: null });
  });

  test('a slug that is taken is a conflict', async () => {
    expect(await refusal(create(saasAdmin, { slug: 't1' }))).toMatchObject({ code: 'PT409', hint: '/slug' });
  });

  test.each([
    ['update_template', { p_expected_revision: null, p_template: {}, p_version: null }],
    ['delete_template', {}],
  ])('%s of nothing is 404', async (name, args) => {
    expect(await refusal(call(db, saasAdmin, name, { p_id: NEW, ...args }))).toMatchObject({ code: 'PT404' });
  });

  test('deleting one takes its versions, installs and ratings along', async () => {
    await call(db, saasAdmin, 'delete_template', { p_id: RATED_TEMPLATE });
    for (const table of ['template_versions', 'template_installs', 'template_ratings']) {
      const { rows } = await db.query(`select 1 from public.${table} where template_id = $1`, [
        RATED_TEMPLATE,
      ]);
      expect(rows).toEqual([]);
    }
    expect(await ids()).toContain(UNRATED_TEMPLATE);
  });
});
