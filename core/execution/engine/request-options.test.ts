import { describe, expect, test } from 'vitest';
import { isRequestStep } from '../../connector/request-step.ts';
import { Step } from '../../connector/schema.ts';
import { toBase64 } from '../../crypto/base64.ts';
import { createEvaluator } from '../../expression/index.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import { buildRequest } from './build-request.ts';
import { credentialUse } from './credential-use.ts';
import type { OpenCredential } from './credentials.ts';

const API = 'https://api.example.com/';
const SVC: OpenCredential = {
  id: '01890000-0000-7000-8000-000000000001',
  service_name: 'svc',
  type: 'bearer',
  placement: null,
  allowed_hosts: ['api.example.com'],
  base_url: null,
  rate_limit: null,
  fields: { token: 'tok-secret' },
};

type Given = { input?: Json; credential?: Partial<OpenCredential>; response?: JsonObject };

/** What a request becomes before it is sent. */
async function built(request: JsonObject, { input = {}, credential, response }: Given = {}) {
  const step = Step.parse({
    name: 'a',
    request: { url: API, ...request },
    ...(response ? { response } : {}),
  });
  if (!isRequestStep(step)) throw new TypeError('a request step');
  const svc = { ...SVC, ...credential };
  return buildRequest({
    step,
    use: credentialUse(step.request),
    evaluator: createEvaluator(),
    context: { input, workspace: { svc: svc.fields } },
    credentials: new Map([['svc', svc]]),
    randomBytes: (length) => new Uint8Array(length),
    idempotencyKey: 'key',
  });
}
const search = ({ egress }: Awaited<ReturnType<typeof built>>) =>
  decodeURIComponent(new URL(egress.url).search);

describe('a query', () => {
  test('of pairs keeps their order, and their names are no templates', async () => {
    const query = [
      ['b', '{{input.v}}'],
      ['a', 2],
      ['b', null],
      ['b', ['x', 'y']],
      ['{{input.v}}', 'z'],
    ];
    expect(search(await built({ query }, { input: { v: 1 } }))).toBe('?b=1&a=2&b=x&b=y&{{input.v}}=z');
  });

  test.each<[string | undefined, string]>([
    [undefined, '?l=1&l=2'],
    ['repeat', '?l=1&l=2'],
    ['brackets', '?l[]=1&l[]=2'],
    ['indices', '?l[0]=1&l[1]=2'],
    ['comma', '?l=1,2'],
  ])('writes lists as query_lists says: %s', async (query_lists, expected) => {
    const style = query_lists === undefined ? {} : { query_lists };
    const at = await built({ query: { l: '{{input.l}}' }, ...style }, { input: { l: [1, 2] } });
    expect(search(at)).toBe(expected);
    expect(at.shown.url).toBe(at.egress.url);
  });

  test('with nested objects goes with brackets, and fails the step otherwise', async () => {
    const query = { f: { s: ['{{input.v}}'] } };
    expect(search(await built({ query, query_lists: 'brackets' }, { input: { v: 1 } }))).toBe('?f[s][]=1');
    await expect(built({ query }, { input: { v: 1 } })).rejects.toMatchObject({
      failure: { class: 'template', code: 'template_value', message: expect.stringContaining('query.f') },
    });
  });

  test('shows no entry that reads a credential, and tells the door the names under which it travels', async () => {
    const secret = '{{workspace.svc.token}}';
    const at = await built({
      query: { f: { a: secret, b: ['x', secret] }, g: [1, 2], h: `x-${secret}` },
      query_lists: 'indices',
    });
    expect(search(at)).toBe('?f[a]=tok-secret&f[b][0]=x&f[b][1]=tok-secret&g[0]=1&g[1]=2&h=x-tok-secret');
    expect(at.egress.credentialQuery).toEqual(['f[a]', 'f[b][0]', 'f[b][1]', 'h', 'f']);
    expect(decodeURIComponent(at.shown.url)).toBe(`${API}?f=[redacted]&g[0]=1&g[1]=2&h=[redacted]`);
  });

  test('of pairs hides those alone that read a credential', async () => {
    const at = await built({
      query: [
        ['a', 'x'],
        ['a', '{{workspace.svc.token}}'],
        ['a', 'y'],
      ],
    });
    expect(search(at)).toBe('?a=x&a=tok-secret&a=y');
    expect(decodeURIComponent(at.shown.url)).toBe(`${API}?a=x&a=[redacted]&a=y`);
    expect(at.egress.credentialQuery).toEqual(['a']);
    expect(at.egress.credentialHosts).toEqual(['api.example.com']);
  });

  test('gives the place of the key to the key alone', async () => {
    const at = await built(
      {
        auth: { credential: 'svc' },
        query: [
          ['k', 'mine'],
          ['a', 1],
          ['k', 'mine too'],
        ],
      },
      {
        credential: {
          type: 'api_key',
          placement: { in: 'query', name: 'k' },
          fields: { api_key: 'the-key' },
        },
      },
    );
    expect(search(at)).toBe('?k=the-key&a=1');
    expect(at.shown.url).toBe(`${API}?k=[redacted]&a=1`);
    expect(at.egress.credentialQuery).toEqual(['k']);
  });
});

