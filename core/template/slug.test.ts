import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slugOf } from './slug.ts';

test.each([
  ['Jira: new issue', 'jira-new-issue'],
  ['  Größe & Länge (v2) ', 'gro-e-lange-v2'],
  ['Café', 'cafe'],
  ['电话', ''],
  ['---', ''],
  [`${'a'.repeat(63)} b`, 'a'.repeat(63)],
])('a slug of %j is %j', (name, slug) => expect(slugOf(name)).toBe(slug));

test('a slug of any name is empty or can stand in an address', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) =>
      /^(?:[a-z0-9][a-z0-9-]{0,63})?$/.test(slugOf(name)),
    ),
  );
});
