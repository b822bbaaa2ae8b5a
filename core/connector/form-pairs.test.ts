import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../json/json.ts';
import { encodeForm, encodeQuery, flatPairs, writePairs } from './form-pairs.ts';
import type { ListStyle } from './schema.ts';

const query = (values: JsonObject | [string, Json][], style?: ListStyle) =>
  writePairs(flatPairs(values, 'query', style), encodeQuery);
/** Brackets and commas that are not encoded, for reading. */
const plain = (text: string) => text.replaceAll('%5B', '[').replaceAll('%5D', ']');

/** Reads what a server does: Rack's and qs's rules for brackets, a list at each unencoded comma where it is asked for. */
function decode(text: string, style: ListStyle): JsonObject {
  const result: JsonObject = {};
  for (const pair of text === '' ? [] : text.split('&')) {
    const [rawName = '', rawValue = ''] = pair.split('=');
    const read = (part: string) => decodeURIComponent(part.replaceAll('+', ' '));
    const name = read(rawName);
    if (style === 'comma') {
      const values = rawValue.split(',').map(read);
      result[name] = values.length === 1 ? (values[0] ?? '') : values;
    } else if (style === 'repeat') {
      const before = result[name];
      const value = read(rawValue);
      result[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
    } else {
      const path = /^([^[]*)((?:\[[^[\]]*\])*)$/.exec(name);
      const keys = [...(path?.[2] ?? '').matchAll(/\[([^[\]]*)\]/g)].map(([, key = '']) => key);
      put(result, path?.[1] ?? '', keys, read(rawValue));
    }
  }
  return listed(result) as JsonObject;
}

function put(target: JsonObject, key: string, rest: readonly string[], value: string): void {
  const [next, ...deeper] = rest;
  if (next === undefined) {
    target[key] = value;
  } else if (next === '') {
    target[key] ??= [];
    const list = target[key] as Json[];
    const last = list.at(-1);
    const [field, ...below] = deeper;
    if (field === undefined) list.push(value);
    else if (typeof last === 'object' && last !== null && !has(last as JsonObject, [field, ...below]))
      put(last as JsonObject, field, below, value);
    else {
      const item: JsonObject = {};
      list.push(item);
      put(item, field, below, value);
    }
  } else {
    target[key] ??= {};
    put(target[key] as JsonObject, next, deeper, value);
  }
}

/** Rack: a name with a list in it never begins a new object. */
function has(target: JsonObject, path: readonly string[]): boolean {
  if (path.includes('')) return false;
  let at: Json | undefined = target;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return false;
    at = at[key];
  }
  return true;
}

/** qs: an object whose keys count from 0 is a list. */
function listed(value: Json): Json {
  if (Array.isArray(value)) return value.map(listed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, listed(item)] as const);
  const counts = entries.length > 0 && entries.every(([key], index) => key === String(index));
  return counts ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom(...'[]&=,+%#?; a') }),
);
const key = fc.string({ unit: fc.constantFrom(...'abcé.& =+,%-_'), minLength: 1 });
const fields = <T>(value: fc.Arbitrary<T>) => fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 });
/** Two at least, for one value and a list of one are the same on the wire. */
const several = fc.array(text, { minLength: 2, maxLength: 4 });
const leaf = fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 4 }));
const nested = fc.letrec<{ value: Json; object: JsonObject; list: Json[] }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, text, tie('object'), tie('list')),
  object: fields(tie('value')),
  list: fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
}));
/** Objects that begin with the same plain field, as a list of records does. */
const records = fc.array(
  fc
    .tuple(text, fc.option(fields(leaf)))
    .map(([id, more]): JsonObject => ({ id, ...(more ? { more } : {}) })),
  { minLength: 1, maxLength: 4 },
);

describe('what a server reads back is what went in', () => {
  test.each<[ListStyle, fc.Arbitrary<JsonObject>]>([
    ['repeat', fields<Json>(fc.oneof(text, several))],
    ['comma', fields<Json>(fc.oneof(text, several))],
    ['brackets', fields<Json>(fc.oneof(leaf, records, fields(leaf), fields(records)))],
    ['indices', fields(nested.value)],
  ])('%s, in a query and in a form', (style, values) => {
    fc.assert(
      fc.property(values, (value) => {
        const pairs = flatPairs(value, 'query', style);
        for (const encode of [encodeQuery, encodeForm])
          expect(decode(writePairs(pairs, encode), style)).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  test('pairs keep their order, and names that stand more than once', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
        expect([...new URLSearchParams(query(pairs))]).toEqual(
          pairs.map(([name, value]) => [name.toWellFormed(), value.toWellFormed()]),
        );
      }),
    );
  });
});

describe('lists and objects', () => {
  test.each<[ListStyle | undefined, JsonObject, string]>([
    [undefined, { a: [1, 'b', false], c: 2 }, 'a=1&a=b&a=false&c=2'],
    ['repeat', { a: [1, null, 2] }, 'a=1&a=2'],
    ['brackets', { a: [1, null, 2], b: { c: { d: 3 }, e: [4] } }, 'a[]=1&a[]=2&b[c][d]=3&b[e][]=4'],
    ['brackets', { a: [{ b: 1, c: [2] }, { b: 3 }] }, 'a[][b]=1&a[][c][]=2&a[][b]=3'],
    ['indices', { a: [1, null, { b: [2] }, [3]] }, 'a[0]=1&a[1][b][0]=2&a[2][0]=3'],
    ['comma', { a: [1, null, 'x,y'], b: [null], c: 'd,e' }, 'a=1,x%2Cy&c=d%2Ce'],
    ['indices', { a: [], b: {}, c: [[]], d: null }, ''],
  ])('%s: %j is %s', (style, values, expected) => {
    expect(plain(query(values, style))).toBe(expected);
  });

  test.each<[ListStyle | undefined, Json]>([
    [undefined, {}],
    [undefined, [{}]],
    [undefined, [[1]]],
    ['repeat', { a: 1 }],
    ['comma', { a: 1 }],
    ['comma', [[1]]],
    ['comma', [{ a: 1 }]],
    ['brackets', [[1]]],
    ['brackets', [{ a: 1 }, { b: 1 }]],
    ['brackets', [{ a: [1] }, { a: [2] }]],
    ['brackets', [{ a: 1 }, {}]],
    ['brackets', { '': 1 }],
    ['brackets', { 'a]': 1 }],
    ['indices', { 'a[b': 1 }],
  ])('%s refuses %j, with its name', (style, value) => {
    expect(() => query({ name: value }, style)).toThrow('query.name');
  });
});
