/*
 * Requirement → test
 * which paths hide what ............................ "hides"
 * what they leave alone ............................ "leaves"
 * copies, keeps the shape readers rely on .......... "a copy", "keeps"
 * nothing declared survives, nothing else changes .. properties
 * hidden values are told, to be hidden elsewhere ... valuesAtPaths
 */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Json } from '../json/json.ts';
import { createRedactor, REDACTED, type RecordedPart, redactPaths, valuesAtPaths } from './index.ts';

vi.setConfig({ testTimeout: 60_000 });
/** Of this process: other work on the machine does not count. */
const cpuMs = () => process.cpuUsage().user / 1000;

/** Each value says where it stands. */
const STEP = {
  request: {
    method: 'POST',
    url: 'https://api.example.com/v1/people?email=u-email&Page=2&tag=a#email=f-email',
    headers: { 'content-type': 'application/json', 'x-trace': 'rq-trace', Email: 'rq-header' },
    body: {
      password: 'rq-password',
      customer: { email: 'rq-email', Name: 'rq-name' },
      rows: [['email', 'rq-pair']],
    },
  },
  response: {
    status: 200,
    headers: { 'x-trace': 'rs-trace', location: 'https://api.example.com/x?email=l-email' },
    body: {
      token: 'rs-token',
      customer: { email: 'rs-email' },
      items: [
        { id: 1, token: 'rs-item-0', deep: { Token: 'rs-deep' } },
        { id: 2, token: 'rs-item-1', tags: ['t0', 't1'] },
      ],
      fields: [
        { name: 'Email', value: 'rs-named' },
        { name: 'Other', value: 'rs-other' },
      ],
      'a.b': 'rs-dotted',
      status: 7,
      flag: true,
      none: null,
    },
  },
  output: { email: 'out-email', token: 'out-token', list: [{ token: 'out-item' }], status: 3 },
};

/** The texts that stand nowhere any more. */
function hiddenBy(paths: readonly string[]): string[] {
  const shown = JSON.stringify(redactPaths(STEP, paths));
  const all = JSON.stringify(STEP).match(/(?:rq|rs|out|u|f|l)-[a-z]+(?:-\d)?/g) ?? [];
  return all.filter((text) => !new RegExp(`${text}(?![a-z-])`).test(shown)).sort();
}

