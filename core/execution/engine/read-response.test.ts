import { describe, expect, test } from 'vitest';
import type { HeaderPair } from '../../egress/port.ts';
import { headerRecord, type ResponseType, readBody } from './read-response.ts';
import { type Bench, bench, get } from './testing/bench.ts';
import { bytes, json, text } from './testing/script-egress.ts';

const utf8 = (value: string) => new TextEncoder().encode(value);
const read = (body: Uint8Array, contentType: string | null, type: ResponseType = 'auto', status = 200) =>
  readBody({ status, headers: contentType === null ? [] : [['Content-Type', contentType]], body }, type);
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
const BASE64_JPEG = '/9j/4A==';

describe('a response body', () => {
  test.each<[string, Uint8Array, string | null, ResponseType, unknown]>([
    ['JSON by its type', utf8('{"a":1}'), 'application/json; charset=utf-8', 'auto', { a: 1 }],
    ['JSON by a suffix', utf8('[1]'), 'application/vnd.api+json', 'auto', [1]],
    ['JSON with a byte order mark', utf8('\ufeff{"a":1}'), 'application/json', 'auto', { a: 1 }],
    ['JSON because the step says so', utf8('{"a":1}'), 'text/plain', 'json', { a: 1 }],
    ['text by its type', utf8('{"a":1}'), 'text/plain', 'auto', '{"a":1}'],
    ['XML', utf8('<a/>'), 'application/xml', 'auto', '<a/>'],
    ['XML by a suffix', utf8('<a/>'), 'image/svg+xml', 'auto', '<a/>'],
    ['text because the step says so', utf8('{"a":1}'), 'application/json', 'text', '{"a":1}'],
    ['text in Latin-1', Uint8Array.of(0xe4), 'text/plain; charset=ISO-8859-1', 'auto', 'ä'],
    ['text in a quoted charset', Uint8Array.of(0xe4), 'text/plain; a=b; charset="windows-1252"', 'auto', 'ä'],
    ['text in UTF-16', Uint8Array.of(0xe4, 0), 'text/plain; charset=utf-16le', 'auto', 'ä'],
    ['text in a charset that nobody knows', utf8('ä'), 'text/plain; charset=klingon', 'auto', 'ä'],
    ['JSON in Latin-1', Uint8Array.of(0x22, 0xe4, 0x22), 'application/json; charset=latin1', 'auto', 'ä'],
    ['bytes by their type', JPEG, 'image/jpeg', 'auto', BASE64_JPEG],
    ['bytes because the step says so', utf8('{"a":1}'), 'application/json', 'binary', 'eyJhIjoxfQ=='],
    ['text without a type', utf8('ä'), null, 'auto', 'ä'],
    ['bytes without a type', JPEG, null, 'auto', BASE64_JPEG],
    ['nothing', utf8(''), 'application/json', 'auto', null],
    ['nothing where JSON is asked for', utf8(''), null, 'json', null],
  ])('%s', (_, body, contentType, type, expected) => {
    expect(read(body, contentType, type)).toEqual({ ok: true, body: expected });
  });

  test('that is broken JSON fails on success, and is text on an error, so that its message is not lost', () => {
    expect(read(utf8('<html>'), 'application/json')).toMatchObject({ ok: false, code: 'invalid_json' });
    expect(read(utf8('<html>'), 'application/json', 'auto', 500)).toEqual({ ok: true, body: '<html>' });
    expect(read(utf8('<html>'), null, 'json', 404)).toEqual({ ok: true, body: '<html>' });
  });

  test('is refused when it is nested too deeply, on success and on an error', () => {
    const nested = (depth: number) => utf8('['.repeat(depth) + ']'.repeat(depth));
    expect(read(nested(100), 'application/json')).toMatchObject({ ok: true });
    for (const depth of [101, 50_000]) {
      expect(read(nested(depth), 'application/json')).toMatchObject({ ok: false, code: 'response_too_deep' });
      expect(read(nested(depth), 'application/json', 'auto', 500)).toMatchObject({ ok: false });
    }
  });
});

