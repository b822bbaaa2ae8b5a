import { describe, expect, test } from 'vitest';
import { diffDefinitions } from './diff.ts';
import { define } from './testing.ts';

const step = (name: string, request: object = {}, rest: object = {}) => ({
  name,
  request: { url: `https://api.example.com/${name}`, ...request },
  ...rest,
});
const BASE = {
  input_schema: { type: 'object', required: ['phone'], properties: { phone: { type: 'string' } } },
  steps: [
    step('lookup', { query: { number: '{{input.phone}}' }, headers: { Accept: 'application/json' } }),
    step('notify', { method: 'POST', body: { type: 'json', content: { text: 'Hello', to: ['a'] } } }),
    step('log', {}, { response: { map: { id: 'body.id' } } }),
  ],
  output: { country: '{{steps.lookup.body.country}}' },
};
const [lookup, notify, log] = BASE.steps;
const changed = (change: object) => define({ ...BASE, ...change });

describe('a difference is told with its place, in words', () => {
  test.each<[what: string, after: ReturnType<typeof define>, changes: object[]]>([
    ['nothing', changed({}), []],
    [
      'a URL',
      changed({
        steps: [{ ...lookup, request: { ...lookup?.request, url: 'https://b.example.com/' } }, notify, log],
      }),
      [
        {
          kind: 'changed',
          pointer: '/steps/0/request/url',
          label: 'step lookup: url',
          before: 'https://api.example.com/lookup',
          after: 'https://b.example.com/',
        },
      ],
    ],
    [
      'query and headers, by name',
      changed({
        steps: [
          step('lookup', { query: { number: '{{input.phone}}', format: '1' }, headers: { 'X-A': 'b' } }),
          notify,
          log,
        ],
      }),
      [
        {
          kind: 'added',
          pointer: '/steps/0/request/query/format',
          label: 'step lookup: query format',
          after: '1',
        },
        {
          kind: 'added',
          pointer: '/steps/0/request/headers/X-A',
          label: 'step lookup: header X-A',
          after: 'b',
        },
        {
          kind: 'removed',
          pointer: '/steps/0/request/headers/Accept',
          label: 'step lookup: header Accept',
          before: 'application/json',
        },
      ],
    ],
    [
      'a part of a body',
      changed({
        steps: [
          lookup,
          step('notify', { method: 'POST', body: { type: 'json', content: { text: 'Hi', to: ['a'] } } }),
          log,
        ],
      }),
      [
        {
          kind: 'changed',
          pointer: '/steps/1/request/body/content/text',
          label: 'step notify: body content.text',
          before: 'Hello',
          after: 'Hi',
        },
      ],
    ],
    [
      'a body of another type, as a whole',
      changed({
        steps: [lookup, step('notify', { method: 'POST', body: { type: 'raw', content: 'Hi' } }), log],
      }),
      [
        {
          kind: 'changed',
          pointer: '/steps/1/request/body',
          label: 'step notify: body',
          after: { type: 'raw', content: 'Hi' },
        },
      ],
    ],
    [
      'a retry policy, as a whole',
      changed({ steps: [lookup, notify, { ...log, retry: { max_attempts: 5, base_ms: 1, max_ms: 2 } }] }),
      [
        {
          kind: 'added',
          pointer: '/steps/2/retry',
          label: 'step log: retry',
          after: { max_attempts: 5, base_ms: 1, max_ms: 2, max_elapsed_ms: 300_000 },
        },
      ],
    ],
    [
      'a response map and a condition',
      changed({
        steps: [lookup, notify, { ...log, condition: 'true', response: { map: { id: 'body.uid' } } }],
      }),
      [
        { kind: 'added', pointer: '/steps/2/condition', label: 'step log: condition', after: 'true' },
        {
          kind: 'changed',
          pointer: '/steps/2/response/map/id',
          label: 'step log: result id',
          before: 'body.id',
          after: 'body.uid',
        },
      ],
    ],
    [
      'a new step before the others, which have not changed',
      changed({ steps: [step('login'), lookup, notify, log] }),
      [{ kind: 'added', pointer: '/steps/0', label: 'step login' }],
    ],
    [
      'a step that is gone',
      changed({ steps: [lookup, log] }),
      [{ kind: 'removed', pointer: '/steps/1', label: 'step notify' }],
    ],
    [
      'a step that was renamed',
      changed({ steps: [{ ...lookup, name: 'find' }, notify, log] }),
      [
        {
          kind: 'changed',
          pointer: '/steps/0/name',
          label: 'step lookup: name',
          before: 'lookup',
          after: 'find',
        },
      ],
    ],
    [
      'a step that was renamed and changed, but makes the same call',
      changed({ steps: [{ ...lookup, name: 'find', timeout_ms: 5 }, notify, log] }),
      [
        { kind: 'changed', label: 'step lookup: name', after: 'find' },
        { kind: 'changed', label: 'step lookup: timeout ms', before: 30_000, after: 5 },
      ],
    ],
    [
      'a step that was moved, and only that one',
      changed({ steps: [log, lookup, notify] }),
      [{ kind: 'changed', pointer: '/steps/0', label: 'step log: position', before: 2, after: 0 }],
    ],
    [
      'the input, the output and the contact mapping',
      changed({
        input_schema: {
          type: 'object',
          required: ['phone', 'a'],
          properties: { phone: { type: 'number' }, a: {} },
        },
        output: undefined,
        contact_mapping: { match: ['phone'], fields: { phone: '1' } },
      }),
      [
        { kind: 'changed', pointer: '/input_schema/required', label: 'input schema: required' },
        { kind: 'changed', pointer: '/input_schema/properties/phone/type', label: 'input phone: type' },
        { kind: 'added', pointer: '/input_schema/properties/a', label: 'input a' },
        { kind: 'added', pointer: '/contact_mapping', label: 'contact mapping' },
        { kind: 'removed', pointer: '/output', label: 'output' },
      ],
    ],
  ])('%s', (_, after, changes) => {
    const found = diffDefinitions(define(BASE), after);
    expect(found).toHaveLength(changes.length);
    expect(found).toEqual(expect.arrayContaining(changes.map((change) => expect.objectContaining(change))));
  });
});

