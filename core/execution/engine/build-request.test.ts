import { describe, expect, test } from 'vitest';
import type { EgressRequest } from '../../egress/port.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import { type BenchOptions, bench, type TestCredential } from './testing/bench.ts';

const URL_A = 'https://api.example.com/';

/** What the door gets for one step; fails when the step does. */
async function sent(request: JsonObject, options: BenchOptions = {}, step: JsonObject = {}) {
  const at = await bench({
    ...options,
    steps: [{ name: 'a', request: { url: URL_A, ...request }, ...step }],
  });
  const outcome = await at.run();
  const [first] = at.egress.requests;
  if (!first) throw new Error(`nothing was sent: ${JSON.stringify(outcome)}`);
  return first;
}
/** Why a step was not sent. */
async function refused(request: JsonObject, options: BenchOptions = {}) {
  const at = await bench({ ...options, steps: [{ name: 'a', request: { url: URL_A, ...request } }] });
  const outcome = await at.run();
  expect(at.egress.requests).toEqual([]);
  expect(at.steps).toMatchObject([{ attempt: 1, status: 'failed', request: null }]);
  return outcome.outcome === 'ended' ? outcome.error : outcome;
}
const header = ({ headers }: EgressRequest, name: string) =>
  headers.filter(([n]) => n.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
const formOf = ({ body, headers }: EgressRequest) =>
  // A copy over an unshared buffer, which Request's type asks for.
  new Request(URL_A, {
    method: 'POST',
    headers: headers.map(([n, v]): [string, string] => [n, v]),
    body: typeof body === 'string' ? body : new Uint8Array(body ?? []),
  }).formData();

describe('a body', () => {
  const post = (body: JsonObject, input: Json = {}) => sent({ method: 'POST', body }, { input });

  test.each<[string, JsonObject, Json, string | null, string | null]>([
    ['none', { type: 'none' }, {}, null, null],
    [
      'JSON',
      { type: 'json', content: { a: '{{input.n}}', b: 'n={{input.n}}', c: [null] } },
      { n: 7 },
      '{"a":7,"b":"n=7","c":[null]}',
      'application/json',
    ],
    [
      'JSON that is one value',
      { type: 'json', content: '{{input.list}}' },
      { list: [1] },
      '[1]',
      'application/json',
    ],
    [
      'JSON with a value that looks like JSON',
      { type: 'json', content: { a: '{{input.v}}' } },
      { v: '","b":1,"' },
      '{"a":"\\",\\"b\\":1,\\""}',
      'application/json',
    ],
    [
      'a form',
      { type: 'form', content: { a: '{{input.v}}', b: [1, 2], c: null } },
      { v: 'x&y=z ü' },
      'a=x%26y%3Dz+%C3%BC&b=1&b=2',
      'application/x-www-form-urlencoded',
    ],
    [
      'XML',
      { type: 'xml', content: '<a b="{{input.v}}">{{input.v}}</a>' },
      { v: '"<&>\'' },
      '<a b="&quot;&lt;&amp;&gt;&apos;">&quot;&lt;&amp;&gt;&apos;</a>',
      'application/xml; charset=utf-8',
    ],
    [
      'raw text',
      { type: 'raw', content: 'a {{input.v}} b' },
      { v: '<&>' },
      'a <&> b',
      'text/plain; charset=utf-8',
    ],
    [
      'raw text of a type',
      { type: 'raw', content: '{{input.v}}', content_type: 'text/csv' },
      { v: 'a;b' },
      'a;b',
      'text/csv',
    ],
    [
      'raw text that is an object',
      { type: 'raw', content: '{{input.v}}' },
      { v: { a: 1 } },
      '{"a":1}',
      'text/plain; charset=utf-8',
    ],
    [
      'raw text that is null',
      { type: 'raw', content: '{{input.v}}' },
      { v: null },
      '',
      'text/plain; charset=utf-8',
    ],
  ])('%s', async (_, body, input, bytes, contentType) => {
    const request = await post(body, input);
    expect(request.body).toBe(bytes);
    expect(header(request, 'content-type')).toEqual(contentType === null ? [] : [contentType]);
  });

  test('multipart is read back by a real parser, names and binary included', async () => {
    const all = Array.from({ length: 256 }, (_, index) => index);
    const request = await post(
      {
        type: 'multipart',
        content: { 'na"me\r\n': '{{input.v}}', list: [1, true, null], empty: '' },
        files: {
          text: { filename: 'ü"{{input.n}}.txt', content_type: 'text/plain', content: 'hello {{input.v}}' },
          raw: { filename: 'b.bin', base64: '{{input.b}}' },
        },
      },
      { v: 'x\r\n--patchbay\r\n', n: 'a\r\nX-Evil: 1', b: btoa(String.fromCharCode(...all)) },
    );
    const form = await formOf(request);
    expect(form.getAll('na"me\r\n')).toEqual(['x\r\n--patchbay\r\n']);
    expect(form.getAll('list')).toEqual(['1', 'true']);
    expect(form.get('empty')).toBe('');
    const [text, raw] = ['text', 'raw'].map((name) => form.get(name));
    if (!(text instanceof File) || !(raw instanceof File)) throw new Error('no files');
    expect([text.name, text.type, await text.text()]).toEqual([
      'ü"a\r\nX-Evil: 1.txt',
      'text/plain',
      'hello x\r\n--patchbay\r\n',
    ]);
    expect([...new Uint8Array(await raw.arrayBuffer())]).toEqual(all);
    expect([...form.keys()]).toEqual(['na"me\r\n', 'list', 'list', 'empty', 'text', 'raw']);
  });

  test('multipart is recorded without its files', async () => {
    const body = { type: 'multipart', content: { a: 1 }, files: { f: { filename: 'f.txt', content: 'üü' } } };
    const at = await bench({ steps: [{ name: 'a', request: { method: 'POST', url: URL_A, body } }] });
    await at.run();
    expect(at.steps[0]?.request?.body).toEqual([
      { name: 'a', value: '1' },
      { name: 'f', filename: 'f.txt', value: '[file of 4 bytes]' },
    ]);
  });

  test.each<[string, JsonObject, Json, string]>([
    ['an object in a form', { type: 'form', content: { a: '{{input.v}}' } }, { v: {} }, 'template_value'],
    [
      'base64 that is none',
      { type: 'multipart', files: { f: { filename: 'f', base64: '?' } } },
      {},
      'template_value',
    ],
    [
      'a control character in XML',
      { type: 'xml', content: '<a>{{input.v}}</a>' },
      { v: '\u0001' },
      'template_value',
    ],
    ['something missing', { type: 'json', content: '{{input.no}}' }, {}, 'template_reference'],
    [
      'more than 5 MiB',
      { type: 'raw', content: '{{input.v}}' },
      { v: 'ü'.repeat(3 * 1024 * 1024) },
      'request_too_large',
    ],
  ])('%s is not sent', async (_, body, input, code) => {
    expect(await refused({ method: 'POST', body }, { input })).toMatchObject({ code, step: 'a' });
  });
});

describe('headers', () => {
  test('are rendered, and the author may set the content type', async () => {
    const request = await sent(
      {
        method: 'POST',
        headers: { 'X-N': 'n{{input.n}}', 'content-type': 'a/b' },
        body: { type: 'json', content: 1 },
      },
      { input: { n: 1 } },
    );
    expect(header(request, 'x-n')).toEqual(['n1']);
    expect(header(request, 'content-type')).toEqual(['a/b']);
  });

  test.each(['a\r\nX-Evil: 1', 'a\nb', 'a\0b', 'snow ☃'])(
    'a value that would end the header is refused: %j',
    async (v) => {
      expect(await refused({ headers: { 'X-V': '{{input.v}}' } }, { input: { v } })).toMatchObject({
        class: 'template',
        code: 'template_value',
        message: expect.stringContaining('headers.X-V'),
      });
    },
  );

  test('the Idempotency-Key stands only where it was asked for', async () => {
    expect(header(await sent({ method: 'POST' }), 'idempotency-key')).toEqual([]);
    const [key] = header(await sent({ method: 'POST' }, {}, { idempotency_key: true }), 'idempotency-key');
    expect(key).toMatch(/^patchbay-[0-9a-f-]{36}-[a-z0-9._:-]+$/);
  });
});

describe('a credential', () => {
  const hosts = ['api.example.com'];
  const send = (credential: TestCredential, request: JsonObject = {}) =>
    sent({ auth: { credential: 'svc' }, ...request }, { credentials: { svc: credential } });

  test('bearer is an Authorization header', async () => {
    const request = await send({ type: 'bearer', fields: { token: 'tok-123456' } });
    expect(header(request, 'authorization')).toEqual(['Bearer tok-123456']);
    expect(request).toMatchObject({
      credentialHosts: hosts,
      credentialHeaders: ['authorization'],
      credentialQuery: [],
    });
  });

  test('basic is RFC 7617, in UTF-8', async () => {
    const request = await send({ type: 'basic', fields: { username: 'Aladdin', password: 'öpen sesame' } });
    const [value = ''] = header(request, 'authorization');
    const decoded = Uint8Array.from(atob(value.slice('Basic '.length)), (c) => c.charCodeAt(0));
    expect(new TextDecoder().decode(decoded)).toBe('Aladdin:öpen sesame');
  });

  test('api_key stands in the header that it was placed in', async () => {
    const placement = { in: 'header', name: 'X-My-Key' } as const;
    const request = await send({ type: 'api_key', fields: { api_key: 'k-123456' }, placement });
    expect(header(request, 'x-my-key')).toEqual(['k-123456']);
    expect(request.credentialHeaders).toEqual(['x-my-key']);
  });

  test('api_key stands in the query parameter that it was placed in, in place of one of the step', async () => {
    const placement = { in: 'query', name: 'access_key' } as const;
    const request = await send(
      { type: 'api_key', fields: { api_key: 'k&1=?#' }, placement },
      { query: { access_key: 'mine', a: 1 } },
    );
    expect([...new URL(request.url).searchParams]).toEqual([
      ['access_key', 'k&1=?#'],
      ['a', '1'],
    ]);
    expect(request).toMatchObject({
      credentialHosts: hosts,
      credentialHeaders: [],
      credentialQuery: ['access_key'],
    });
  });

  test('is not replaced by a header of the step with the same name', async () => {
    const request = await send(
      { type: 'bearer', fields: { token: 'tok-123456' } },
      { headers: { authorization: 'mine' } },
    );
    expect(header(request, 'authorization')).toEqual(['Bearer tok-123456']);
  });

  test('custom fields stand where templates put them, and the door is told where', async () => {
    const request = await sent(
      {
        headers: { 'X-Id': '{{workspace.svc.id}}', 'X-Plain': 'x' },
        query: { sig: ['a', '{{workspace.svc.key}}'], plain: 1 },
        url: `${URL_A}?k={{workspace.svc.key}}`,
      },
      { credentials: { svc: { type: 'custom', fields: { id: 'id-1234', key: 'key-1234' } } } },
    );
    expect(header(request, 'x-id')).toEqual(['id-1234']);
    expect([
      ...new URL(request.url).searchParams.getAll('sig'),
      new URL(request.url).searchParams.get('k'),
    ]).toEqual(['a', 'key-1234', 'key-1234']);
    expect(request).toMatchObject({
      credentialHosts: hosts,
      credentialHeaders: ['x-id'],
      credentialQuery: ['sig', 'k'],
    });
  });

  test('is bound to its hosts in a body too', async () => {
    const request = await sent(
      { method: 'POST', body: { type: 'json', content: { deep: ['{{workspace.svc.key}}'] } } },
      { credentials: { svc: { type: 'custom', fields: { key: 'key-1234' } } } },
    );
    expect(request.credentialHosts).toEqual(hosts);
  });

  test('that a step does not name is not in its reach, and binds it to nothing', async () => {
    const credentials = { svc: { type: 'custom', fields: { key: 'key-1234' } } } as const;
    expect((await sent({}, { credentials })).credentialHosts).toBeNull();
    expect(
      await refused({ query: { k: '{{$lookup(workspace, "s" & "vc").key}}' } }, { credentials }),
    ).toMatchObject({ code: 'template_reference' });
    expect(await refused({ query: { k: '{{workspace.other.key}}' } }, { credentials })).toMatchObject({
      code: 'template_reference',
    });
  });

  test.each<[string, TestCredential | undefined, string]>([
    ['is missing', undefined, 'credential_missing'],
    [
      'is custom, which has no way of its own to be sent',
      { type: 'custom', fields: { a: 'b' } },
      'credential_not_sendable',
    ],
    [
      'would end its header',
      { type: 'bearer', fields: { token: 'a\r\nX-Evil: 1' } },
      'credential_not_sendable',
    ],
  ])('that %s is an authentication error', async (_, credential, code) => {
    const error = await refused(
      { auth: { credential: 'svc' } },
      { credentials: credential ? { svc: credential } : {} },
    );
    expect(error).toMatchObject({ class: 'authentication', code, step: 'a' });
    expect(JSON.stringify(error)).not.toContain('X-Evil');
  });

  test('that a template names and nobody stored is an authentication error or a missing reference, never a call', async () => {
    expect(await refused({ query: { k: '{{workspace.svc.key}}' } })).toMatchObject({ step: 'a' });
  });
});

describe('several credentials in one request', () => {
  const request = { auth: { credential: 'one' }, headers: { 'X-Two': '{{workspace.two.key}}' } };
  const of = (one: string[], two: string[]) =>
    ({
      one: { type: 'bearer', fields: { token: 'tok-1234' }, allowed_hosts: one },
      two: { type: 'custom', fields: { key: 'key-1234' }, allowed_hosts: two },
    }) as const;

  test('travel together to the very host that all of them allow', async () => {
    const credentials = of(['*.example.com'], ['api.example.com', 'other.example']);
    expect((await sent(request, { credentials })).credentialHosts).toEqual(['api.example.com']);
  });

  test.each([
    ['the second', of(['api.example.com'], ['other.example'])],
    ['the first', of(['other.example'], ['api.example.com'])],
  ])('are not sent when %s does not allow the host', async (_, credentials) => {
    expect(await refused(request, { credentials })).toMatchObject({
      class: 'egress_blocked',
      code: 'blocked_host_binding',
    });
  });
});
