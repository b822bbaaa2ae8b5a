import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { conditionalGet, etagOf, expectedRevision, tagged } from './etag.ts';
import { problemOf, problemResponse } from './problem-response.ts';

const app = new Hono()
  .use(conditionalGet())
  .get('/', (c) => c.json({ data: tagged(c, { revision: 3 }) }))
  .post('/', (c) => c.json({ data: tagged(c, { revision: 1 }) }, 201))
  .patch('/', (c) => c.json({ expected: expectedRevision(c) }))
  .get('/untagged', (c) => c.json({}));
app.onError((error, c) => problemResponse(c, problemOf(error)));

const TAG = etagOf({ revision: 3 });

const expected = async (header?: string) => {
  const headers: Record<string, string> = header === undefined ? {} : { 'if-match': header };
  const response = await app.request('/', { method: 'PATCH', headers });
  return response.status === 200 ? Object(await response.json()).expected : response.status;
};

describe('If-Match', () => {
  it.each([
    [undefined, null],
    ['*', null],
    ['"r1"', 1],
    [' "r999999999" ', 999_999_999],
    ['"r2", "other"', 2],
    ['"r2-k3j9x0a1"', 2],
    // Well-formed tags that were never given out, and weak ones, match nothing.
    ['"r0"', 0],
    ['"r01"', 0],
    ['"r1.5"', 0],
    ['"r2-"', 0],
    ['"other"', 0],
    ['""', 0],
    ['W/"r3"', 0],
  ])('%j asks for revision %j', async (header, revision) => {
    expect(await expected(header)).toBe(revision);
  });

  it.each(['r1', '"r1', '3', '"r1" "r2"', '"r1", "r2"', '"r1",', '*, "r1"', "'r1'"])(
    'that cannot be read is 400: %s',
    async (header) => {
      expect(await expected(header)).toBe(400);
    },
  );
});

describe('the tag', () => {
  it('has the revision, and differs with anything in the answer', () => {
    const tags = [{}, { count: 1 }, { count: 2 }, { name: 'ab' }, { name: 'ba' }].map((more) =>
      etagOf({ revision: 3, ...more }),
    );
    for (const tag of tags) expect(tag).toMatch(/^"r3-[0-9a-z]{8,14}"$/);
    expect(new Set(tags).size).toBe(tags.length);
    expect(etagOf({ revision: 3 })).toBe(TAG);
  });
});

describe('If-None-Match', () => {
  const get = (header: string, path = '/', method = 'GET') =>
    app.request(path, { method, headers: { 'if-none-match': header } });

  it.each([TAG, `W/${TAG}`, `"a", ${TAG}`, '*'])(
    'that names the tag is 304, with the tag: %s',
    async (header) => {
      const response = await get(header);
      expect(response.status).toBe(304);
      expect(response.headers.get('etag')).toBe(TAG);
      expect(await response.text()).toBe('');
    },
  );

  it.each(['"r2"', 'r3', '"r3"', TAG.toUpperCase()])(
    'that names another is answered in full: %s',
    async (header) => {
      const response = await get(header);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ data: { revision: 3 } });
    },
  );

  it('means nothing to writes and to what has no tag', async () => {
    expect((await get('*', '/', 'POST')).status).toBe(201);
    expect((await get('*', '/untagged')).status).toBe(200);
  });
});
