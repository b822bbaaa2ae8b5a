import { describe, expect, test } from 'vitest';
import { checkDefinition } from '../check/index.ts';
import { ConnectorDefinition } from '../schema.ts';
import type { HintCode } from './hint.ts';
import { HINT_CODES } from './hint.ts';
import { lintDefinition, MAX_HINTS } from './lint-definition.ts';

const URL = 'https://api.example.com/v1';
const ID = '01890000-0000-7000-8000-000000000001';
const call = (name: string, rest: object = {}, request: object = {}) => ({
  name,
  request: { url: `${URL}/${name}`, ...request },
  ...rest,
});
const post = (name: string, rest: object = {}, request: object = {}) =>
  call(name, rest, { method: 'POST', ...request });
/** Reads the whole of each step, so that only what a test is about is left to find. */
const using = (steps: { name: string; [part: string]: unknown }[], rest: object = {}) => ({
  steps,
  output: steps.map(({ name }) => `{{steps.${name}}}`),
  ...rest,
});

function lint(definition: object) {
  const parsed = ConnectorDefinition.parse(definition);
  expect(checkDefinition(parsed).errors).toEqual([]);
  return lintDefinition(parsed);
}

type Found = [what: string, definition: object, code: HintCode, pointer: string];
const A = '/steps/0';
const input_schema = (properties: object) => ({ input_schema: { type: 'object', properties } });
const loop = (name: string, steps: object[], rest: object = {}) => ({
  name,
  for_each: { items: 'input.list', max_concurrency: 5, ...rest },
  steps,
});
const choose = (name: string, cases: object[], otherwise?: object[]) => ({
  name,
  switch: { cases, ...(otherwise ? { default: otherwise } : {}) },
});
const fast = { timeout_ms: 5_000 };
const paged = (pagination: object, rest: object = {}) =>
  using([call('a', { pagination: { items: 'body', ...pagination }, ...fast, ...rest })]);

