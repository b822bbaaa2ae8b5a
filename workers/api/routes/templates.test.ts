import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  type Answer,
  call,
  dataIn,
  idIn,
  newWorkspace,
  problemIn,
  roundTrips,
  signUp,
  sql,
  type User,
} from '../../test/api.ts';
import {
  connectorBody,
  credentialBody,
  type Fixture,
  newFixture,
  newSaasAdmin,
  SERVICE,
} from '../../test/fixture.ts';

const { name: _name, ...definition } = connectorBody;
const MISSING = '018f0000-0000-7000-8000-000000000000';
const STEP = definition.steps[0];

let operator: User;
let ours: Fixture;
let outsider: User;
beforeAll(async () => {
  [operator, ours, outsider] = await Promise.all([newSaasAdmin(), newFixture(), signUp('outsider')]);
});

const as = (user: User) => ({ token: user.token, workspace: ours.workspace });
const word = () => `w${crypto.randomUUID().replaceAll('-', '')}`;
const T = '/api/v1/connector-templates';

async function create(change: object = {}): Promise<Answer> {
  return call(`POST ${T}`, {
    token: operator.token,
    json: { name: `Template ${word()}`, definition, ...change },
  });
}
async function published(change: object = {}): Promise<string> {
  const id = idIn(await create(change));
  dataIn(await call(`POST ${T}/${id}/publish`, { token: operator.token }));
  return id;
}
const patch = (id: string, json: object) => call(`PATCH ${T}/${id}`, { token: operator.token, json });
async function installed(id: string, user = ours.editor): Promise<{ id: string; path: string }> {
  const answer = await call(`POST ${T}/${id}/install`, { ...as(user), json: {} });
  const { connector } = z.object({ connector: z.object({ id: z.string() }) }).parse(dataIn(answer));
  return { id: connector.id, path: `/api/v1/connectors/${connector.id}` };
}
const List = z.object({
  data: z.array(z.looseObject({ id: z.string() })),
  next_cursor: z.string().nullable(),
});
async function list(query: string, user: User = outsider): Promise<z.infer<typeof List>> {
  return List.parse((await call(`GET ${T}?${query}`, { token: user.token })).body);
}

