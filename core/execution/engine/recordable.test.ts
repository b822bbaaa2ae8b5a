import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../json/json.ts';
import { MAX_RECORDED_CHARS, MAX_RECORDED_CHARS_OF_EXECUTION } from './limits.ts';
import { isAtMost, recordable, recordedCharsFor, storable } from './recordable.ts';

describe('what is recorded', () => {
  test('is the value itself when it is short', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const json: Json = JSON.parse(JSON.stringify(value));
        expect(recordable(storable(json))).toEqual(storable(json));
      }),
    );
  });

  test.each<[string, Json]>([
    ['many small values', Array.from({ length: 400_000 }, (_, index) => index)],
    [
      'many texts',
      Array.from({ length: 50_000 }, (_, index) => ({ id: index, name: `name ${index}`, tags: ['a'] })),
    ],
    [
      'many fields',
      Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key ${index}`, index])),
    ],
    ['long texts', Array.from({ length: 50 }, () => 'x'.repeat(100_000))],
    [
      'long keys',
      Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}${'k'.repeat(100_000)}`, 1])),
    ],
    ['deep lists', Array.from({ length: 2_000 }, () => Array.from({ length: 200 }, () => null))],
  ])('stays small with %s, and says that it was cut', (_, body) => {
    const recorded = recordable({ status: 200, headers: { a: 'b' }, body });
    expect(recorded).toMatchObject({ status: 200, headers: { a: 'b' } });
    const written = JSON.stringify(recorded);
    expect(written.length).toBeLessThan(MAX_RECORDED_CHARS * 2.5);
    expect(written).toMatch(/\[cut: \d+ (items|fields|characters) in all\]/);
  });

  test('keeps every field at the top, whatever the first ones take', () => {
    const recorded = recordable({ headers: { a: 'x'.repeat(70_000), ...fat() }, status: 200, body: null });
    expect(Object.keys(recorded)).toEqual(['headers', 'status', 'body']);
    expect(recorded).toMatchObject({ status: 200, body: null });
  });

  test('a cut never leaves half a character', () => {
    const recorded = recordable({ body: `x${'\u{1f600}'.repeat(40_000)}` });
    expect(recorded.body.isWellFormed()).toBe(true);
  });
});

test('what is recorded of many steps fits together, and few steps keep all that one value may have', () => {
  expect(recordedCharsFor(1)).toBe(MAX_RECORDED_CHARS);
  for (let steps = 1; steps <= 100; steps += 1) {
    expect(3 * steps * recordedCharsFor(steps)).toBeLessThanOrEqual(MAX_RECORDED_CHARS_OF_EXECUTION);
  }
});

test.each<[string, Json, boolean]>([
  ['a short text', 'abc', true],
  ['a long text', 'x'.repeat(101), false],
  ['a long name', { ['k'.repeat(101)]: 1 }, false],
  ['many small values', Array.from({ length: 26 }, () => null), false],
  ['null', null, true],
  ['parts that are large together', [{ a: 'x'.repeat(60) }, { a: 'x'.repeat(60) }], false],
])('of at most 100 characters: %s', (_, value, expected) => {
  expect(isAtMost(value, 100)).toBe(expected);
});

const fat = () =>
  Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`h${index}`, 'y'.repeat(60_000)]));