const FOUND: Found[] = [
  // reading
  [
    'a call whose answer nobody reads',
    { steps: [call('a'), post('b', { idempotency_key: true })], output: '{{steps.b.body}}' },
    'unused_step',
    A,
  ],
  [
    'a transform that nobody reads',
    { steps: [{ name: 't', transform: { x: 1 } }, call('b')], output: '{{steps.b.body}}' },
    'unused_step',
    A,
  ],
  [
    'a call in a loop whose results nobody reads',
    { steps: [loop('l', [call('a', fast)])], output: 'x' },
    'unused_step',
    `${A}/steps/0`,
  ],
  [
    'a call that is not the last, without an output',
    { steps: [call('a'), call('b')], contact_mapping: { match: ['x'], fields: { x: '{{steps.b.body}}' } } },
    'unused_step',
    A,
  ],
  [
    'a field that a map does not make',
    { steps: [call('a', { response: { map: { id: 'body.id' } } })], output: '{{steps.a.name}}' },
    'unknown_field',
    '/output',
  ],
  [
    'a field of a step without a map',
    { steps: [call('a')], output: { x: '{{steps.a.country}}' } },
    'unknown_field',
    '/output/x',
  ],
  [
    'a field that a transform does not make',
    { steps: [{ name: 't', transform: { x: 1 } }], output: '{{steps.t.y}}' },
    'unknown_field',
    '/output',
  ],
  [
    'the body of a loop',
    {
      steps: [call('a', { for_each: { items: 'input.list', max_concurrency: 2 }, ...fast })],
      output: '{{steps.a.body}}',
    },
    'unknown_field',
    '/output',
  ],
  [
    'items of a call without pages',
    { steps: [call('a')], output: '{{steps.a.items}}' },
    'unknown_field',
    '/output',
  ],
  [
    'an input that nobody reads',
    using([call('a')], input_schema({ x: {} })),
    'unused_input',
    '/input_schema/properties/x',
  ],
  ['no output', { steps: [call('a')] }, 'no_output', ''],
  // flow
  [
    'a step after a stop',
    using([call('a'), { name: 's', stop: {} }, call('b')]),
    'unreachable_step',
    '/steps/2',
  ],
  [
    'a step after a group that stops',
    using([{ name: 'g', steps: [{ name: 's', stop: {} }] }, call('b')]),
    'unreachable_step',
    '/steps/1',
  ],
  [
    'a step after a switch that always stops',
    using([
      choose('w', [{ when: 'input.x', steps: [{ name: 's', stop: {} }] }], [{ name: 't', stop: {} }]),
      call('b'),
    ]),
    'unreachable_step',
    '/steps/1',
  ],
  [
    'a step after a stop in a case',
    using([choose('w', [{ when: 'input.x', steps: [{ name: 's', stop: {} }, call('b')] }])]),
    'unreachable_step',
    `${A}/switch/cases/0/steps/1`,
  ],
  [
    'a condition that is always true',
    using([call('a', { condition: 'true' })]),
    'constant_condition',
    `${A}/condition`,
  ],
  [
    'a condition on a text in quotes',
    using([call('a', { condition: '"input.x"' })]),
    'constant_condition',
    `${A}/condition`,
  ],
  [
    'a case that always holds, before others',
    using([
      choose('w', [
        { when: '1 = 1', steps: [call('a')] },
        { when: 'input.x', steps: [call('b')] },
      ]),
    ]),
    'constant_condition',
    `${A}/switch/cases/0/when`,
  ],
  [
    'a success that is always one',
    using([call('a', { response: { success_when: 'true' } })]),
    'constant_condition',
    `${A}/response/success_when`,
  ],
  [
    'an assertion of nothing',
    using([call('a', { assert: [{ that: 'true' }] })]),
    'constant_condition',
    `${A}/assert/0/that`,
  ],
  [
    'a call that was just made',
    using([call('a', {}, { url: URL }), call('b', {}, { url: URL })]),
    'duplicate_request',
    '/steps/1',
  ],
  ['a call in a loop without a timeout', using([loop('l', [call('a')])]), 'missing_timeout', `${A}/steps/0`],
  [
    'a call deep in a loop without a timeout',
    using([loop('l', [{ name: 'g', steps: [call('a')] }])]),
    'missing_timeout',
    `${A}/steps/0/steps/0`,
  ],
  ['pages without a timeout', paged({ type: 'link_header' }, { timeout_ms: 30_000 }), 'missing_timeout', A],
  [
    'a loop of calls one by one',
    using([loop('l', [call('a', fast)], { max_concurrency: 1 })]),
    'sequential_loop',
    `${A}/for_each`,
  ],
  [
    'pages that never come to their limit',
    paged({ type: 'offset', param: 'o', page_size: 10, max_pages: 5, max_items: 100 }),
    'unreachable_limit',
    `${A}/pagination/max_items`,
  ],
  // requests
  ['a POST that is sent once', using([post('a')]), 'write_sent_once', A],
  [
    'a POST in what handles a failure',
    using([call('a', { on_error: [post('b')] })]),
    'write_sent_once',
    `${A}/on_error/0`,
  ],
  [
    'a POST that is tried once by its policy',
    using([post('a', { retry: { max_attempts: 1 } })]),
    'write_sent_once',
    A,
  ],
  ['a POST that is tried again', using([post('a', { retry: {} })]), 'repeated_write', `${A}/retry`],
  [
    'a POST that is tried again after server errors',
    using([post('a', { retry: { on: { statuses: [429, 500] } } })]),
    'repeated_write',
    `${A}/retry`,
  ],
  [
    'a POST that is tried again when the network fails',
    using([post('a', { retry: { on: { classes: ['network'] } } })]),
    'repeated_write',
    `${A}/retry`,
  ],
  ['http', using([call('a', {}, { url: 'http://api.example.com/' })]), 'plain_http', `${A}/request/url`],
  [
    'a host that only begins like this machine',
    using([call('a', {}, { url: 'http://localhost.example.com/' })]),
    'plain_http',
    `${A}/request/url`,
  ],
  [
    'a credential in a path',
    using([call('a', {}, { url: `${URL}/{{workspace.bot.token}}/send` })]),
    'secret_in_url',
    `${A}/request/url`,
  ],
  [
    'a credential in a query',
    using([call('a', {}, { query: { key: ['{{workspace.bot.token}}'] } })]),
    'secret_in_url',
    `${A}/request/query/key`,
  ],
  [
    'a credential in a query of pairs',
    using([call('a', {}, { query: [['key', '{{ $uppercase(workspace.bot.token) }}']] })]),
    'secret_in_url',
    `${A}/request/query/0/1`,
  ],
  [
    'a fixed secret',
    using([call('a', {}, { headers: { 'X-Api-Key': 'hello' } })]),
    'fixed_secret',
    `${A}/request/headers/X-Api-Key`,
  ],
  [
    'auth beside its header',
    using([
      call('a', {}, { auth: { credential: 'hub' }, headers: { authorization: '{{workspace.hub.token}}' } }),
    ]),
    'auth_beside_header',
    `${A}/request/headers/authorization`,
  ],
];

