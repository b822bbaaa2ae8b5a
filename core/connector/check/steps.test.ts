import { describe, expect, test } from 'vitest';
import { ConnectorDefinition, MAX_STEPS } from '../schema.ts';
import { checkDefinition } from './definition.ts';
import { RESULT_NAMES } from './response.ts';

const URL = 'https://api.example.com/v1';
const ID = '01890000-0000-7000-8000-000000000001';
const check = (definition: object) => checkDefinition(ConnectorDefinition.parse(definition));
const call = (name: string, rest: object = {}, request: object = {}) => ({
  name,
  request: { url: URL, ...request },
  ...rest,
});
const reads = (name: string, what: string) => call(name, {}, { query: { q: `{{${what}}}` } });
const group = (name: string, steps: object[], rest: object = {}) => ({ name, steps, ...rest });
const loop = (name: string, steps: object[], items = 'input.list') =>
  group(name, steps, { for_each: { items } });
const parallel = (name: string, steps: object[]) => ({ name, parallel: { steps } });
const choose = (name: string, when: string, steps: object[], otherwise?: object[]) => ({
  name,
  switch: { cases: [{ when, steps }], ...(otherwise ? { default: otherwise } : {}) },
});
const steps = (...list: object[]) => ({ steps: list });
const one = (rest: object, request: object = {}) => steps(call('a', rest, request));
const A = '/steps/0';

type Row = [what: string, definition: object, pointer: string, words: string];
const refused = (rows: Row[]) =>
  test.each(rows)('%s', (_, definition, pointer, words) => {
    const { errors } = check(definition);
    expect(errors).toEqual([{ pointer, detail: expect.stringContaining(words) }]);
  });
const taken = (rows: [what: string, definition: object][]) =>
  test.each(rows)('%s', (_, definition) => expect(check(definition).errors).toEqual([]));

describe('a step does exactly one thing', () => {
  refused([
    ['nothing', steps({ name: 'a' }), A, 'one of request, connector, transform, steps, parallel, switch'],
    ['two things', one({ transform: { x: 1 } }), A, 'request and transform'],
    ['a wait that also stops', steps({ name: 'a', wait: { seconds: 1 }, stop: {} }), A, 'wait and stop'],
    [
      'nothing, deep inside',
      steps(group('a', [parallel('b', [{ name: 'c' }])])),
      `${A}/steps/0/parallel/steps/0`,
      'does nothing',
    ],
  ]);
});

describe('what belongs to another kind is refused', () => {
  const beside: Record<string, unknown> = {
    response: { map: { x: '1' } },
    pagination: { type: 'link_header', items: 'body' },
    timeout_ms: 5,
    rate_limit: { requests: 1, per_seconds: 1 },
    cache: { ttl_seconds: 1 },
    idempotency_key: true,
    redact: ['x'],
    retry: {},
    for_each: { items: 'input.list' },
    assert: [{ that: 'true' }],
  };
  const kinds: Record<string, object> = {
    request: { request: { url: URL } },
    connector: { connector: { id: ID } },
    transform: { transform: { x: 1 } },
    steps: { steps: [call('z')] },
    parallel: { parallel: { steps: [call('z')] } },
    switch: { switch: { cases: [{ when: 'true', steps: [call('z')] }] } },
    wait: { wait: { seconds: 1 } },
    stop: { stop: {} },
  };
  const allowed: Record<string, string[]> = {
    retry: ['request', 'connector'],
    for_each: ['request', 'connector', 'transform', 'steps'],
    assert: ['request', 'connector', 'transform'],
  };
  const cases = Object.keys(beside).flatMap((field) =>
    Object.keys(kinds).map((kind) => [field, kind] as const),
  );
  test.each(cases)('%s beside %s', (field, kind) => {
    const { errors } = check(steps({ name: 'a', ...kinds[kind], [field]: beside[field] }));
    const may = (allowed[field] ?? ['request']).includes(kind);
    expect(errors.map(({ pointer }) => pointer)).toEqual(may ? [] : [`${A}/${field}`]);
  });
  test.each(Object.keys(kinds))('defaults are nothing that was said: %s', (kind) => {
    expect(
      check(steps({ name: 'a', ...kinds[kind], timeout_ms: 30_000, idempotency_key: false })).errors,
    ).toEqual([]);
  });
  taken([
    [
      'assertions on a loop of steps',
      steps({ ...loop('a', [call('b')]), assert: [{ that: 'steps.a.failed = 0' }] }),
    ],
  ]);
});