describe('a template', () => {
  it('comes back with its definition, what it does, and the credentials that it needs', async () => {
    const name = `Phone lookup ${word()}`;
    const created = await create({
      name,
      description: 'Finds the country.',
      category: 'data',
      provider: 'numverify',
    });
    expect(created.status).toBe(201);
    const id = idIn(created);
    expect(created.headers.get('location')).toBe(`${T}/${id}`);
    expect(dataIn(created)).toMatchObject({
      slug: name.toLowerCase().replaceAll(' ', '-'),
      status: 'draft',
      version: 1,
      current_version: 1,
      category: 'data',
      provider: 'numverify',
      is_official: false,
      is_featured: false,
      rating_average: null,
      my_rating: null,
      definition,
      credential_services: [SERVICE],
      manifest: {
        steps: 1,
        hosts: [{ kind: 'host', host: 'api.example.com', chosen_by: [], steps: ['lookup'] }],
        credentials: [{ service_name: SERVICE, hosts: ['api.example.com'] }],
        data: [{ step: 'lookup', host: 'api.example.com', in: 'query', references: ['input.phone'] }],
        writes: [],
      },
    });
    expect(dataIn(created)).not.toHaveProperty('definition.format');
    const read = await call(`GET ${T}/${id}`, { token: operator.token });
    expect(dataIn(read)).toEqual(dataIn(created));
    expect(read.headers.get('etag')).toBe(created.headers.get('etag'));
  });

  it('is a draft, which is not there for others, until it is published', async () => {
    const id = idIn(await create({ slug: word() }));
    const { slug } = dataIn(await call(`GET ${T}/${id}`, { token: operator.token }));
    const targets = [
      `GET ${T}/${id}`,
      `GET ${T}/${slug}`,
      `GET ${T}/${id}/versions`,
      `POST ${T}/${id}/publish`,
    ];
    for (const target of targets) {
      expect(problemIn(await call(target, as(ours.owner)))).toMatchObject({ code: 'template_not_found' });
    }
    const install = await call(`POST ${T}/${id}/install`, { ...as(ours.owner), json: {} });
    expect(problemIn(install).code).toBe('template_not_found');
    const rate = await call(`POST ${T}/${id}/rate`, { ...as(ours.owner), json: { stars: 5 } });
    expect(problemIn(rate).code).toBe('template_not_found');

    dataIn(await call(`POST ${T}/${id}/publish`, { token: operator.token }));
    expect(dataIn(await call(`GET ${T}/${slug}`, { token: outsider.token }))).toMatchObject({
      id,
      status: 'published',
    });
    dataIn(await call(`POST ${T}/${id}/unpublish`, { token: operator.token }));
    expect(problemIn(await call(`GET ${T}/${id}`, { token: outsider.token })).code).toBe(
      'template_not_found',
    );
  });

  it('gets a new version when its definition changes, and only then', async () => {
    const id = await published({ changes: 'First.' });
    const longer = { ...definition, steps: [{ ...STEP, timeout_ms: 5000 }] };
    expect(dataIn(await patch(id, { description: 'Changed.' }))).toMatchObject({
      version: 1,
      description: 'Changed.',
    });
    expect(dataIn(await patch(id, { definition, changes: 'Nothing.' }))).toMatchObject({ version: 1 });
    expect(dataIn(await patch(id, { definition: longer, changes: 'Waits less.' }))).toMatchObject({
      version: 2,
      changes: 'Waits less.',
      definition: longer,
    });
    expect(dataIn(await patch(id, { provider: null, category: 'crm' }))).toMatchObject({
      version: 2,
      provider: null,
      category: 'crm',
    });
    const first = dataIn(await call(`GET ${T}/${id}?version=1`, { token: outsider.token }));
    expect(first).toMatchObject({ version: 1, current_version: 2, changes: 'First.', definition });
    const none = await call(`GET ${T}/${id}?version=3`, { token: outsider.token });
    expect(problemIn(none).code).toBe('template_not_found');

    const one = List.omit({ data: true }).extend({ data: z.array(z.unknown()) });
    const page = one.parse((await call(`GET ${T}/${id}/versions?limit=1`, { token: outsider.token })).body);
    expect(page.data).toMatchObject([{ version: 2, changes: 'Waits less.' }]);
    const next = one.parse(
      (await call(`GET ${T}/${id}/versions?cursor=${page.next_cursor}`, { token: outsider.token })).body,
    );
    expect(next).toMatchObject({ data: [{ version: 1, changes: 'First.' }], next_cursor: null });
  });

  it('is made of a connector', async () => {
    const made = await call(`POST ${T}`, {
      token: ours.owner.token,
      workspace: ours.workspace,
      json: { from_connector_id: ours.connector },
    });
    expect(problemIn(made)).toMatchObject({ status: 403, code: 'forbidden' });
    await sql('insert into public.saas_admin_users (user_id) values ($1)', ours.admin.id);
    const slug = word();
    const answer = await call(`POST ${T}`, {
      ...as(ours.admin),
      json: { from_connector_id: ours.connector, slug, changes: 'From a connector.' },
    });
    await sql('delete from public.saas_admin_users where user_id = $1', ours.admin.id);
    expect(answer.status).toBe(201);
    expect(dataIn(answer)).toMatchObject({ slug, name: connectorBody.name, status: 'draft', definition });
    const missing = await call(`POST ${T}`, {
      token: operator.token,
      workspace: ours.workspace,
      json: { from_connector_id: ours.connector },
    });
    expect(problemIn(missing).code).toBe('workspace_not_found');
  });

  it('goes by one slug', async () => {
    const slug = word();
    dataIn(await create({ slug }));
    const again = problemIn(await create({ slug }));
    expect(again).toMatchObject({ status: 409, code: 'conflict', errors: [{ pointer: '/slug' }] });
    expect(dataIn(await create({ name: '电话' })).slug).toMatch(/^template-[0-9a-f-]{36}$/);
  });

  it('may have a slug that begins like an id', async () => {
    const slug = `${crypto.randomUUID().slice(0, 13)}-and-more`;
    const id = idIn(await create({ slug }));
    expect(idIn(await call(`GET ${T}/${slug}`, { token: operator.token }))).toBe(id);
  });

  it('is gone once deleted, and connectors made from it forget it', async () => {
    const id = await published();
    const { path } = await installed(id);
    expect((await call(`DELETE ${T}/${id}`, { token: operator.token })).status).toBe(204);
    expect(problemIn(await call(`DELETE ${T}/${id}`, { token: operator.token })).code).toBe(
      'template_not_found',
    );
    expect(dataIn(await call(`GET ${path}`, as(ours.viewer)))).toMatchObject({
      template_id: null,
      template_version: null,
    });
    const update = await call(`GET ${path}/template-update`, as(ours.viewer));
    expect(problemIn(update).code).toBe('not_from_template');
  });

  it('is featured and made official', async () => {
    const id = await published();
    const mark = (what: string, json: object) =>
      call(`PATCH /api/v1/admin/templates/${id}/${what}`, { token: operator.token, json });
    expect(dataIn(await mark('feature', { featured: true }))).toMatchObject({
      is_featured: true,
      is_official: false,
    });
    expect(dataIn(await mark('official', { official: true }))).toMatchObject({
      is_featured: true,
      is_official: true,
    });
    expect(dataIn(await mark('feature', { featured: false }))).toMatchObject({
      is_featured: false,
      is_official: true,
    });
    expect(problemIn(await mark('feature', {})).errors?.map(({ pointer }) => pointer)).toEqual(['/featured']);
  });

  it('is not overwritten unseen', async () => {
    const id = idIn(await create());
    const { headers } = await call(`GET ${T}/${id}`, { token: operator.token });
    const condition = { 'if-match': headers.get('etag') ?? '' };
    const change = (json: object) =>
      call(`PATCH ${T}/${id}`, { token: operator.token, headers: condition, json });
    expect((await change({ description: 'One.' })).status).toBe(200);
    expect(problemIn(await change({ description: 'Two.' })).code).toBe('precondition_failed');
    expect(problemIn(await change({ definition: { ...definition, output: 1 } })).code).toBe(
      'precondition_failed',
    );
  });
});