describe('hides', () => {
  test.each<[path: string, ...hidden: string[]]>([
    // bare names: at any depth, in headers, parameters, pairs and named fields, whatever the case
    [
      'email',
      'f-email',
      'l-email',
      'out-email',
      'rq-email',
      'rq-header',
      'rq-pair',
      'rs-email',
      'rs-named',
      'u-email',
    ],
    [
      'EMAIL',
      'f-email',
      'l-email',
      'out-email',
      'rq-email',
      'rq-header',
      'rq-pair',
      'rs-email',
      'rs-named',
      'u-email',
    ],
    ['token', 'out-item', 'out-token', 'rs-deep', 'rs-item-0', 'rs-item-1', 'rs-token'],
    ['x-trace', 'rq-trace', 'rs-trace'],
    ['"a.b"', 'rs-dotted'],
    // paths from each part alike
    ['body.customer.email', 'rq-email', 'rs-email'],
    ['Body.Customer.EMAIL', 'rq-email', 'rs-email'],
    ['headers.x-trace', 'rq-trace', 'rs-trace'],
    ['headers.X-Trace', 'rq-trace', 'rs-trace'],
    ['headers["x-trace"]', 'rq-trace', 'rs-trace'],
    ['body.items[].token', 'rs-item-0', 'rs-item-1'],
    ['body.items[*].token', 'rs-item-0', 'rs-item-1'],
    ['body.items.*.token', 'rs-item-0', 'rs-item-1'],
    ['body.items.token', 'rs-item-0', 'rs-item-1'],
    ['body.items[1].token', 'rs-item-1'],
    ['body.items[].deep.token', 'rs-deep'],
    ['body."a.b"', 'rs-dotted'],
    ["body['a.b']", 'rs-dotted'],
    ['body.`a.b`', 'rs-dotted'],
    ['body.customer', 'rq-email', 'rq-name', 'rs-email'],
    ['body.*.email', 'rq-email', 'rs-email'],
    ['list[].token', 'out-item'],
    // one part only
    ['request.body.password', 'rq-password'],
    ['response.body.token', 'rs-token'],
    ['request.body.customer.email', 'rq-email'],
    ['response.headers.x-trace', 'rs-trace'],
    ['output.email', 'out-email'],
    ['output.list.token', 'out-item'],
    ['request.query.email', 'f-email', 'u-email'],
    [
      'response.body',
      'rs-deep',
      'rs-dotted',
      'rs-email',
      'rs-item-0',
      'rs-item-1',
      'rs-named',
      'rs-other',
      'rs-token',
    ],
    ['request.url', 'f-email', 'u-email'],
    ['request.headers', 'rq-header', 'rq-trace'],
    ['output.*', 'out-email', 'out-item', 'out-token'],
  ])('%s', (path, ...hidden) => {
    expect(hiddenBy([path])).toEqual(hidden);
  });

  test('several paths at once', () => {
    expect(hiddenBy(['request.body.password', 'output.email', 'no.such.path'])).toEqual([
      'out-email',
      'rq-password',
    ]);
  });

  test.each<[path: string, value: Json, expected: Json]>([
    ['flag', { flag: true }, { flag: REDACTED }],
    ['age', { age: 0 }, { age: REDACTED }],
    ['gone', { gone: null }, { gone: REDACTED }],
    ['all', { all: { a: [1] } }, { all: REDACTED }],
    [
      'tags[]',
      { tags: ['a', 'b'], x: { tags: ['c'] } },
      { tags: [REDACTED, REDACTED], x: { tags: [REDACTED] } },
    ],
    ['tags[1]', { tags: ['a', 'b'] }, { tags: ['a', REDACTED] }],
    ['*', { a: 1, b: { c: 2 } }, { a: REDACTED, b: REDACTED }],
    ['a.b', { a: [[{ b: 1 }], { b: 2 }] }, { a: [[{ b: REDACTED }], { b: REDACTED }] }],
    ['constructor', { constructor: 'x' }, { constructor: REDACTED }],
  ])('any kind of value at %s', (path, value, expected) => {
    expect(redactPaths(value, [path], 'output')).toEqual(expected);
  });

  test('fields of a body that is JSON or a form as text', () => {
    const body = (text: string) => redactPaths({ body: text }, ['password', 'user.email'], 'request').body;
    expect(body('{"user":{"password":"p1"},"x":1}')).toBe(`{"user":{"password":"${REDACTED}"},"x":1}`);
    expect(body('{"x": 1}')).toBe('{"x": 1}');
    expect(body('a=1&password=p1&b=2')).toBe(`a=1&password=${REDACTED}&b=2`);
    expect(body('pass%77ord=p1')).toBe(`pass%77ord=${REDACTED}`);
    expect(body('password = p1 is prose, password=p2')).toBe('password = p1 is prose, password=p2');
    expect(body('{broken')).toBe('{broken');
    const deep = redactPaths({ body: '{"user":{"email":"e"}}' }, ['body.user.email'], 'response').body;
    expect(deep).toBe(`{"user":{"email":"${REDACTED}"}}`);
  });
});

describe('leaves', () => {
  test.each([
    'nothing',
    'body.customer.nothing',
    'body.items[7].token',
    'body.token.deeper',
    'request.token',
    'customer.email',
    'response.body.password',
    'headers.x-trace.more',
    '',
    ' ',
    '.',
    '..',
    '[',
    '"',
  ])('all as it is for %j', (path) => {
    expect(redactPaths(STEP, [path])).toEqual(STEP);
    expect(valuesAtPaths(STEP, [path])).toEqual([]);
  });

  test('what is not one of the three parts', () => {
    const record = { email: 'x', request: { method: 'GET', body: { email: 'y' } } };
    expect(redactPaths(record, ['email'])).toEqual({
      email: 'x',
      request: { method: 'GET', body: { email: REDACTED } },
    });
    expect(redactPaths('text', ['email'])).toBe('text');
    expect(redactPaths(null, ['email'], 'response')).toBe(null);
  });
});

test.each<[path: string, part: RecordedPart]>([
  ['status', 'response'],
  ['response.status', 'response'],
  ['*', 'response'],
  ['headers', 'response'],
  ['headers', 'request'],
  ['*', 'request'],
])('keeps the shape of a message: %s of a %s', (path, part) => {
  const hidden = redactPaths<Json>(STEP[part], [path], part);
  expect(hidden).toMatchObject(
    part === 'response'
      ? { status: 200, headers: { 'x-trace': expect.any(String) } }
      : { method: expect.any(String), url: expect.any(String), headers: { 'x-trace': expect.any(String) } },
  );
  if (path === 'headers') expect(hidden).toMatchObject({ headers: { 'x-trace': REDACTED } });
});

test("an author's own status is hidden: only that of a response stays", () => {
  expect(redactPaths(STEP, ['status']).output.status).toBe(REDACTED);
  expect(redactPaths(STEP, ['status']).response.body.status).toBe(REDACTED);
});

test('a copy: the argument is not changed', () => {
  const before = JSON.stringify(STEP);
  redactPaths(STEP, ['email', 'token', 'request.body', 'response.headers.*']);
  expect(JSON.stringify(STEP)).toBe(before);
});