describe('names, number and depth', () => {
  const nest = (levels: number): object =>
    levels === 1 ? call('n1') : group(`n${levels}`, [nest(levels - 1)]);
  const wide = (count: number) => Array.from({ length: count }, (_, index) => call(`s${index}`));
  refused([
    [
      'one name twice, at different depths',
      steps(call('a'), loop('b', [call('a')])),
      '/steps/1/steps/0/name',
      'another step',
    ],
    [
      'one name in two cases',
      steps(choose('s', 'true', [call('a')], [call('a')])),
      `${A}/switch/default/0/name`,
      'another step',
    ],
    [
      'one name in what handles the failure',
      steps({ ...call('a'), on_error: [call('a')] }),
      `${A}/on_error/0/name`,
      'another step',
    ],
    [
      'one step too many',
      steps(
        group('g', wide(60)),
        group(
          'h',
          wide(60).map((step, index) => ({ ...step, name: `t${index}` })),
        ),
      ),
      '/steps/1/steps/38',
      `at most ${MAX_STEPS}`,
    ],
    [
      'one level too many',
      steps(nest(6)),
      `${A}/steps/0/steps/0/steps/0/steps/0/steps/0`,
      'at most 5 levels',
    ],
  ]);
  taken([
    ['as many steps as there may be', steps(group('g', wide(MAX_STEPS - 1)))],
    ['as many levels as there may be', steps(nest(5))],
  ]);
});

describe('a step does not see', () => {
  const inLoop = 'inside of the loop all: its results are at steps.all.results';
  refused([
    [
      'a step of a loop, from outside',
      steps(loop('all', [call('a')]), reads('b', 'steps.a.body')),
      '/steps/1/request/query/q',
      inLoop,
    ],
    [
      'a step deep in a loop, from outside',
      steps(loop('all', [group('g', [call('a')])]), reads('b', 'steps.a.body')),
      '/steps/1/request/query/q',
      inLoop,
    ],
    [
      'a step of a loop, from the output',
      { ...steps(loop('all', [call('a')])), output: '{{steps.a.body}}' },
      '/output',
      inLoop,
    ],
    [
      'a step of a loop, from what handles its failure',
      steps({ ...loop('all', [call('a')]), on_error: [reads('b', 'steps.a.body')] }),
      `${A}/on_error/0/request/query/q`,
      inLoop,
    ],
    [
      'a step of a loop, from its assertion',
      steps({ ...loop('all', [call('a')]), assert: [{ that: 'steps.a.body' }] }),
      `${A}/assert/0/that`,
      inLoop,
    ],
    [
      'its neighbour in a parallel group',
      steps(parallel('p', [call('a'), reads('b', 'steps.a.body')])),
      `${A}/parallel/steps/1/request/query/q`,
      'before',
    ],
    [
      'a step of another case',
      steps({
        name: 's',
        switch: {
          cases: [
            { when: 'true', steps: [call('a')] },
            { when: 'true', steps: [reads('b', 'steps.a.body')] },
          ],
        },
      }),
      `${A}/switch/cases/1/steps/0/request/query/q`,
      'before',
    ],
    [
      'a case, from the default',
      steps(choose('s', 'true', [call('a')], [reads('b', 'steps.a.body')])),
      `${A}/switch/default/0/request/query/q`,
      'before',
    ],
    [
      'the switch, from its own condition',
      steps(choose('s', 'steps.s.x', [call('a')])),
      `${A}/switch/cases/0/when`,
      'before',
    ],
    [
      'the group that it stands in',
      steps(group('g', [reads('a', 'steps.g.x')])),
      `${A}/steps/0/request/query/q`,
      'before',
    ],
    [
      'the loop that it stands in',
      steps(loop('g', [reads('a', 'steps.g.results')])),
      `${A}/steps/0/request/query/q`,
      'before',
    ],
    [
      'a later step, from what handles a failure',
      steps({ ...call('a'), on_error: [reads('b', 'steps.c.body')] }, call('c')),
      `${A}/on_error/0/request/query/q`,
      'before',
    ],
    ['itself, in its request', steps(reads('a', 'steps.a.error')), `${A}/request/query/q`, 'before'],
    [
      'its own loop, in the list of it',
      steps(loop('g', [call('a')], 'steps.a.body')),
      `${A}/for_each/items`,
      'before',
    ],
    [
      'item in the list itself',
      steps(loop('g', [call('a')], 'item.list')),
      `${A}/for_each/items`,
      'inside a loop',
    ],
    [
      'item in the condition of a loop',
      steps({ ...loop('g', [call('a')]), condition: 'item.x' }),
      `${A}/condition`,
      'inside a loop',
    ],
    [
      'item after a loop',
      steps(loop('g', [call('a')]), reads('b', 'item.x')),
      '/steps/1/request/query/q',
      'inside a loop',
    ],
    [
      'index when the loop has failed',
      steps({ ...loop('g', [call('a')]), on_error: [reads('b', 'index')] }),
      `${A}/on_error/0/request/query/q`,
      'inside a loop',
    ],
    [
      'what handles the failure of a loop, from its assertion',
      steps({ ...loop('all', [call('a')]), on_error: [call('b')], assert: [{ that: 'steps.b.body' }] }),
      `${A}/assert/0/that`,
      'does not run before',
    ],
    [
      'item in an assertion on the loop',
      steps({ ...call('a', { for_each: { items: 'input.l' } }), assert: [{ that: 'item.x' }] }),
      `${A}/assert/0/that`,
      'inside a loop',
    ],
    [
      'a step that does not exist, deep inside',
      steps(group('g', [loop('l', [reads('a', 'steps.nope.x')])])),
      `${A}/steps/0/steps/0/request/query/q`,
      'does not exist',
    ],
  ]);
});