describe('a template that could harm those who install it', () => {
  const flawed = { ...definition, steps: [{ ...STEP, condition: 'steps.later.body' }] };
  const secret = {
    ...definition,
    steps: [
      {
        ...STEP,
        request: { url: 'https://api.example.com/', headers: { Authorization: 'Bearer a8Kd93jQz71LmP0x' } },
      },
    ],
  };

  it.each([
    ['one that cannot run', flawed, 'validation_failed', '/definition/steps/0/condition'],
    [
      'one with a secret',
      secret,
      'template_holds_secret',
      '/definition/steps/0/request/headers/Authorization',
    ],
  ])('is refused when it is created and when it is changed: %s', async (_, bad, code, pointer) => {
    const id = idIn(await create());
    for (const answer of [await create({ definition: bad }), await patch(id, { definition: bad })]) {
      expect(problemIn(answer)).toMatchObject({ status: 422, code });
      expect(problemIn(answer).errors?.map((error) => error.pointer)).toContain(pointer);
      expect(JSON.stringify(answer.body)).not.toContain('a8Kd93jQz71LmP0x');
    }
    expect(dataIn(await call(`GET ${T}/${id}`, { token: operator.token }))).toMatchObject({ version: 1 });
  });

  it('is refused when it is published, however it got into the database', async () => {
    const id = idIn(await create());
    await sql(
      'update public.template_versions set definition = $2::text::jsonb where template_id = $1',
      id,
      JSON.stringify({ format: 1, ...secret }),
    );
    expect(problemIn(await call(`POST ${T}/${id}/publish`, { token: operator.token })).code).toBe(
      'template_holds_secret',
    );
  });

  it('is refused for a secret in its description', async () => {
    const description = ['Try it with gh', 'p_a8Kd93jQz71LmP0x2Vb6Xy0'].join('');
    const id = idIn(await create());
    for (const answer of [await create({ description }), await patch(id, { description })]) {
      expect(problemIn(answer)).toMatchObject({
        code: 'template_holds_secret',
        errors: [{ pointer: '/description' }],
      });
    }
  });

  it.each<[string, object, string]>([
    ['neither a definition nor a connector', { definition: undefined }, '/definition'],
    ['both of them', { from_connector_id: MISSING }, '/definition'],
    ['no name', { name: undefined }, '/name'],
    ['a slug with a space', { slug: 'a b' }, '/slug'],
    ['a slug that is an id', { slug: MISSING }, '/slug'],
    ['a category with a space', { category: 'a b' }, '/category'],
    ['a status', { status: 'published' }, '/status'],
    ['a mark', { is_official: true }, '/is_official'],
    ['a long description', { description: 'x'.repeat(2001) }, '/description'],
    ['no steps', { definition: { steps: [] } }, '/definition/steps'],
  ])('is told what is wrong with it: %s', async (_, change, pointer) => {
    const problem = problemIn(await create(change));
    expect(problem).toMatchObject({ status: 422, code: 'validation_failed' });
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
  });
});

