import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flatPairs } from '../../connector/form-pairs.ts';
import { createEvaluator } from '../../expression/index.ts';
import type { Json } from '../../json/json.ts';
import { renderUrl, withQuery } from './render-url.ts';

const evaluator = createEvaluator();
const render = (template: string, input: Json) => renderUrl(template, evaluator, { input });

describe('a URL template', () => {
  test.each<[string, Json, string]>([
    ['https://api.example.com/v1', {}, 'https://api.example.com/v1'],
    [
      'https://api.example.com/u/{{input.id}}/x',
      { id: 'a/b?c#d' },
      'https://api.example.com/u/a%2Fb%3Fc%23d/x',
    ],
    ['https://api.example.com/{{input.id}}', { id: 7 }, 'https://api.example.com/7'],
    ['https://api.example.com/a-{{input.id}}.json', { id: '..' }, 'https://api.example.com/a-...json'],
    [
      'https://api.example.com/?q={{input.q}}&x=1',
      { q: 'a&b=c d+e' },
      'https://api.example.com/?q=a%26b%3Dc%20d%2Be&x=1',
    ],
    ['https://{{input.region}}.example.com/x', { region: 'eu-west.1' }, 'https://eu-west.1.example.com/x'],
    ['https://{{input.host}}/x', { host: 'a.example:8443' }, 'https://a.example:8443/x'],
    ['https://a.example:{{input.port}}/x', { port: 8443 }, 'https://a.example:8443/x'],
    ['{{input.base}}/x', { base: 'https://a.example/v1/' }, 'https://a.example/v1/x'],
    ['{{input.base}}', { base: 'https://a.example' }, 'https://a.example'],
    ['{{input.base}}?a={{input.q}}', { base: 'https://a.example/x', q: 'ü' }, 'https://a.example/x?a=%C3%BC'],
    ['https://a.example/x#{{input.q}}', { q: 'never travels' }, 'https://a.example/x'],
    ['https://a.example/x?y#z{{input.q}}/{{input.q}}', { q: '1' }, 'https://a.example/x?y'],
    // An expression that holds what ends a part of a URL, or the end of an expression.
    ['https://{{ input.a ? {"x": {"y": "h"}}.x.y : "/?#" }}.example/p', { a: 1 }, 'https://h.example/p'],
    ['https://a.example/{{ $substringBefore(input.a, "?") }}/b?c', { a: 'x?y' }, 'https://a.example/x/b?c'],
  ])('%s with %j', async (template, input, url) => {
    expect(await render(template, input)).toBe(url);
  });

  test.each<[string, string, Json]>([
    ['a host that is none', 'https://{{input.v}}/', { v: 'a.example/x' }],
    ['user information', 'https://{{input.v}}/', { v: 'user@evil.example' }],
    ['user information before a host', 'https://{{input.v}}.example.com/', { v: 'evil.example#' }],
    // What an expression's own text holds does not end the authority that it stands in.
    [
      'user information after an expression',
      'https://{{ input.v ? "h" : "/?#" }}.{{input.v}}/x',
      { v: '@evil.example' },
    ],
    ['a backslash', 'https://{{input.v}}.example.com/', { v: 'evil.example\\' }],
    ['a line break', 'https://{{input.v}}/', { v: 'a.example\n' }],
    ['an empty host', 'https://{{input.v}}/', { v: '' }],
    ['an object as host', 'https://{{input.v}}/', { v: {} }],
    ['a query in the base', '{{input.v}}/x', { v: 'https://a.example/?b=c' }],
    ['an empty query in the base', '{{input.v}}/x', { v: 'https://a.example/?' }],
    ['a fragment in the base', '{{input.v}}/x', { v: 'https://a.example/#b' }],
    ['an empty fragment in the base', '{{input.v}}/x', { v: 'https://a.example/#' }],
    ['a base that is no URL', '{{input.v}}/x', { v: 'a.example' }],
    ['a base that is no text', '{{input.v}}/x', { v: 7 }],
    ['a base that goes on as a host', '{{input.v}}.evil.example/x', { v: 'https://a.example' }],
    ['an empty path segment', 'https://a.example/u/{{input.v}}', { v: '' }],
    ['a segment that climbs', 'https://a.example/u/{{input.v}}/x', { v: '..' }],
    ['a segment that stays', 'https://a.example/u/{{input.v}}/x', { v: '.' }],
    ['a segment that climbs when encoded', 'https://a.example/u/{{input.v}}%2e/x', { v: '.' }],
    ['an array as segment', 'https://a.example/{{input.v}}', { v: [1] }],
    ['half a character', 'https://a.example/{{input.v}}', { v: '\ud800' }],
  ])('refuses %s', async (_, template, input) => {
    await expect(render(template, input)).rejects.toThrow(/input\.v|url:/);
  });

  const value = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.string({ unit: fc.constantFrom(...'/?#&=@:.\\%+ ;a\n'), minLength: 1 }),
  );

  test('no value leaves its path segment', async () => {
    await fc.assert(
      fc.asyncProperty(value, async (v) => {
        const rendered = await render('https://api.example.com/a/x{{input.v}}x/b?q=1', { v }).catch(
          () => null,
        );
        if (rendered === null) return;
        const url = new URL(rendered);
        expect([url.host, url.username, url.search, url.hash]).toEqual(['api.example.com', '', '?q=1', '']);
        const segments = url.pathname.split('/');
        expect([segments.length, segments[1], segments[3]]).toEqual([4, 'a', 'b']);
        expect(decodeURIComponent(segments[2] ?? '')).toBe(`x${v}x`);
      }),
    );
  });

  test('no value leaves its query value, in the URL or beside it', async () => {
    await fc.assert(
      fc.asyncProperty(value, async (v) => {
        const rendered = withQuery(await render('https://api.example.com/?a={{input.v}}&b=1', { v }), {
          c: v,
          d: 2,
        });
        const url = new URL(rendered);
        expect([url.host, url.pathname, url.hash]).toEqual(['api.example.com', '/', '']);
        expect([...url.searchParams]).toEqual([
          ['a', v],
          ['b', '1'],
          ['c', v],
          ['d', '2'],
        ]);
      }),
    );
  });

  test('no value leaves its part of the authority', async () => {
    await fc.assert(
      fc.asyncProperty(value, async (v) => {
        const rendered = await render('https://{{input.v}}.example.com/p', { v }).catch(() => null);
        if (rendered === null || !URL.canParse(rendered)) return;
        const url = new URL(rendered);
        expect(url.hostname.endsWith('.example.com')).toBe(true);
        expect([url.username, url.password, url.pathname, url.search]).toEqual(['', '', '/p', '']);
      }),
    );
  });
});