describe('a step sees', () => {
  taken([
    [
      'what ran before its containers',
      steps(call('a'), group('g', [parallel('p', [loop('l', [reads('b', 'steps.a.body')])])])),
    ],
    ['its earlier neighbour in a group', steps(group('g', [call('a'), reads('b', 'steps.a.body')]))],
    ['its earlier neighbour in a loop', steps(loop('l', [call('a'), reads('b', 'steps.a.body')]))],
    ['a step of a group before it', steps(group('g', [group('h', [call('a')])]), reads('b', 'steps.a.body'))],
    [
      'a step of a parallel group before it',
      steps(parallel('p', [call('a'), call('c')]), reads('b', 'steps.a.body & steps.c.body')),
    ],
    [
      'a step of a case before it',
      steps(choose('s', 'true', [call('a')], [call('c')]), reads('b', 'steps.a.body ?? steps.c.body')),
    ],
    ['its own switch', steps(choose('s', 'true', [reads('a', '$string(steps.s)')]))],
    ['its earlier neighbour in a case', steps(choose('s', 'true', [call('a'), reads('b', 'steps.a.body')]))],
    [
      'why a step failed',
      steps({ ...call('a'), on_error: [reads('b', 'steps.a.error.code & steps.a.error.class')] }),
    ],
    [
      'what ran in the group that failed',
      steps({
        ...group('g', [call('a'), call('c')]),
        on_error: [reads('b', 'steps.a.body & steps.g.error.message')],
      }),
    ],
    [
      'what handled a failure before it',
      steps({ ...call('a'), on_error: [call('c')] }, reads('b', 'steps.c.body')),
    ],
    [
      'the results of a loop',
      steps(
        loop('l', [call('a')]),
        reads('b', '$string(steps.l.results) & steps.l.failed & steps.l.succeeded'),
      ),
    ],
    [
      'item and index in a loop',
      steps(
        call(
          'a',
          {
            for_each: { items: 'input.l' },
            response: { map: { x: 'item.id & body.id' } },
            cache: { ttl_seconds: 1, key: '{{item.id}}' },
          },
          { query: { q: '{{item.id}}-{{index}}' } },
        ),
      ),
    ],
    [
      'item in a group in a loop, and in what handles a failure there',
      steps(
        loop('l', [group('g', [reads('a', 'item.id')]), { ...call('c'), on_error: [reads('b', 'index')] }]),
      ),
    ],
    [
      'item in the list of an inner loop',
      steps(loop('l', [loop('m', [reads('a', 'item.id')], 'item.children')])),
    ],
    [
      'its own result, in an assertion',
      steps({
        ...call('a'),
        assert: [{ that: 'steps.a.status = 200 and input.x', message: 'not 200' }],
      }),
    ],
    [
      'a step of a group, from the output',
      {
        ...steps(group('g', [call('a')]), choose('s', 'true', [call('b')])),
        output: ['{{steps.a.body}}', '{{steps.b.body}}'],
      },
    ],
  ]);
});

