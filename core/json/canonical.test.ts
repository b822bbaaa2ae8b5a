import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from './canonical.ts';

it('is the same for objects that differ in the order of their keys only', () => {
  expect(canonicalJson({ b: [1, { d: null, c: '' }], a: true })).toBe('{"a":true,"b":[1,{"c":"","d":null}]}');
  expect(canonicalJson(JSON.parse('{"z":1,"10":2,"9":3}'))).toBe('{"10":2,"9":3,"z":1}');
});

it('is JSON that says the same, and differs where the documents differ', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      const [left, right] = [JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other))];
      expect(JSON.parse(canonicalJson(left))).toEqual(left);
      expect(canonicalJson(left) === canonicalJson(right)).toBe(isSame(left, right));
    }),
  );
});

function isSame(left: unknown, right: unknown): boolean {
  try {
    expect(left).toEqual(right);
    return true;
  } catch {
    return false;
  }
}