describe('response headers', () => {
  test('have lower-case names; repeated ones are joined, cookies by line', () => {
    const pairs: HeaderPair[] = [
      ['Set-Cookie', 'a=1, 2'],
      ['X-A', '1'],
      ['x-a', '2'],
      ['set-cookie', 'b=2'],
    ];
    expect(headerRecord(pairs)).toEqual({ 'set-cookie': 'a=1, 2\nb=2', 'x-a': '1, 2' });
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'named %s reach no prototype',
    (name) => {
      const record = headerRecord([
        [name, 'a'],
        [name, 'b'],
      ]);
      expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
      expect(Object.entries(record)).toEqual([[name.toLowerCase(), 'a, b']]);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    },
  );
});

describe('what a service answers', () => {
  const run = async (
    answer: ReturnType<typeof json>,
    map = {},
    output = '{{steps.a.body}}',
  ): Promise<Bench> => {
    const at = await bench({
      steps: [get('a', { response: { map } })],
      definition: { output },
      answer: () => answer,
    });
    await at.run();
    return at;
  };

  test('is mapped onto the fields of the step: missing ones are null', async () => {
    const map = {
      n: 'body.a.b[1]',
      s: 'status',
      h: 'headers."x-y"',
      no: 'body.no.where',
      sum: '$sum(body.a.b)',
    };
    const at = await run(json({ a: { b: [1, 2] } }, 201, [['X-Y', 'z']]), map, '{{steps.a}}');
    expect(at.steps[0]?.output).toEqual({ n: 2, s: 201, h: 'z', no: null, sum: 3 });
    expect(at.execution.end?.output).toMatchObject({
      n: 2,
      no: null,
      status: 201,
      body: { a: { b: [1, 2] } },
    });
  });

  test('fails the step when a mapping fails, with the answer kept', async () => {
    const at = await run(json({ a: 'x' }), { n: '$number(body.a)' });
    expect(at.execution.end).toMatchObject({
      status: 'failed',
      error: { class: 'template', message: expect.stringContaining('response.map') },
    });
    expect(at.steps[0]).toMatchObject({ status: 'failed', response: { status: 200, body: { a: 'x' } } });
  });

  test('can be stored whatever characters it holds', async () => {
    const at = await run(
      bytes(utf8('{"nul":"a\\u0000b","half":"\\ud800","\\u0000k":1,"pair":"\\ud83d\\ude00"}'), 200, [
        ['content-type', 'application/json'],
        ['x-nul', 'a\0b'],
      ]),
    );
    expect(at.execution.end?.output).toEqual({
      nul: 'a\ufffdb',
      half: '\ufffd',
      '\ufffdk': 1,
      pair: '\u{1f600}',
    });
    expect(at.ledger.written.join()).not.toMatch(/\\u0000|\\ud800(?!\\u)/i);
  });

  test('reaches no prototype, however its keys are named', async () => {
    const evil =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":[{"polluted":1}]}}';
    const at = await run(
      bytes(utf8(evil), 200, [['content-type', 'application/json']]),
      { all: 'body', a: 'body.a' },
      '{{steps.a}}',
    );
    expect(at.execution.status).toBe('succeeded');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Reflect.get(Object(at.execution.end?.output), 'polluted')).toBeUndefined();
  });

  test('is recorded with long texts cut and marked; later steps see all of it', async () => {
    const long = 'x'.repeat(70_000);
    const at = await run(text(long), {}, '{{$length(steps.a.body)}}');
    expect(String(at.steps[0]?.response?.body)).toMatch(/^x{65536}… \[cut: 70000 characters in all\]$/);
    expect(at.execution.end?.output).toBe(70_000);
  });

  test.each<[number, string, string]>([
    [400, 'upstream', 'http_400'],
    [401, 'authentication', 'http_401'],
    [403, 'authorization', 'http_403'],
    [404, 'not_found', 'http_404'],
    [408, 'timeout', 'http_408'],
    [410, 'not_found', 'http_410'],
    [422, 'upstream', 'http_422'],
    [429, 'rate_limit', 'http_429'],
    [500, 'upstream', 'http_500'],
    [503, 'upstream', 'http_503'],
    [504, 'timeout', 'http_504'],
    [599, 'upstream', 'http_599'],
  ])('with status %d is an error of class %s', async (status, errorClass, code) => {
    const at = await run(json({ why: 'x' }, status));
    expect(at.execution.end?.error).toMatchObject({ class: errorClass, code, step: 'a' });
    expect(at.steps.at(-1)).toMatchObject({ status: 'failed', response: { status, body: { why: 'x' } } });
  });

  test.each([200, 201, 204, 206, 301, 304])('with status %d is a success', async (status) => {
    expect((await run(json({}, status))).execution.status).toBe('succeeded');
  });
});