describe('no part but a request reads credentials', () => {
  const secret = 'workspace.hub.key';
  const text = `{{${secret}}}`;
  refused([
    [
      'a list of a loop',
      steps(loop('l', [call('a')], `[${secret}]`)),
      `${A}/for_each/items`,
      'cannot be used',
    ],
    [
      'a switch',
      steps(choose('s', `${secret} = "x"`, [call('a')])),
      `${A}/switch/cases/0/when`,
      'cannot be used',
    ],
    [
      'a transform',
      steps({ name: 'a', transform: { deep: [text] } }),
      `${A}/transform/deep/0`,
      'cannot be used',
    ],
    [
      "a connector's input",
      steps({ name: 'a', connector: { id: ID, input: { x: text } } }),
      `${A}/connector/input/x`,
      'cannot be used',
    ],
    ['seconds to wait', steps({ name: 'a', wait: { seconds: text } }), `${A}/wait/seconds`, 'cannot be used'],
    ['a time to wait for', steps({ name: 'a', wait: { until: text } }), `${A}/wait/until`, 'cannot be used'],
    [
      'the output of a stop',
      steps({ name: 'a', stop: { output: { x: text } } }),
      `${A}/stop/output/x`,
      'cannot be used',
    ],
    ['the key of a cache', one({ cache: { ttl_seconds: 1, key: text } }), `${A}/cache/key`, 'cannot be used'],
    [
      'a map in one piece',
      one({ response: { map: `{"a": ${secret}}` } }),
      `${A}/response/map`,
      'cannot be used',
    ],
    [
      'what a success is',
      one({ response: { success_when: secret } }),
      `${A}/response/success_when`,
      'cannot be used',
    ],
    [
      'what an error is',
      one({ response: { error_when: [{ when: secret }] } }),
      `${A}/response/error_when/0/when`,
      'cannot be used',
    ],
    [
      'the message of an error',
      one({ response: { error_when: [{ when: 'true', message: text }] } }),
      `${A}/response/error_when/0/message`,
      'cannot be used',
    ],
    ['what is retried', one({ retry: { on: { when: secret } } }), `${A}/retry/on/when`, 'cannot be used'],
    ['an assertion', one({ assert: [{ that: secret }] }), `${A}/assert/0/that`, 'cannot be used'],
    [
      'the items of a page',
      one({ pagination: { type: 'link_header', items: secret } }),
      `${A}/pagination/items`,
      'cannot be used',
    ],
    [
      'the next page',
      one({ pagination: { type: 'next_url', items: 'body', next: secret } }),
      `${A}/pagination/next`,
      'cannot be used',
    ],
    [
      'the end of a list',
      one({ pagination: { type: 'link_header', items: 'body', stop_when: secret } }),
      `${A}/pagination/stop_when`,
      'cannot be used',
    ],
  ]);
  test('a request in any place does, and the credential is known', () => {
    const nested = (name: string) => call(name, {}, { headers: { 'X-Key': `{{workspace.${name}.key}}` } });
    const { errors, credentialServices, credentialPointers } = check(
      steps(
        loop('l', [nested('one')]),
        parallel('p', [nested('two')]),
        choose('s', 'true', [nested('three')], [nested('four')]),
        { ...nested('five'), on_error: [nested('six')] },
      ),
    );
    expect(errors).toEqual([]);
    expect(credentialServices).toEqual(['five', 'four', 'one', 'six', 'three', 'two']);
    expect(credentialPointers.get('six')).toEqual(['/steps/3/on_error/0/request/headers/X-Key']);
  });
});