describe('the marketplace', () => {
  it('narrows by words, category, provider and marks', async () => {
    const [category, provider, needle] = [word(), word(), word()];
    const plain = await published({ category, name: `Find ${needle}x in CRM` });
    const special = await published({ category, provider, description: `Looks for ${needle}y.` });
    const draft = idIn(await create({ category }));
    dataIn(
      await call(`PATCH /api/v1/admin/templates/${special}/official`, {
        token: operator.token,
        json: { official: true },
      }),
    );
    dataIn(
      await call(`PATCH /api/v1/admin/templates/${special}/feature`, {
        token: operator.token,
        json: { featured: true },
      }),
    );
    const ids = async (query: string, user?: User) => (await list(query, user)).data.map(({ id }) => id);
    expect(await ids(`category=${category}`)).toEqual([special, plain]);
    expect(await ids(`provider=${provider}`)).toEqual([special]);
    expect(await ids(`category=${category}&official=true`)).toEqual([special]);
    expect(await ids(`category=${category}&featured=false`)).toEqual([plain]);
    expect(await ids(`search=${needle}`)).toEqual([special, plain]);
    expect(await ids(`search=crm+${needle.slice(0, 20)}`)).toEqual([plain]);
    expect(await ids(`search=${needle}z`)).toEqual([]);
    expect(await ids(`search=${encodeURIComponent("' & | ! :* <-> \\")}&category=${category}`)).toEqual([]);
    expect(await ids(`category=${category}&status=draft`, operator)).toEqual([draft]);
    expect(await ids(`category=${category}&status=all`, operator)).toEqual([draft, special, plain]);
    expect(problemIn(await call(`GET ${T}?status=all`, as(ours.owner))).code).toBe('forbidden');
    const [first] = (await list(`category=${category}`)).data;
    expect(first).not.toHaveProperty('definition');
  });

  it.each([
    ['newest', [3, 2, 1, 0]],
    ['installs', [1, 3, 0, 2]],
    ['rating', [2, 0, 3, 1]],
  ])('pages through all in the order of %s', async (sort, order) => {
    const category = word();
    const made: string[] = [];
    for (let n = 0; n < 4; n += 1) made.push(await published({ category }));
    const figures = [
      [1, 3, 9],
      [7, 0, 0],
      [0, 2, 9],
      [5, 3, 8],
    ];
    for (const [n, [installs, count, sum]] of figures.entries()) {
      await sql(
        'update public.connector_templates set install_count = $2, rating_count = $3, rating_sum = $4 where id = $1',
        made[n],
        installs,
        count,
        sum,
      );
    }
    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 6; pages += 1) {
      const page = await list(`category=${category}&sort=${sort}&limit=1${cursor}`);
      seen.push(...page.data.map(({ id }) => id));
      if (page.next_cursor === null) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(seen).toEqual(order.map((n) => made[n]));
  });

  it('refuses a cursor of another order, of another list, and one that is made up', async () => {
    const category = word();
    await published({ category });
    await published({ category });
    const { next_cursor } = await list(`category=${category}&sort=rating&limit=1`);
    const connectors = btoa(MISSING).replaceAll('=', '');
    for (const query of [
      `sort=installs&cursor=${next_cursor}`,
      `cursor=${next_cursor}`,
      `sort=rating&cursor=${connectors}`,
      'cursor=abc',
      'cursor=',
      `sort=installs&cursor=${btoa(JSON.stringify(['installs', '1', MISSING])).replaceAll('=', '')}`,
      `sort=installs&cursor=${btoa(JSON.stringify(['installs', null, MISSING])).replaceAll('=', '')}`,
    ]) {
      const problem = problemIn(await call(`GET ${T}?${query}`, { token: outsider.token }));
      expect(problem, query).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(problem.errors?.[0]?.pointer).toBe('#query/cursor');
    }
  });

  it.each([
    ['GET /connector-templates?sort=best', '#query/sort'],
    ['GET /connector-templates?official=yes', '#query/official'],
    ['GET /connector-templates?status=gone', '#query/status'],
    ['GET /connector-templates?search=', '#query/search'],
    ['GET /connector-templates/a_b', '#path/id'],
    [`GET /connector-templates/${MISSING}?version=0`, '#query/version'],
    ['GET /connector-templates/abc/versions', '#path/id'],
  ])('says what is wrong with %s', async (target, pointer) => {
    const [method, path] = target.split(' ');
    const problem = problemIn(await call(`${method} /api/v1${path}`, { token: outsider.token }));
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer }] });
  });
});