test('a key with marks of JSON pointers in it is escaped', () => {
  const before = define({ steps: [step('a')] });
  const after = define({ steps: [step('a', { query: { 'a/b~c': '1' } })], output: { 'x/y': 1 } });
  expect(diffDefinitions(before, after).map(({ pointer }) => pointer)).toEqual([
    '/steps/0/request/query',
    '/output',
  ]);
  const again = define({ ...after, output: { 'x/y': 2 } });
  expect(diffDefinitions(after, again).map(({ pointer }) => pointer)).toEqual(['/output/x~1y']);
});

describe('a difference inside of steps is told at its place, by the name of the inner step', () => {
  const nests: Record<string, (inner: object[]) => [steps: object[], place: string]> = {
    'a group': (inner) => [[{ name: 'g', steps: inner }], '/steps/0/steps'],
    'a loop': (inner) => [[{ name: 'g', for_each: { items: 'input.l' }, steps: inner }], '/steps/0/steps'],
    'a parallel group': (inner) => [[{ name: 'g', parallel: { steps: inner } }], '/steps/0/parallel/steps'],
    'a case': (inner) => [
      [{ name: 'g', switch: { cases: [{ when: 'true', steps: inner }] } }],
      '/steps/0/switch/cases/0/steps',
    ],
    'the default of a switch': (inner) => [
      [{ name: 'g', switch: { cases: [{ when: 'true', steps: [step('z')] }], default: inner } }],
      '/steps/0/switch/default',
    ],
    'what handles a failure': (inner) => [[step('g', {}, { on_error: inner })], '/steps/0/on_error'],
    'a group in a group': (inner) => [
      [{ name: 'g', steps: [{ name: 'h', steps: inner }] }],
      '/steps/0/steps/0/steps',
    ],
  };
  test.each(Object.entries(nests))('in %s', (_, nest) => {
    const [before] = nest([step('a'), step('e'), step('b'), step('c')]);
    const [after, place] = nest([
      step('c'),
      step('a', { url: 'https://b.example.com/' }, { timeout_ms: 5 }),
      step('e'),
      step('d', { method: 'DELETE' }),
    ]);
    const changes = diffDefinitions(define({ steps: before }), define({ steps: after }));
    expect(changes.map((change) => [change.kind, change.pointer, change.label])).toEqual([
      ['changed', `${place}/0`, 'step c: position'],
      ['changed', `${place}/1/request/url`, 'step a: url'],
      ['changed', `${place}/1/timeout_ms`, 'step a: timeout ms'],
      ['added', `${place}/3`, 'step d'],
      ['removed', `${place}/2`, 'step b'],
    ]);
  });

  test('a case more shows all cases', () => {
    const cases = (...names: string[]) =>
      define({
        steps: [
          { name: 'g', switch: { cases: names.map((name) => ({ when: 'true', steps: [step(name)] })) } },
        ],
      });
    expect(diffDefinitions(cases('a'), cases('a', 'b'))).toMatchObject([
      { kind: 'changed', pointer: '/steps/0/switch/cases', label: 'step g: switch cases' },
    ]);
  });

  test('a pagination of another type shows as a whole, one of the same by its fields', () => {
    const paged = (pagination: object) =>
      define({ steps: [step('a', {}, { pagination: { items: 'body', ...pagination } })] });
    const before = paged({ type: 'page', param: 'p' });
    expect(diffDefinitions(before, paged({ type: 'link_header' }))).toMatchObject([
      { pointer: '/steps/0/pagination' },
    ]);
    expect(diffDefinitions(before, paged({ type: 'page', param: 'q' }))).toMatchObject([
      { pointer: '/steps/0/pagination/param', label: 'step a: pagination param' },
    ]);
  });
});
