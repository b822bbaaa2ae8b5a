import { describe, expect, it } from 'vitest';
import { MAX_JSON_DEPTH } from './json.ts';
import { findBodyFlaw } from './storable.ts';

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

describe('a body that must not be taken in', () => {
  it.each([
    ['a NUL in a value', '{"a":{"b":["x\\u0000"]}}', '/a/b/0'],
    ['a NUL in a key', '{"a":{"\\u0000":1}}', '/a'],
    ['half of a surrogate pair', '{"a":"\\ud800"}', '/a'],
    ['a number beyond a double', '{"a":[1e999]}', '/a/0'],
    ['a key that reaches a prototype', '{"a":{"__proto__":{}}}', '/a/__proto__'],
    ['another such key', '{"constructor":1}', '/constructor'],
    ['a NUL as the whole body', '"\\u0000"', ''],
  ])('is found with its pointer: %s', (_, text, pointer) => {
    expect(findBodyFlaw(JSON.parse(text))).toMatchObject({ pointer });
  });

  it('is found when it nests deeper than the limit, however deep, without running out of stack', () => {
    expect(findBodyFlaw(nested(MAX_JSON_DEPTH))).toBeUndefined();
    expect(findBodyFlaw(nested(MAX_JSON_DEPTH + 1))).toBeDefined();
    expect(findBodyFlaw(nested(200_000))).toBeDefined();
  });
});

it('lets every other JSON value through', () => {
  expect(findBodyFlaw(JSON.parse('{"a":[null,true,0.1,1e308,"\\ud83d\\ude00",{"":""}]}'))).toBeUndefined();
});