describe('installing', () => {
  it('makes a connector that remembers its template, and tells which credentials are stored', async () => {
    const steps = [
      STEP,
      {
        name: 'post',
        request: { method: 'POST', url: 'https://slack.example.com/', auth: { credential: 'slack' } },
      },
    ];
    const id = await published({
      name: 'Look up and post',
      description: 'Both.',
      definition: { ...definition, steps },
    });
    const answer = await call(`POST ${T}/${id}/install`, { ...as(ours.editor), json: {} });
    expect(answer.status).toBe(201);
    const data = z
      .object({ connector: z.looseObject({ id: z.string() }), credentials: z.unknown() })
      .parse(dataIn(answer));
    expect(answer.headers.get('location')).toBe(`/api/v1/connectors/${data.connector.id}`);
    expect(data.credentials).toEqual([
      { service_name: SERVICE, exists: true },
      { service_name: 'slack', exists: false },
    ]);
    expect(data.connector).toMatchObject({
      name: 'Look up and post',
      description: 'Both.',
      version: 1,
      template_id: id,
      template_version: 1,
      workspace_id: ours.workspace,
      output: definition.output,
    });
    expect(dataIn(await call(`GET ${answer.headers.get('location')}`, as(ours.viewer)))).toEqual(
      data.connector,
    );
    expect(dataIn(await call(`GET ${T}/${id}`, { token: outsider.token }))).toMatchObject({
      install_count: 1,
    });
  });

  it('takes a name and an older version', async () => {
    const id = await published();
    dataIn(await patch(id, { definition: { ...definition, output: 2 } }));
    const install = (json: object) => call(`POST ${T}/${id}/install`, { ...as(ours.editor), json });
    expect(dataIn(await install({ name: 'Mine', version: 1 }))).toMatchObject({
      connector: { name: 'Mine', template_version: 1, output: definition.output },
    });
    expect(dataIn(await install({}))).toMatchObject({ connector: { template_version: 2, output: 2 } });
    expect(problemIn(await install({ version: 3 })).code).toBe('template_not_found');
    expect(problemIn(await install({ version: 0 })).status).toBe(422);
    expect(problemIn(await install({ workspace_id: ours.workspace })).status).toBe(422);
  });

  it('is for editors of the workspace', async () => {
    const id = await published();
    const install = (user: User) => call(`POST ${T}/${id}/install`, { ...as(user), json: {} });
    expect(problemIn(await install(ours.viewer)).code).toBe('forbidden');
    expect(problemIn(await install(outsider)).code).toBe('workspace_not_found');
    expect(problemIn(await install(operator)).code).toBe('workspace_not_found');
    expect(dataIn(await call(`GET ${T}/${id}`, { token: outsider.token }))).toMatchObject({
      install_count: 0,
    });
  });
});