describe('a body', () => {
  test('that is a form writes lists as it says', async () => {
    const content = { l: ['a b', 'c,d'], o: { n: 'ü' } };
    const send = async (lists: string, what: JsonObject) =>
      (await built({ method: 'POST', body: { type: 'form', content: what, lists } })).egress.body;
    expect(await send('brackets', content)).toBe('l%5B%5D=a+b&l%5B%5D=c%2Cd&o%5Bn%5D=%C3%BC');
    expect(await send('comma', { l: content.l })).toBe('l=a+b,c%2Cd');
  });

  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  test.each<[string, JsonObject, string]>([
    ['octets', {}, 'application/octet-stream'],
    ['a type of their own', { content_type: 'image/png' }, 'image/png'],
  ])('of bytes is %s', async (_, more, contentType) => {
    const body = { type: 'binary', base64: '{{input.b}}', ...more };
    const at = await built({ method: 'PUT', body }, { input: { b: toBase64(bytes) } });
    expect(at.egress.body).toEqual(bytes);
    expect(at.egress.headers).toEqual([['Content-Type', contentType]]);
    expect(at.shown.body).toBe('[256 bytes]');
  });

  test('of bytes can be empty, and must be base64', async () => {
    const send = (base64: string) => built({ method: 'PUT', body: { type: 'binary', base64 } });
    expect((await send('')).egress.body).toEqual(new Uint8Array());
    for (const base64 of ['?', 'YQ=', 'a', '{{workspace.svc.token}}'])
      await expect(send(base64)).rejects.toMatchObject({
        failure: { code: 'template_value', message: 'body.base64 is not base64.' },
      });
  });

  test('of bytes that holds a credential is bound to its hosts', async () => {
    const at = await built(
      { method: 'PUT', body: { type: 'binary', base64: '{{workspace.svc.token}}' } },
      { credential: { fields: { token: 'c2VjcmV0' } } },
    );
    expect(at.egress.credentialHosts).toEqual(['api.example.com']);
    expect(JSON.stringify(at.shown)).not.toContain('c2VjcmV0');
  });
});

describe('a URL below the base_url of its credential', () => {
  const auth = { credential: 'svc' };
  test.each<[string, string, string]>([
    ['https://api.example.com', '/v1/people', 'https://api.example.com/v1/people'],
    ['https://api.example.com/', '/v1/people', 'https://api.example.com/v1/people'],
    [
      'https://api.example.com/eu/',
      '/people/{{input.id}}?q={{input.id}}#f',
      'https://api.example.com/eu/people/a%2Fb?q=a%2Fb',
    ],
    ['http://api.example.com:8080/x', '/', 'http://api.example.com:8080/x/'],
    ['https://api.example.com', '//evil.example/x', 'https://api.example.com//evil.example/x'],
    ['https://api.example.com', '/?a=1', 'https://api.example.com/?a=1'],
  ])('%s and %s', async (base_url, url, expected) => {
    const at = await built({ url, auth }, { credential: { base_url }, input: { id: 'a/b' } });
    expect(at.egress.url).toBe(expected);
    expect(at.shown.url).toBe(expected);
    expect(at.egress.credentialHosts).toEqual(['api.example.com']);
  });

  test('is shown without the credential that it reads', async () => {
    const at = await built(
      { url: '/t/{{workspace.svc.token}}/x', auth },
      { credential: { base_url: 'https://api.example.com/v1' } },
    );
    expect(at.egress.url).toBe('https://api.example.com/v1/t/tok-secret/x');
    expect(at.shown.url).toBe('https://api.example.com/v1/t/[redacted]/x');
  });

  test.each(['..', '.', '', '%2e%2e'])('no value climbs: %j', async (id) => {
    const at = await built(
      { url: '/u/{{input.id}}/x', auth },
      { credential: { base_url: 'https://api.example.com/v1' }, input: { id } },
    ).catch(() => null);
    if (at) expect(new URL(at.egress.url).pathname).toMatch(/^\/v1\/u\/[^/]+\/x$/);
  });

  test('fails the step when the credential has none, or when it names none', async () => {
    await expect(built({ url: '/v1', auth })).rejects.toMatchObject({
      failure: {
        class: 'template',
        code: 'template_value',
        message: expect.stringContaining('svc has no base_url'),
      },
    });
    await expect(built({ url: '/v1' }, { credential: { base_url: API } })).rejects.toMatchObject({
      failure: { class: 'template', code: 'template_value', message: expect.stringContaining('needs auth') },
    });
  });

  test('is given by a custom credential too, whose fields stand where templates put them', async () => {
    const credential = {
      type: 'custom',
      fields: { token: 'tok' },
      base_url: 'https://api.example.com/t1',
    } as const;
    const request = { auth, headers: { 'X-T': '{{workspace.svc.token}}' } };
    const at = await built({ ...request, url: '/v1' }, { credential });
    expect([at.egress.url, at.egress.headers]).toEqual(['https://api.example.com/t1/v1', [['X-T', 'tok']]]);
    await expect(built(request, { credential })).rejects.toMatchObject({
      failure: { code: 'credential_not_sendable' },
    });
  });

  test('is for URLs that start with "/": an absolute one stays', async () => {
    const at = await built({ auth }, { credential: { base_url: 'https://other.example' } });
    expect(at.egress.url).toBe(API);
  });
});

describe('limits of a step', () => {
  test('reach the door', async () => {
    expect((await built({})).egress).toMatchObject({ maxResponseBytes: 5 * 1024 * 1024 });
    expect((await built({})).egress.followRedirects).toBeUndefined();
    const { egress } = await built({ max_redirects: 0 }, { response: { max_bytes: 1000 } });
    expect(egress).toMatchObject({ followRedirects: 0, maxResponseBytes: 1000 });
  });
});
