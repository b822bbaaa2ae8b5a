import { describe, expect, test } from 'vitest';
import { mergeDefinitions } from './merge.ts';
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
    step('notify', { method: 'POST', body: { type: 'json', content: { text: 'Hello', to: 'a' } } }),
  ],
  output: { country: '{{steps.lookup.body.country}}' },
};
const [lookup, notify] = BASE.steps;
const changed = (change: object) => define({ ...BASE, ...change });
const merge = (mine: object, template: object, resolve?: 'mine' | 'template') =>
  mergeDefinitions({ base: define(BASE), mine: changed(mine), template: changed(template), resolve });

describe('both sides keep their changes', () => {
  test.each<[what: string, mine: object, template: object, merged: object]>([
    [
      'in different steps',
      { steps: [{ ...lookup, timeout_ms: 5 }, notify] },
      { steps: [lookup, { ...notify, condition: 'true' }] },
      {
        steps: [
          { ...lookup, timeout_ms: 5 },
          { ...notify, condition: 'true' },
        ],
      },
    ],
    [
      'in different fields of one step',
      { steps: [{ ...lookup, timeout_ms: 5 }, notify] },
      { steps: [step('lookup', { ...lookup?.request, url: 'https://b.example.com/' }), notify] },
      {
        steps: [
          step('lookup', { ...lookup?.request, url: 'https://b.example.com/' }, { timeout_ms: 5 }),
          notify,
        ],
      },
    ],
    [
      'in different headers and parameters',
      {
        steps: [
          step('lookup', {
            query: { number: '{{input.phone}}', a: '1' },
            headers: { Accept: 'application/json', 'X-A': '1' },
          }),
          notify,
        ],
      },
      { steps: [step('lookup', { query: { number: '{{input.phone}}', b: '2' } }), notify] },
      {
        steps: [
          step('lookup', { query: { number: '{{input.phone}}', a: '1', b: '2' }, headers: { 'X-A': '1' } }),
          notify,
        ],
      },
    ],
    [
      'in different keys of a body',
      {
        steps: [
          lookup,
          step('notify', { method: 'POST', body: { type: 'json', content: { text: 'Hi', to: 'a' } } }),
        ],
      },
      {
        steps: [
          lookup,
          step('notify', {
            method: 'POST',
            body: { type: 'json', content: { text: 'Hello', to: 'b', cc: 'c' } },
          }),
        ],
      },
      {
        steps: [
          lookup,
          step('notify', {
            method: 'POST',
            body: { type: 'json', content: { text: 'Hi', to: 'b', cc: 'c' } },
          }),
        ],
      },
    ],
    [
      'in steps of their own',
      { steps: [lookup, step('mine'), notify] },
      { steps: [step('login'), lookup, notify, step('theirs')] },
      { steps: [step('login'), lookup, step('mine'), notify, step('theirs')] },
    ],
    [
      'in a step that one renamed and the other changed',
      { steps: [{ ...lookup, name: 'find' }, notify] },
      { steps: [{ ...lookup, timeout_ms: 5 }, notify] },
      { steps: [{ ...lookup, name: 'find', timeout_ms: 5 }, notify] },
    ],
    [
      'in the order and in a step',
      { steps: [notify, lookup] },
      { steps: [lookup, { ...notify, timeout_ms: 5 }] },
      { steps: [{ ...notify, timeout_ms: 5 }, lookup] },
    ],
    [
      'in the input and what of it is required',
      {
        input_schema: {
          type: 'object',
          required: ['phone', 'a'],
          properties: { phone: { type: 'string' }, a: {} },
        },
      },
      {
        input_schema: {
          type: 'object',
          required: ['phone', 'b'],
          properties: { phone: { type: 'string' }, b: {} },
        },
      },
      {
        input_schema: {
          type: 'object',
          required: ['phone', 'a', 'b'],
          properties: { phone: { type: 'string' }, a: {}, b: {} },
        },
      },
    ],
    [
      'in a part that only one removed',
      { output: undefined },
      { steps: [lookup, { ...notify, timeout_ms: 5 }] },
      { output: undefined, steps: [lookup, { ...notify, timeout_ms: 5 }] },
    ],
    [
      'in a step that only one removed',
      { steps: [lookup] },
      { steps: [{ ...lookup, timeout_ms: 5 }, notify] },
      { steps: [{ ...lookup, timeout_ms: 5 }] },
    ],
    [
      'in a part that neither had',
      { contact_mapping: { match: ['phone'], fields: { phone: '1', a: '1' } } },
      { contact_mapping: { match: ['phone'], fields: { phone: '1', b: '2' } } },
      { contact_mapping: { match: ['phone'], fields: { phone: '1', a: '1', b: '2' } } },
    ],
  ])('%s', (_, mine, template, expected) => {
    const { merged, conflicts } = merge(mine, template);
    expect(conflicts).toEqual([]);
    expect(define(merged)).toEqual(changed(expected));
  });
});