describe('rating', () => {
  it('is for those whose workspace installed it, once each, and the average follows', async () => {
    const id = await published();
    const rate = (user: User, stars: unknown) =>
      call(`POST ${T}/${id}/rate`, { ...as(user), json: { stars } });
    expect(problemIn(await rate(ours.viewer, 5)).code).toBe('forbidden');
    await installed(id);
    expect(dataIn(await rate(ours.viewer, 5))).toMatchObject({
      id,
      my_rating: 5,
      rating_count: 1,
      rating_average: 5,
    });
    expect(dataIn(await rate(ours.owner, 2))).toMatchObject({
      my_rating: 2,
      rating_count: 2,
      rating_average: 3.5,
    });
    expect(dataIn(await rate(ours.owner, 4))).toMatchObject({
      my_rating: 4,
      rating_count: 2,
      rating_average: 4.5,
    });
    expect(problemIn(await rate(outsider, 1)).code).toBe('workspace_not_found');
    const elsewhere = await newWorkspace(outsider);
    const stranger = await call(`POST ${T}/${id}/rate`, {
      token: outsider.token,
      workspace: elsewhere,
      json: { stars: 1 },
    });
    expect(problemIn(stranger).code).toBe('forbidden');
    for (const stars of [0, 6, 2.5, '5', null])
      expect(problemIn(await rate(ours.owner, stars)).status).toBe(422);
    expect(dataIn(await call(`GET ${T}/${id}`, as(ours.viewer)))).toMatchObject({
      my_rating: 5,
      rating_count: 2,
    });
    expect(dataIn(await call(`GET ${T}/${id}`, { token: outsider.token }))).toMatchObject({
      my_rating: null,
    });
  });
});

