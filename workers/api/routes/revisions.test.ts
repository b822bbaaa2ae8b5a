import { beforeAll, describe, expect, it } from 'vitest';
import { call, dataIn, problemIn, sql } from '../../test/api.ts';
import { type Fixture, newFixture } from '../../test/fixture.ts';

let ours: Fixture;
beforeAll(async () => {
  ours = await newFixture();
});

const send = (target: string, json?: unknown, headers: Record<string, string> = {}) =>
  call(target, {
    token: ours.owner.token,
    workspace: ours.workspace,
    headers,
    ...(json === undefined ? {} : { json }),
  });

interface Resource {
  name: string;
  /** Where it is changed. */
  path(ids: Fixture): string;
  /** Whether it can be read by itself. */
  readable: boolean;
  /** Two different changes. */
  patches: [object, object];
}

const RESOURCES: Resource[] = [
  {
    name: 'a connector',
    path: (ids) => `/api/v1/connectors/${ids.connector}`,
    readable: true,
    patches: [{ name: 'A' }, { name: 'B' }],
  },
  {
    name: 'a workspace',
    path: (ids) => `/api/v1/workspaces/${ids.workspace}`,
    readable: true,
    patches: [{ name: 'A' }, { name: 'B' }],
  },
  {
    name: 'a member',
    path: (ids) => `/api/v1/workspaces/${ids.workspace}/members/${ids.viewer.id}`,
    readable: false,
    patches: [{ role: 'editor' }, { role: 'admin' }],
  },
  {
    name: 'a credential',
    path: (ids) => `/api/v1/workspace/credentials/${ids.service}`,
    readable: true,
    patches: [{ expires_at: '2098-01-01T00:00:00Z' }, { expires_at: '2099-01-01T00:00:00Z' }],
  },
];

describe.each(RESOURCES)('$name', ({ path, readable, patches }) => {
  let target: string;
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await newFixture(ours);
    ours = { ...ours, workspace: fixture.workspace };
    target = path(fixture);
  });
  const patch = (json: object, headers = {}) => send(`PATCH ${target}`, json, headers);

  it('is changed by the first of two concurrent updates with the same tag, and the other is told', async () => {
    const { revision } = dataIn(await patch(patches[0]));
    const headers = { 'if-match': `"r${String(revision)}"` };
    const answers = await Promise.all([patch(patches[1], headers), patch(patches[1], headers)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
    const [stale] = answers.filter(({ status }) => status === 412);
    expect(stale === undefined ? null : problemIn(stale).code).toBe('precondition_failed');
    const [changed] = answers.filter(({ status }) => status === 200);
    expect(changed?.headers.get('etag')).toMatch(`"r${Number(revision) + 1}-`);
  });

  it('is changed without a tag, and with *', async () => {
    expect((await patch(patches[0])).status).toBe(200);
    expect((await patch(patches[1], { 'if-match': '*' })).status).toBe(200);
  });

  it.each(['"r999999"', 'W/"r1"', '"other"'])('is not changed with the tag %s', async (tag) => {
    expect(problemIn(await patch(patches[0], { 'if-match': tag })).code).toBe('precondition_failed');
  });

  if (readable) {
    it('is not sent again to who has it', async () => {
      const read = await send(`GET ${target}`);
      const etag = read.headers.get('etag') ?? '';
      expect(etag).toMatch(`"r${String(dataIn(read).revision)}-`);
      const again = await send(`GET ${target}`, undefined, { 'if-none-match': etag });
      expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, undefined, etag]);
      expect(again.headers.get('cache-control')).toBe('no-store');
      await patch(patches[0]);
      await patch(patches[1]);
      expect((await send(`GET ${target}`, undefined, { 'if-none-match': etag })).status).toBe(200);
    });
  }
});

describe('an execution in between', () => {
  it('shows in the next GET, and does not make an update fail', async () => {
    const fixture = await newFixture(ours);
    const target = `/api/v1/connectors/${fixture.connector}`;
    const as = { token: ours.owner.token, workspace: fixture.workspace };
    const etag = (await call(`GET ${target}`, as)).headers.get('etag') ?? '';
    await sql(
      'update public.connectors set success_count = success_count + 1 where id = $1',
      fixture.connector,
    );
    const read = await call(`GET ${target}`, { ...as, headers: { 'if-none-match': etag } });
    expect([read.status, Object(read.body).data?.success_count]).toEqual([200, 1]);
    const changed = await call(`PATCH ${target}`, {
      ...as,
      json: { name: 'Z' },
      headers: { 'if-match': etag },
    });
    expect(changed.status).toBe(200);
  });
});

describe('deleting', () => {
  it.each([
    ['a connector', (ids: Fixture) => `/api/v1/connectors/${ids.connector}`],
    ['a member', (ids: Fixture) => `/api/v1/workspaces/${ids.workspace}/members/${ids.viewer.id}`],
    ['a workspace', (ids: Fixture) => `/api/v1/workspaces/${ids.workspace}`],
  ])('%s with a stale tag is 412, with the right one 204', async (_, path) => {
    const fixture = await newFixture(ours);
    const remove = (tag: string) =>
      call(`DELETE ${path(fixture)}`, {
        token: ours.owner.token,
        workspace: fixture.workspace,
        headers: { 'if-match': tag },
      });
    expect(problemIn(await remove('"r7"')).code).toBe('precondition_failed');
    expect((await remove('"r1"')).status).toBe(204);
    expect(problemIn(await remove('"r1"')).status).toBe(404);
  });
});

describe('an If-Match that cannot be read', () => {
  it('is 400, and changes nothing', async () => {
    const answer = await send(
      `PATCH /api/v1/connectors/${ours.connector}`,
      { name: 'X' },
      { 'if-match': 'r1' },
    );
    expect(problemIn(answer)).toMatchObject({ status: 400, errors: [{ pointer: '#header/If-Match' }] });
  });
});