describe('query and form values', () => {
  test.each<[string, Record<string, Json>, string]>([
    ['texts, numbers and booleans', { a: 'x y', b: 1.5, c: true }, '?a=x%20y&b=1.5&c=true'],
    ['a list repeats its name', { a: [1, 'b', false] }, '?a=1&a=b&a=false'],
    ['null is left out, alone and in a list', { a: null, b: [null, 1] }, '?b=1'],
    ['an empty text stays', { a: '' }, '?a='],
    ['an empty list is left out', { a: [] }, ''],
    ['names are encoded', { 'a&b[]': '=' }, '?a%26b%5B%5D=%3D'],
    ['sub-delimiters are encoded', { a: "!'()*" }, '?a=%21%27%28%29%2A'],
  ])('%s', (_, query, expected) => {
    expect(withQuery('https://a.example/', query)).toBe(`https://a.example/${expected}`);
  });

  test('are added to those of the URL', () => {
    expect(withQuery('https://a.example/?x=1', { a: 1 })).toBe('https://a.example/?x=1&a=1');
  });

  test.each<[string, Json]>([
    ['an object', {}],
    ['an object in a list', [{}]],
    ['a list in a list', [[1]]],
  ])('%s is refused, with its name', (_, value) => {
    expect(() => flatPairs({ name: value }, 'query')).toThrow('query.name');
  });
});