describe('a conflict is told with its place and all three sides, and resolved as asked', () => {
  const url = (text: string) => ({ steps: [step('lookup', { ...lookup?.request, url: text }), notify] });
  test.each<[what: string, mine: object, template: object, conflicts: object[]]>([
    [
      'one field',
      url('https://mine.example.com/'),
      url('https://theirs.example.com/'),
      [
        {
          pointer: '/steps/0/request/url',
          label: 'step lookup: url',
          base: 'https://api.example.com/lookup',
          mine: 'https://mine.example.com/',
          template: 'https://theirs.example.com/',
        },
      ],
    ],
    [
      'a step that one removed and the other changed',
      { steps: [lookup] },
      { steps: [lookup, { ...notify, timeout_ms: 5 }] },
      [{ pointer: '/steps/1', label: 'step notify' }],
    ],
    [
      'a header that one removed and the other changed',
      { steps: [step('lookup', { ...lookup?.request, headers: {} }), notify] },
      { steps: [step('lookup', { ...lookup?.request, headers: { Accept: '*/*' } }), notify] },
      [
        {
          pointer: '/steps/0/request/headers/Accept',
          label: 'step lookup: header Accept',
          base: 'application/json',
          template: '*/*',
        },
      ],
    ],
    [
      'two steps of one name',
      { steps: [lookup, notify, step('same', { method: 'PUT' })] },
      { steps: [lookup, notify, step('same')] },
      [{ pointer: '/steps/2', label: 'step same' }],
    ],
    [
      'two names for one step',
      { steps: [{ ...lookup, name: 'mine' }, notify] },
      { steps: [{ ...lookup, name: 'theirs' }, notify] },
      [
        {
          pointer: '/steps/0/name',
          label: 'step lookup: name',
          base: 'lookup',
          mine: 'mine',
          template: 'theirs',
        },
      ],
    ],
    [
      'a body of another type',
      { steps: [lookup, step('notify', { method: 'POST', body: { type: 'raw', content: 'x' } })] },
      {
        steps: [
          lookup,
          step('notify', { method: 'POST', body: { type: 'json', content: { text: 'Hi', to: 'a' } } }),
        ],
      },
      [{ pointer: '/steps/1/request/body', label: 'step notify: body' }],
    ],
    [
      'two credentials for one step',
      { steps: [step('lookup', { ...lookup?.request, auth: { credential: 'mine' } }), notify] },
      { steps: [step('lookup', { ...lookup?.request, auth: { credential: 'theirs' } }), notify] },
      [{ pointer: '/steps/0/request/auth', label: 'step lookup: auth' }],
    ],
  ])('%s', (_, mine, template, expected) => {
    const { conflicts } = merge(mine, template);
    expect(conflicts).toEqual(expected.map((conflict) => expect.objectContaining(conflict)));
    for (const resolve of ['mine', 'template'] as const) {
      const { merged, conflicts: left } = merge(mine, template, resolve);
      expect(left).toEqual([]);
      expect(define(merged)).toEqual(changed(resolve === 'mine' ? mine : template));
    }
  });

  test('an order that both changed', () => {
    const order = (...names: string[]) => define({ steps: names.map((name) => step(name)) });
    const input = { base: order('a', 'b', 'c'), mine: order('c', 'a', 'b'), template: order('b', 'a', 'c') };
    expect(mergeDefinitions(input).conflicts).toMatchObject([
      { pointer: '/steps', base: ['a', 'b', 'c'], mine: ['c', 'a', 'b'], template: ['b', 'a', 'c'] },
    ]);
    expect(mergeDefinitions({ ...input, resolve: 'mine' }).merged).toEqual(input.mine);
    expect(mergeDefinitions({ ...input, resolve: 'template' }).merged).toEqual(input.template);
  });
});