const name = fc.constantFrom(
  'email',
  'token',
  'items',
  'customer',
  'a.b',
  'x-trace',
  'other',
  'value',
  'name',
);
const json = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.oneof(fc.string({ maxLength: 12 }), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(name, tie('any'), { maxKeys: 5 }),
  ),
})).any;

describe('for any recorded value', () => {
  test('a bare name leaves no field of that name', () => {
    fc.assert(
      fc.property(json, name, (body, field) => {
        const hidden = redactPaths({ status: 200, headers: {}, body }, [`"${field}"`], 'response');
        const left: unknown[] = [];
        JSON.stringify(hidden, (key, value) => {
          if (key === field && value !== REDACTED) left.push(value);
          return value;
        });
        expect(left).toEqual([]);
      }),
      { seed: 20_260_401 },
    );
  });

  test('where no field has the name, nothing changes', () => {
    fc.assert(
      fc.property(json, (body) => {
        const value = { status: 200, headers: {}, body };
        expect(redactPaths(value, ['absent', 'body.absent', 'body[].absent'], 'response')).toEqual(value);
      }),
      { seed: 20_260_401 },
    );
  });

  test('any text at all is a path', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), json, (path, body) => {
        const value = { status: 200, headers: { 'x-trace': 't' }, body };
        const before = JSON.stringify(value);
        redactPaths(value, [path], 'response');
        valuesAtPaths(value, [path], 'response');
        expect(JSON.stringify(value)).toBe(before);
      }),
      { seed: 20_260_401 },
    );
  });

  test('what a path hides is gone from everything else once its values are secrets', () => {
    const long = fc.stringMatching(/^[A-Za-z0-9 ._-]{8,40}$/).filter((text) => text.trim().length >= 8);
    fc.assert(
      fc.property(long, json, (text, body) => {
        const step = { response: { status: 200, headers: {}, body: { body, customer: { email: text } } } };
        const redactor = createRedactor(valuesAtPaths(step, ['body.customer.email']));
        const later = {
          url: `https://api.example.com/?q=${encodeURIComponent(text)}`,
          body: [`<${text}>`, btoa(text)],
        };
        const shown = JSON.stringify(redactor.value(later));
        for (const form of [text.trim(), encodeURIComponent(text.trim())]) expect(shown).not.toContain(form);
      }),
      { seed: 20_260_401 },
    );
  });
});

describe('valuesAtPaths', () => {
  test.each<[paths: string[], ...values: string[]]>([
    [
      ['email'],
      'u-email',
      'f-email',
      'rq-header',
      'rq-email',
      'rq-pair',
      'l-email',
      'rs-email',
      'rs-named',
      'out-email',
    ],
    [['body.customer'], 'rq-email', 'rq-name', 'rs-email'],
    [['response.body.items'], 'rs-item-0', 'rs-deep', 'rs-item-1'],
    [['output.token', 'output.token'], 'out-token'],
  ])('of %j', (paths, ...values) => {
    expect(valuesAtPaths(STEP, paths).sort()).toEqual(values.sort());
  });

  test('are texts and numbers of 6 to 4,096 characters, each once, without the space around them', () => {
    const of = (value: Json) => valuesAtPaths({ body: { x: value } }, ['x'], 'response');
    expect(of('12345')).toEqual([]);
    expect(of(' 123456\n')).toEqual(['123456']);
    expect(of(1234567)).toEqual(['1234567']);
    expect(of([123, true, null, 'abcdef', 'abcdef'])).toEqual(['abcdef']);
    expect(of('x'.repeat(4_096))).toHaveLength(1);
    expect(of('x'.repeat(4_097))).toEqual([]);
  });

  test('are bounded in number and in length', () => {
    const many = Array.from({ length: 200_000 }, (_, index) => `value-${index}`);
    expect(valuesAtPaths({ body: many }, ['body'], 'response')).toHaveLength(500);
    const large = Array.from({ length: 400 }, (_, index) => `${index}-${'x'.repeat(4_000)}`);
    expect(valuesAtPaths({ body: large }, ['body'], 'response').join('').length).toBeLessThanOrEqual(65_536);
  });
});

test('takes time in proportion to what is recorded', () => {
  const body = Array.from({ length: 100_000 }, (_, index) => ({
    id: index,
    customer: { email: `e${index}`, tags: ['a'] },
  }));
  const paths = Array.from({ length: 50 }, (_, index) =>
    index % 2 === 0 ? `body[].customer.f${index}` : `f${index}`,
  );
  const startedAt = cpuMs();
  redactPaths({ status: 200, headers: {}, body }, [...paths, 'email'], 'response');
  expect(cpuMs() - startedAt).toBeLessThan(5_000);
});