describe('what judges an answer sees the answer alone', () => {
  refused([
    [
      'the input in what a success is',
      one({ response: { success_when: 'input.x' } }),
      `${A}/response/success_when`,
      'starts with status, headers, body',
    ],
    [
      'a step in what an error is',
      steps(call('b'), call('a', { response: { error_when: [{ when: 'steps.b.body' }] } })),
      '/steps/1/response/error_when/0/when',
      '"steps" is unknown',
    ],
    [
      'page outside of stop_when',
      one({ pagination: { type: 'link_header', items: 'page' } }),
      `${A}/pagination/items`,
      '"page" is unknown',
    ],
    [
      'item in what is retried',
      one({ for_each: { items: 'input.l' }, retry: { on: { when: 'item.x' } } }),
      `${A}/retry/on/when`,
      'inside a loop',
    ],
  ]);
  taken([
    [
      'all of it',
      one({
        response: {
          success_when: 'body.ok and status < 300',
          error_when: [
            {
              when: 'headers."x-error" = "1"',
              class: 'rate_limit',
              code: 'slow',
              message: 'Says {{body.why ?? status}}',
            },
          ],
        },
        retry: { on: { when: 'body.again' } },
        pagination: {
          type: 'cursor',
          param: 'c',
          items: 'body.list',
          next: 'body.next',
          stop_when: '$count(items) = 0 or page > 3 or body.done',
        },
      }),
    ],
  ]);
});