test.each(FOUND)('finds %s', (_, definition, code, pointer) => {
  expect(lint(definition).map((hint) => [hint.code, hint.pointer])).toEqual([[code, pointer]]);
});

test('every kind of hint is found by one of these', () => {
  expect([...new Set(FOUND.map(([, , code]) => code))].sort()).toEqual([...HINT_CODES].sort());
});

describe('says nothing of', () => {
  test.each<[what: string, definition: object]>([
    [
      'a step that a condition reads',
      {
        steps: [call('a'), post('b', { condition: 'steps.a.status = 200', idempotency_key: true })],
        output: 'x',
      },
    ],
    [
      'a step that the results of its loop bring',
      { steps: [loop('l', [call('a', fast)])], output: '{{steps.l.results}}' },
    ],
    ['a step that all steps bring', { steps: [call('a')], output: '{{ $keys(steps) }}' }],
    [
      'a step that a map reads with everything',
      { steps: [call('a'), call('b', { response: { map: { x: '$string($$)' } } })], output: '{{steps.b.x}}' },
    ],
    [
      'a call that only checks',
      {
        steps: [call('a', { assert: [{ that: 'steps.a.status = 200' }] }), call('b')],
        output: '{{steps.b.body}}',
      },
    ],
    [
      'a call that may fail for a reason',
      { steps: [call('a', { response: { success_when: 'body.ok' } })], output: 'x' },
    ],
    [
      'a call whose failure is handled',
      { steps: [call('a', { on_error: [{ name: 's', stop: { status: 'failed' } }] })], output: 'x' },
    ],
    [
      'a connector that is called for what it does',
      { steps: [{ name: 'a', connector: { id: ID } }], output: 'x' },
    ],
    [
      'a field of a map in one piece',
      { steps: [call('a', { response: { map: 'body' } })], output: '{{steps.a.name}}' },
    ],
    [
      'why a step failed',
      { steps: [call('a', { continue_on_error: true })], output: '{{steps.a.error.code}}' },
    ],
    [
      'what pages make',
      {
        steps: [call('a', { pagination: { type: 'link_header', items: 'body' }, ...fast })],
        output: '{{steps.a.items}} {{steps.a.pages}} {{steps.a.body}}',
      },
    ],
    [
      'what a loop makes',
      {
        steps: [call('a', { for_each: { items: 'input.list', max_concurrency: 2 }, ...fast })],
        output: '{{steps.a.results}} {{steps.a.failed}} {{steps.a.succeeded}}',
      },
    ],
    [
      'an input that is read as a whole',
      using(
        [post('a', { idempotency_key: true }, { body: { type: 'json', content: '{{input}}' } })],
        input_schema({ x: {} }),
      ),
    ],
    [
      'an input that a looked-up name reads',
      using([call('a', {}, { query: { q: '{{ $lookup(input, "x") }}' } })], input_schema({ x: {} })),
    ],
    [
      'an input that a case reads',
      using([choose('w', [{ when: 'input.x', steps: [call('a')] }])], input_schema({ x: {} })),
    ],
    ['an output by a stop', { steps: [call('a'), { name: 's', stop: { output: '{{steps.a.body}}' } }] }],
    [
      'a step after a stop with a condition',
      using([call('a'), { name: 's', condition: 'steps.a.status = 204', stop: {} }, call('b')]),
    ],
    [
      'a step after a switch that may stop',
      using([choose('w', [{ when: 'input.x', steps: [{ name: 's', stop: {} }] }]), call('b')]),
    ],
    [
      'a step after a group that may fail before it stops',
      using([{ name: 'g', continue_on_error: true, steps: [call('a'), { name: 's', stop: {} }] }, call('b')]),
    ],
    [
      'the last case of a switch',
      using([
        choose('w', [
          { when: 'input.x', steps: [call('a')] },
          { when: 'true', steps: [call('b')] },
        ]),
      ]),
    ],
    ['a condition by the clock', using([call('a', { condition: '$millis() % 2 = 0' })])],
    [
      'the same call after a write',
      using([call('a', {}, { url: URL }), post('b', { idempotency_key: true }), call('c', {}, { url: URL })]),
    ],
    [
      'the same call after a pause',
      using([call('a', {}, { url: URL }), { name: 'w', wait: { seconds: 5 } }, call('c', {}, { url: URL })]),
    ],
    [
      'the same call under a condition',
      using([call('a', {}, { url: URL }), call('b', { condition: 'steps.a.status = 202' }, { url: URL })]),
    ],
    [
      'the same call in two cases',
      using([
        choose(
          'w',
          [{ when: 'input.x', steps: [call('a', {}, { url: URL })] }],
          [call('b', {}, { url: URL })],
        ),
      ]),
    ],
    [
      'a loop of writes one by one',
      using([loop('l', [post('a', { idempotency_key: true, ...fast })], { max_concurrency: 1 })]),
    ],
    [
      'a loop that keeps a pace',
      using([loop('l', [call('a', fast)], { max_concurrency: 1, delay_ms: 100 })]),
    ],
    [
      'a loop of transforms',
      using([{ name: 't', for_each: { items: 'input.list' }, transform: { x: '{{item}}' } }]),
    ],
    [
      'a limit that is reached',
      paged({ type: 'offset', param: 'o', page_size: 10, max_pages: 10, max_items: 100 }),
    ],
    ['a limit that nobody set', paged({ type: 'offset', param: 'o', page_size: 10, max_pages: 10 })],
    ['a POST with an idempotency key', using([post('a', { idempotency_key: true, retry: {} })])],
    [
      "a POST with the service's own key",
      using([post('a', { retry: {} }, { headers: { 'X-Request-Id': '{{execution.id}}' } })]),
    ],
    [
      'a POST that is tried again when it was refused',
      using([post('a', { retry: { on: { statuses: [429, 503], classes: ['rate_limit'] } } })]),
    ],
    [
      'PUT, PATCH and DELETE',
      using(['PUT', 'PATCH', 'DELETE'].map((method) => call(method.toLowerCase(), {}, { method }))),
    ],
    ['a credential in a header', using([call('a', {}, { headers: { 'X-Key': '{{workspace.bot.token}}' } })])],
    ['a URL of an input', using([call('a', {}, { url: '{{input.url}}' })])],
  ])('%s', (_, definition) => {
    expect(lint(definition)).toEqual([]);
  });

  test('this machine by http, where the deployment allows it', () => {
    const definition = ConnectorDefinition.parse(using([call('a', {}, { url: 'http://127.0.0.1:4010/x' })]));
    expect(lintDefinition(definition)).toEqual([]);
  });
});

test('warnings come first, and at most a hundred hints', () => {
  const steps = Array.from({ length: 60 }, (_, index) =>
    post(`a${index}`, {}, { url: 'http://api.example.com/' }),
  );
  const hints = lint(using(steps));
  expect(hints).toHaveLength(MAX_HINTS);
  expect(hints.map(({ severity }) => severity)).toEqual([
    ...Array(60).fill('warning'),
    ...Array(40).fill('info'),
  ]);
});

test('every hint has words that a person can act on', () => {
  for (const [, definition] of FOUND) {
    for (const { message, advice = '' } of lint(definition)) {
      expect(message).toMatch(/^\S.{15,}/);
      expect(advice).toMatch(/^[A-Z].*\.$/);
    }
  }
});