describe('upgrading', () => {
  const newer = {
    ...definition,
    steps: [{ ...STEP, timeout_ms: 5000 }],
    output: { country: '{{steps.lookup.country}}', v: 2 },
  };
  const retimed = (timeout_ms: number) => ({ steps: [{ ...STEP, timeout_ms }] });

  it('shows what is new, and keeps what the workspace changed', async () => {
    const id = await published();
    const { path } = await installed(id);
    const update = async () => dataIn(await call(`GET ${path}/template-update`, as(ours.viewer)));
    expect(await update()).toMatchObject({
      template_id: id,
      update_available: false,
      from_version: 1,
      to_version: 1,
      diff: [],
      own_changes: [],
      conflicts: [],
    });
    dataIn(
      await call(`PATCH ${path}`, {
        ...as(ours.editor),
        json: { name: 'Ours', output: { country: '{{steps.lookup.country}}', ours: 1 } },
      }),
    );
    dataIn(await patch(id, { definition: newer, changes: 'Waits less.' }));
    expect(await update()).toMatchObject({
      update_available: true,
      from_version: 1,
      to_version: 2,
      changes: 'Waits less.',
      diff: [
        {
          kind: 'changed',
          pointer: '/steps/0/timeout_ms',
          label: 'step lookup: timeout ms',
          before: 30_000,
          after: 5000,
        },
        { kind: 'added', pointer: '/output/v', label: 'output: v', after: 2 },
      ],
      own_changes: [{ kind: 'added', pointer: '/output/ours', label: 'output: ours', after: 1 }],
      conflicts: [],
      credentials: [{ service_name: SERVICE, exists: true }],
    });
    const before = await roundTrips();
    const upgraded = await call(`POST ${path}/upgrade`, { ...as(ours.editor), json: {} });
    expect((await roundTrips()) - before).toBe(2);
    expect(dataIn(upgraded)).toMatchObject({
      name: 'Ours',
      version: 3,
      template_id: id,
      template_version: 2,
      steps: [{ timeout_ms: 5000 }],
      output: { country: '{{steps.lookup.country}}', ours: 1, v: 2 },
    });
    expect(await update()).toMatchObject({
      update_available: false,
      from_version: 2,
      own_changes: [{ label: 'output: ours' }],
    });
    expect(dataIn(await call(`POST ${path}/upgrade`, { ...as(ours.editor), json: {} }))).toEqual(
      dataIn(upgraded),
    );
  });

  it('stops at what both changed, and takes the side that it is told', async () => {
    const id = await published();
    const [first, second] = [await installed(id), await installed(id)];
    dataIn(await patch(id, { definition: newer }));
    for (const { path } of [first, second]) {
      dataIn(await call(`PATCH ${path}`, { ...as(ours.editor), json: retimed(7000) }));
    }
    const update = dataIn(await call(`GET ${first.path}/template-update`, as(ours.viewer)));
    expect(update.conflicts).toMatchObject([
      {
        pointer: '/steps/0/timeout_ms',
        label: 'step lookup: timeout ms',
        base: 30_000,
        mine: 7000,
        template: 5000,
      },
    ]);
    const upgrade = (path: string, json: object) =>
      call(`POST ${path}/upgrade`, { ...as(ours.editor), json });
    const stopped = problemIn(await upgrade(first.path, {}));
    expect(stopped).toMatchObject({
      status: 409,
      code: 'upgrade_conflict',
      errors: [
        { pointer: '/steps/0/timeout_ms', detail: expect.stringContaining('step lookup: timeout ms') },
      ],
    });
    expect(dataIn(await call(`GET ${first.path}`, as(ours.viewer)))).toMatchObject({
      version: 2,
      template_version: 1,
    });
    expect(dataIn(await upgrade(first.path, { resolve: 'mine' }))).toMatchObject({
      steps: [{ timeout_ms: 7000 }],
      output: { v: 2 },
    });
    expect(dataIn(await upgrade(second.path, { resolve: 'template' }))).toMatchObject({
      steps: [{ timeout_ms: 5000 }],
      output: { v: 2 },
    });
    expect(problemIn(await upgrade(first.path, { resolve: 'both' })).status).toBe(422);
  });

  it('stops when both changes make no whole, whichever side is to win', async () => {
    const second = { name: 'second', request: { url: 'https://api.example.com/second' } };
    const id = await published({ definition: { ...definition, steps: [STEP, second] } });
    const { path } = await installed(id);
    dataIn(await call(`PATCH ${path}`, { ...as(ours.editor), json: { steps: [STEP] } }));
    const third = { name: 'third', request: { url: 'https://api.example.com/{{steps.second.status}}' } };
    dataIn(await patch(id, { definition: { ...definition, steps: [STEP, second, third] } }));
    const { conflicts } = dataIn(await call(`GET ${path}/template-update`, as(ours.viewer)));
    expect(conflicts).toMatchObject([
      { pointer: '/steps/1/request/url', detail: expect.stringContaining('"second"') },
    ]);
    for (const json of [{}, { resolve: 'template' }]) {
      expect(problemIn(await call(`POST ${path}/upgrade`, { ...as(ours.editor), json })).code).toBe(
        'upgrade_conflict',
      );
    }
  });

  it('keeps one of two upgrades made at the same moment, and the connector whole', async () => {
    const id = await published();
    const { path } = await installed(id);
    dataIn(await patch(id, { definition: newer }));
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call(`POST ${path}/upgrade`, { ...as(ours.editor), json: {} })),
    );
    for (const answer of answers) {
      if (answer.status !== 200) expect(problemIn(answer).code).toBe('version_conflict');
    }
    expect(dataIn(await call(`GET ${path}`, as(ours.viewer)))).toMatchObject({
      version: 2,
      template_version: 2,
    });
  });

  it('heeds If-Match', async () => {
    const id = await published();
    const { path } = await installed(id);
    dataIn(await patch(id, { definition: newer }));
    const read = await call(`GET ${path}`, as(ours.editor));
    dataIn(await call(`PATCH ${path}`, { ...as(ours.editor), json: { name: 'Changed since' } }));
    const upgrade = (etag: string | null) =>
      call(`POST ${path}/upgrade`, { ...as(ours.editor), headers: { 'if-match': etag ?? '' }, json: {} });
    expect(problemIn(await upgrade(read.headers.get('etag'))).code).toBe('precondition_failed');
    const again = await call(`GET ${path}`, as(ours.editor));
    expect((await upgrade(again.headers.get('etag'))).status).toBe(200);
  });

  it('is for editors, of connectors that came from a template that is still published', async () => {
    const id = await published();
    const { id: connector, path } = await installed(id);
    dataIn(await patch(id, { definition: newer }));
    const upgrade = (user: User) => call(`POST ${path}/upgrade`, { ...as(user), json: {} });
    expect(problemIn(await upgrade(ours.viewer)).code).toBe('forbidden');
    expect(problemIn(await upgrade(outsider)).code).toBe('workspace_not_found');
    const elsewhere = await newWorkspace(outsider);
    const other = await call(`GET /api/v1/connectors/${connector}/template-update`, {
      token: outsider.token,
      workspace: elsewhere,
    });
    expect(problemIn(other).code).toBe('connector_not_found');
    const plain = `/api/v1/connectors/${ours.connector}`;
    expect(problemIn(await call(`GET ${plain}/template-update`, as(ours.viewer))).code).toBe(
      'not_from_template',
    );
    expect(problemIn(await call(`POST ${plain}/upgrade`, { ...as(ours.editor), json: {} })).code).toBe(
      'not_from_template',
    );
    dataIn(await call(`POST ${T}/${id}/unpublish`, { token: operator.token }));
    expect(problemIn(await upgrade(ours.editor)).code).toBe('not_from_template');
  });
});