describe('a part that cannot work is refused', () => {
  const paged = (pagination: object, request: object = {}) =>
    one({ pagination: { items: 'body', ...pagination } }, request);
  const page = { type: 'page', param: 'page' };
  const offset = { type: 'offset', param: 'from', page_size: 5 };
  const post = (body: object) => ({ method: 'POST', body });
  refused([
    ['a map in one piece that does not parse', one({ response: { map: '{' } }), `${A}/response/map`, 'parse'],
    ['a list that does not parse', steps(loop('l', [call('a')], '[')), `${A}/for_each/items`, 'parse'],
    ['a case that does not parse', steps(choose('s', '=', [call('a')])), `${A}/switch/cases/0/when`, 'parse'],
    ['coercion without a schema', one({ response: { coerce: true } }), `${A}/response/coerce`, 'schema'],
    [
      'coercion of the input without a schema',
      { ...one({}), coerce_input: true },
      '/coerce_input',
      'input_schema',
    ],
    [
      'a schema with an unknown type',
      one({ response: { schema: { type: 'strings' } } }),
      `${A}/response/schema/type`,
      'type',
    ],
    [
      'a schema with a remote reference',
      one({ response: { schema: { type: 'array', items: { $ref: 'https://x.example/' } } } }),
      `${A}/response/schema/items/$ref`,
      'references',
    ],
    [
      'a cache of pages',
      one({ cache: { ttl_seconds: 1 }, pagination: { type: 'link_header', items: 'body' } }),
      `${A}/cache`,
      'not cached',
    ],
    [
      'a cache key that does not parse',
      one({ cache: { ttl_seconds: 1, key: '{{(}}' } }),
      `${A}/cache/key`,
      'parse',
    ],
    [
      'a stop in a loop',
      steps(loop('l', [group('g', [{ name: 'x', stop: {} }])])),
      `${A}/steps/0/steps/0/stop`,
      'a loop',
    ],
    [
      'a stop in a parallel group',
      steps(parallel('p', [choose('s', 'true', [{ name: 'x', stop: {} }])])),
      `${A}/parallel/steps/0/switch/cases/0/steps/0/stop`,
      'a parallel group',
    ],
    [
      'a stop in what handles a failure in a loop',
      steps(loop('l', [{ ...call('a'), on_error: [{ name: 'x', stop: {} }] }])),
      `${A}/steps/0/on_error/0/stop`,
      'a loop',
    ],
    ['a wait for nothing', steps({ name: 'a', wait: {} }), `${A}/wait`, 'either'],
    [
      'a wait for two things',
      steps({ name: 'a', wait: { seconds: 1, until: '2030-01-31T08:00:00Z' } }),
      `${A}/wait`,
      'either',
    ],
    ['a wait for a word', steps({ name: 'a', wait: { seconds: 'soon' } }), `${A}/wait/seconds`, 'number'],
    ['a wait until a word', steps({ name: 'a', wait: { until: 'tomorrow' } }), `${A}/wait/until`, '2030'],
    [
      'a wait until a time somewhere',
      steps({ name: 'a', wait: { until: '2030-01-31T08:00:00' } }),
      `${A}/wait/until`,
      'zone',
    ],
    [
      'an expression in the message of a stop',
      steps({ name: 'a', stop: { status: 'failed', message: 'No {{input.x}}' } }),
      `${A}/stop/message`,
      'no expression',
    ],
    [
      'an expression in the message of an assertion',
      one({ assert: [{ that: 'steps.a.body', message: 'No {{input.x}}' }] }),
      `${A}/assert/0/message`,
      'no expression',
    ],
    [
      'pages in the map of a step without',
      one({ response: { map: { x: 'pages' } } }),
      `${A}/response/map/x`,
      '"pages"',
    ],
    ['a retry of nothing', one({ retry: { on: {} } }), `${A}/retry/on`, 'nothing'],
    [
      'a retry by an impossible header',
      one({ retry: { reset_header: 'X Reset' } }),
      `${A}/retry/reset_header`,
      'token',
    ],
    [
      'a retry of a connector by status',
      steps({ name: 'a', connector: { id: ID }, retry: { on: { statuses: [503] } } }),
      `${A}/retry/on/statuses`,
      'no status',
    ],
    ['a redacted path of nothing', one({ redact: ['name', '..'] }), `${A}/redact/1`, 'the name of a field'],
    ['a redacted path of JSONPath', one({ redact: ['$.body.x'] }), `${A}/redact/0`, 'the name of a field'],
    ['a redacted template', one({ redact: ['{{input.x}}'] }), `${A}/redact/0`, 'the name of a field'],
    [
      'an expression in the key of a transform',
      steps({ name: 'a', transform: { '{{input.k}}': 1 } }),
      `${A}/transform/{{input.k}}`,
      'not in a key',
    ],
    ['a path without auth', one({}, { url: '/people' }), `${A}/request/url`, 'name it in auth'],
    [
      'a path that is a host',
      one({}, { url: '//evil.example/x', auth: { credential: 'a' } }),
      `${A}/request/url`,
      'one "/"',
    ],
    [
      'a path with a backslash',
      one({}, { url: '/\\evil.example/x', auth: { credential: 'a' } }),
      `${A}/request/url`,
      'backslash',
    ],
    [
      'an object in a query',
      one({}, { query: { a: { b: 1 } }, query_lists: 'repeat' }),
      `${A}/request/query/a`,
      'cannot stand here',
    ],
    [
      'an object in a list of a query of pairs',
      one({}, { query: [['a', [{ b: 1 }]]] }),
      `${A}/request/query/0/1/0`,
      'cannot stand here',
    ],
    [
      'an expression in the name of a pair',
      one({}, { query: [['{{input.k}}', 1]] }),
      `${A}/request/query/0/0`,
      'not in a key',
    ],
    [
      'a pair that does not parse',
      one(
        {},
        {
          query: [
            ['a', '1'],
            ['a', '{{(}}'],
          ],
        },
      ),
      `${A}/request/query/1/1`,
      'parse',
    ],
    [
      'an object in a form with commas',
      one({}, post({ type: 'form', content: { a: { b: 1 } }, lists: 'comma' })),
      `${A}/request/body/content/a`,
      'cannot stand here',
    ],
    [
      'bytes that are not base64',
      one({}, post({ type: 'binary', base64: 'a b' })),
      `${A}/request/body/base64`,
      'not base64',
    ],
    ['a page in a body that is none', paged({ ...page, in: 'body' }), `${A}/pagination/in`, 'form'],
    [
      'a page in a body that is one expression',
      paged({ ...page, in: 'body' }, post({ type: 'json', content: '{{input.q}}' })),
      `${A}/pagination/in`,
      'object',
    ],
    [
      'a page in a body of text',
      paged({ ...page, in: 'body' }, post({ type: 'raw', content: 'x' })),
      `${A}/pagination/in`,
      'form',
    ],
    ['a page that the query has', paged(page, { query: { page: 1 } }), `${A}/pagination/param`, 'itself'],
    ['a page that the pairs have', paged(page, { query: [['page', 1]] }), `${A}/pagination/param`, 'itself'],
    ['a page that the URL has', paged(page, { url: `${URL}?a=1&page=2` }), `${A}/pagination/param`, 'itself'],
    [
      'a page that the body has',
      paged({ ...page, in: 'body' }, post({ type: 'json', content: { page: 1 } })),
      `${A}/pagination/param`,
      'itself',
    ],
    [
      'a size that the query has',
      paged({ ...offset, size_param: 'limit' }, { query: { limit: 5 } }),
      `${A}/pagination/size_param`,
      'itself',
    ],
    [
      'a size without a number',
      paged({ ...page, size_param: 'n' }),
      `${A}/pagination/size_param`,
      'page_size',
    ],
    [
      'one parameter for two',
      paged({ ...offset, size_param: 'from' }),
      `${A}/pagination/size_param`,
      'already',
    ],
  ]);
  test.each(['status', 'headers', 'body', 'error'])('a field of a transform named %s', (name) => {
    expect(check(steps({ name: 'a', transform: { [name]: 1 } })).errors).toEqual([
      { pointer: `${A}/transform/${name}`, detail: expect.stringContaining('another name') },
    ]);
  });
  test.each([...RESULT_NAMES])('a mapped field named %s', (name) => {
    expect(check(one({ response: { map: { [name]: 'body.x' } } })).errors).toEqual([
      { pointer: `${A}/response/map/${name}`, detail: expect.stringContaining('another name') },
    ]);
  });
  taken([
    [
      'a path below a base',
      one({}, { url: '/people/{{input.id}}?x={{input.x}}', auth: { credential: 'hub' } }),
    ],
    [
      'nested values with brackets',
      one({}, { query: { a: { b: [{ c: '{{input.x}}' }] } }, query_lists: 'brackets' }),
    ],
    [
      'nested values with indices, in a form',
      one({}, post({ type: 'form', content: { a: [[1], { b: 1 }] }, lists: 'indices' })),
    ],
    [
      'a name twice, as pairs',
      one(
        {},
        {
          query: [
            ['a', '1'],
            ['a', '{{input.x}}'],
          ],
        },
      ),
    ],
    ['bytes', one({}, post({ type: 'binary', base64: '{{input.file}}', content_type: 'image/png' }))],
    [
      'a list as a response',
      one({ response: { schema: { type: 'array', items: { type: 'string' } }, coerce: true } }),
    ],
    ['a response of several types', one({ response: { schema: { type: ['array', 'null'] } } })],
    [
      'a cursor with a beginning',
      paged({ type: 'cursor', param: 'cursor', next: 'body.next' }, { query: { cursor: '*' } }),
    ],
    [
      'an offset in a body',
      paged(
        { ...offset, in: 'body', size_param: 'n' },
        post({ type: 'json', content: { q: '{{input.q}}' } }),
      ),
    ],
    ['a page in a form', paged({ ...page, in: 'body' }, post({ type: 'form', content: { q: 'x' } }))],
    [
      'pages of each item',
      one({ for_each: { items: 'input.l' }, pagination: { type: 'link_header', items: 'body' } }),
    ],
    [
      'waits',
      steps(
        { name: 'a', wait: { seconds: 5 } },
        { name: 'b', wait: { seconds: '{{input.n}}' } },
        { name: 'c', wait: { until: '2030-01-31T08:00:00Z' } },
        { name: 'd', wait: { until: '{{input.at}}' } },
      ),
    ],
    [
      'a stop in a case and in what handles a failure',
      steps(
        { ...call('a'), on_error: [{ name: 'x', stop: { status: 'failed', message: 'no' } }] },
        choose('s', 'true', [{ name: 'y', stop: { output: '{{steps.a.body}}' } }]),
      ),
    ],
    ['a coerced input', { ...one({}), input_schema: { type: 'object' }, coerce_input: true }],
    [
      'redacted paths',
      one({ redact: ['ssn', 'body.customer.e-mail', 'body.items[0].x', 'body.*.x', 'body["a b"]'] }),
    ],
    ['a map in one piece', one({ response: { map: '{"a": body.x, "b": input.y}' } })],
    [
      'a map of all pages',
      one({
        response: { map: { first: 'items[0]', n: 'pages', more: 'has_more' } },
        pagination: { type: 'link_header', items: 'body' },
      }),
    ],
    [
      'a retry of a connector by class',
      steps({ name: 'a', connector: { id: ID }, retry: { on: { classes: ['timeout'] } } }),
    ],
  ]);
});

test('collects the connectors that are called, each with its places', () => {
  const sub = (name: string, id: string) => ({ name, connector: { id } });
  const other = ID.replace(/1$/, '0');
  const { connectorPointers } = check(
    steps(sub('a', ID), loop('l', [sub('b', other)]), { ...call('c'), on_error: [sub('d', ID)] }),
  );
  expect([...connectorPointers]).toEqual([
    [other, ['/steps/1/steps/0/connector/id']],
    [ID, ['/steps/0/connector/id', '/steps/2/on_error/0/connector/id']],
  ]);
});
