import { expect, it } from 'vitest';
import { parseKeyRing } from './key-ring.ts';
import { keyedHash } from './keyed-hash.ts';

const key = (fill: number) => btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, i) => fill + i)));
const ring = (...fills: number[]) =>
  parseKeyRing(fills.map((fill) => `k${fill}:${key(fill)}`).join(','), 'KEYS');

it('is the same for the same texts, purpose and ring', async () => {
  const [one, two] = [keyedHash(ring(1), 'a'), keyedHash(ring(1), 'a')];
  expect(await one('x', 'y')).toBe(await two('x', 'y'));
  expect(await one('x', 'y')).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

it('differs by purpose, by key, and by where one text ends and the next begins', async () => {
  const texts = [['x', 'y'], ['xy'], ['x', 'y', ''], ['', 'xy']];
  const hashes = [
    ...texts.map((parts) => keyedHash(ring(1), 'a')(...parts)),
    keyedHash(ring(1), 'b')('x', 'y'),
    keyedHash(ring(2), 'a')('x', 'y'),
  ];
  expect(new Set(await Promise.all(hashes)).size).toBe(hashes.length);
});

it('outlives a rotation: a new key in front changes nothing, the end of the oldest does', async () => {
  const before = await keyedHash(ring(1), 'a')('x');
  expect(await keyedHash(ring(2, 1), 'a')('x')).toBe(before);
  expect(await keyedHash(ring(2), 'a')('x')).not.toBe(before);
});