describe('steps inside of steps are merged like those outside', () => {
  const nests: Record<string, (inner: object[]) => object> = {
    'a group': (inner) => ({ name: 'g', steps: inner }),
    'a parallel group': (inner) => ({ name: 'g', parallel: { steps: inner } }),
    'a case': (inner) => ({ name: 'g', switch: { cases: [{ when: 'true', steps: inner }] } }),
    'the default of a switch': (inner) => ({
      name: 'g',
      switch: { cases: [{ when: 'true', steps: [step('z')] }], default: inner },
    }),
    'what handles a failure': (inner) => step('g', {}, { on_error: inner }),
    'a group in a loop': (inner) => ({
      name: 'g',
      for_each: { items: 'input.l' },
      steps: [{ name: 'h', steps: inner }],
    }),
  };
  test.each(Object.entries(nests))('in %s', (_, nest) => {
    const of = (...inner: object[]) => define({ steps: [nest(inner)] });
    const base = of(step('a'), step('b'));
    const mine = of(step('a', {}, { timeout_ms: 5 }), step('b'), step('mine'));
    const template = of(
      step('new'),
      step('a', { url: 'https://b.example.com/' }),
      step('b', {}, { condition: 'true' }),
    );
    const { merged, conflicts } = mergeDefinitions({ base, mine, template });
    expect(conflicts).toEqual([]);
    expect(define(merged)).toEqual(
      of(
        step('new'),
        step('a', { url: 'https://b.example.com/' }, { timeout_ms: 5 }),
        step('b', {}, { condition: 'true' }),
        step('mine'),
      ),
    );
  });

  test.each(Object.entries(nests))('a conflict in %s is told at its place', (_, nest) => {
    const of = (url: string) => define({ steps: [nest([step('a', { url })])] });
    const input = {
      base: of('https://1.example/'),
      mine: of('https://2.example/'),
      template: of('https://3.example/'),
    };
    const [conflict, ...more] = mergeDefinitions(input).conflicts;
    expect(more).toEqual([]);
    expect(conflict).toMatchObject({ label: 'step a: url', mine: 'https://2.example/' });
    const at = conflict?.pointer.split('/').slice(1) ?? [];
    expect(at.reduce((value, key) => Object(value)[key], input.mine)).toBe('https://2.example/');
    expect(mergeDefinitions({ ...input, resolve: 'template' }).merged).toEqual(input.template);
  });

  test('two ways to handle a failure are not put together', () => {
    const of = (rest: object) => define({ steps: [step('g', {}, rest)] });
    const input = {
      base: of({}),
      mine: of({ on_error: [step('a')] }),
      template: of({ on_error: [step('b')] }),
    };
    expect(mergeDefinitions(input).conflicts).toMatchObject([{ pointer: '/steps/0/on_error' }]);
    expect(mergeDefinitions({ ...input, resolve: 'mine' }).merged).toEqual(input.mine);
  });
});