describe('curating', () => {
  it('is for SaaS admins only, also for owners of a workspace, and changes nothing otherwise', async () => {
    const id = await published();
    const before = dataIn(await call(`GET ${T}/${id}`, { token: operator.token }));
    const attempts: [string, unknown?][] = [
      [`POST ${T}`, { name: 'Mine', slug: word(), definition }],
      [`PATCH ${T}/${id}`, { name: 'Mine' }],
      [`PATCH ${T}/${id}`, { definition: { ...definition, output: 'mine' } }],
      [`DELETE ${T}/${id}`],
      [`POST ${T}/${id}/publish`],
      [`POST ${T}/${id}/unpublish`],
      [`PATCH /api/v1/admin/templates/${id}/feature`, { featured: true }],
      [`PATCH /api/v1/admin/templates/${id}/official`, { official: true }],
    ];
    for (const [target, json] of attempts) {
      const answer = await call(target, { ...as(ours.owner), ...(json === undefined ? {} : { json }) });
      expect(problemIn(answer), target).toMatchObject({ status: 403, code: 'forbidden' });
    }
    expect(dataIn(await call(`GET ${T}/${id}`, { token: operator.token }))).toEqual(before);
  });

  it('costs the round trips that it needs, and reading costs one', async () => {
    const id = idIn(await create());
    const cost = async (target: string, json?: unknown) => {
      const before = await roundTrips();
      const answer = await call(target, {
        token: operator.token,
        workspace: ours.workspace,
        ...(json === undefined ? {} : { json }),
      });
      expect(answer.status, target).toBeLessThan(300);
      return (await roundTrips()) - before;
    };
    expect(await cost(`POST ${T}`, { name: word(), definition })).toBe(1);
    expect(await cost(`PATCH ${T}/${id}`, { name: 'Another' })).toBe(1);
    expect(await cost(`PATCH ${T}/${id}`, { definition: { ...definition, output: 1 } })).toBe(2);
    expect(await cost(`POST ${T}/${id}/publish`)).toBe(2);
    expect(await cost(`POST ${T}/${id}/unpublish`)).toBe(1);
    for (const target of [
      `GET ${T}`,
      `GET ${T}/${id}`,
      `GET ${T}/${id}?version=1`,
      `GET ${T}/${id}/versions`,
    ]) {
      expect(await cost(target), target).toBe(1);
    }
    expect(await cost(`DELETE ${T}/${id}`)).toBe(1);
    const { path } = await installed(await published());
    const before = await roundTrips();
    dataIn(await call(`GET ${path}/template-update`, as(ours.viewer)));
    expect((await roundTrips()) - before).toBe(1);
  });

  it('with an Idempotency-Key makes one template, and one install', async () => {
    const json = { name: word(), definition };
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => call(`POST ${T}`, { token: operator.token, headers, json })),
    );
    expect(new Set(answers.map(idIn)).size).toBe(1);
    const id = idIn(answers[0] ?? (await create()));
    dataIn(
      await call(`POST ${T}/${id}/publish`, {
        token: operator.token,
        headers: { 'idempotency-key': crypto.randomUUID() },
      }),
    );
    const key = { 'idempotency-key': crypto.randomUUID() };
    for (let n = 0; n < 3; n += 1) {
      expect(
        (await call(`POST ${T}/${id}/install`, { ...as(ours.editor), headers: key, json: {} })).status,
      ).toBe(201);
    }
    expect(dataIn(await call(`GET ${T}/${id}`, { token: outsider.token }))).toMatchObject({
      install_count: 1,
    });
  });
});

it('an installed connector can be executed once its credential is stored', async () => {
  const id = await published();
  const owner = await signUp('owner');
  const workspace = await newWorkspace(owner);
  const me = { token: owner.token, workspace };
  const { connector } = z
    .object({ connector: z.object({ id: z.string() }) })
    .parse(dataIn(await call(`POST ${T}/${id}/install`, { ...me, json: {} })));
  dataIn(await call('POST /api/v1/workspace/credentials', { ...me, json: credentialBody }));
  const execution = await call(`POST /api/v1/connectors/${connector.id}/execute`, {
    ...me,
    json: { input: { phone: '1' } },
  });
  expect(execution.status).toBe(202);
});
