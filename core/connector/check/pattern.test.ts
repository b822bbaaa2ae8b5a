import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPattern } from './pattern.ts';

/** What a pattern may take on a text of the length it was given, on a slow shared core. */
const MAX_MATCH_MS = 1_000;

describe('accepts the patterns that people write', () => {
  test.each([
    '^[a-z]+(-[a-z0-9]+)*$',
    '^[^@\\s]+@[^@\\s]+\\.[a-z]+$',
    '^\\+?[1-9]\\d{1,14}$',
    '^(\\d{1,3}\\.){3}\\d{1,3}$',
    '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
    '^\\d{4}-\\d{2}-\\d{2}$',
    '^(USD|EUR|GBP)$',
    '^https?://[^/]+/.*$',
    '^#[0-9a-fA-F]{6}$',
    '^[A-Z]{2}\\d{2}(?: ?\\d{4}){3}$',
    '^\\p{L}[\\p{L} ]*$',
    '^(?<year>\\d{4})$',
    '^[a-z]+(\\.[a-z]+)*\\.(com|org)$',
    '[A-Z]{3}',
    '^x-',
    '',
    '^$',
    '^(\\+\\d{1,2}\\s?)?\\(?\\d{3}\\)?[\\s.-]?\\d{3}[\\s.-]?\\d{4}$',
    '^(ab)+$',
    '^(\\d{3})+$',
    '^[^\\]]*$',
    '^\\u{1F600}$',
  ])('%s', (source) => {
    expect(checkPattern(source)).toMatchObject({ ok: true });
  });
});

describe('refuses patterns that could run away or that it cannot judge', () => {
  test.each([
    ['(a+)+$', 'exponential'],
    ['^(a*)*$', 'exponential'],
    ['^(a|a)*$', 'exponential'],
    ['^(a|ab|b)*$', 'exponential'],
    ['^([a-z]+)*$', 'exponential'],
    ['^(?:a?b?)*$', 'exponential'],
    ['^(a?){50}$', 'exponential'],
    ['^(a?){8}$', 'same text'],
    ['^((a?){8}){8}$', 'same text'],
    ['^((ab)*c?)*$', 'exponential'],
    ['^(.*,)*$', 'exponential'],
    ['^(\\s*-\\s*)+$', 'exponential'],
    ['^(-.+)+$', 'exponential'],
    ['^(?<x>a+)+$', 'exponential'],
    [`^${'a?'.repeat(30)}$`, 'same text'],
    [`^${'(a|a)'.repeat(30)}$`, 'same text'],
    ['^.*.*.*.*$', 'same text'],
    ['^a*a*a*a*b$', 'same text'],
    ['^(?=a)', 'lookaround'],
    ['(?<!a)b', 'lookaround'],
    ['^(a)\\1$', 'backreference'],
    ['(?<n>a)\\k<n>', 'backreference'],
    ['(', 'valid'],
    ['[z-a]', 'valid'],
    ['\\q', 'valid'],
    ['a{2,1}', 'valid'],
    ['((a{100}){100}){100}', 'repeats too many'],
    ['a'.repeat(501), 'longer'],
  ])('%s', (source, word) => {
    const check = checkPattern(source);
    expect(check).toMatchObject({ ok: false, detail: expect.stringContaining(word) });
  });
});

test('gives a costly pattern less text than a cheap one', () => {
  const chars = (source: string) => {
    const check = checkPattern(source);
    return check.ok ? check.maxChars : 0;
  };
  expect(chars('^[a-z]+$')).toBe(1_048_576);
  expect(chars('[a-z]+$')).toBe(3_000);
  expect(chars('^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$')).toBe(3_000);
  expect(chars('^[a-z]+(-[a-z0-9]+)*$')).toBe(3_000);
  expect(chars('a*a*b')).toBe(220);
});

const atom = fc.constantFrom('a', 'b', '-', '[ab]', '[^b]', '.', '\\w', '\\s', '\\.', 'é');
const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?', '+?');
const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  pattern: fc
    .array(fc.array(tie('part'), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 })
    .map((alternatives) => alternatives.map((parts) => parts.join('')).join('|')),
  part: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    fc.tuple(atom, quantifier).map(([body, times]) => body + times),
    fc.tuple(tie('pattern'), quantifier).map(([body, times]) => `(?:${body})${times}`),
  ),
}));

test('a pattern that it accepts ends in time on the longest text it may be tried on', () => {
  const text = fc.tuple(
    fc.constantFrom('a', 'ab', 'aab', 'a-', '-a', 'abb', ' a', 'b', '.a'),
    fc.constantFrom('', '!', '\n', '~b'),
  );
  fc.assert(
    fc.property(fc.boolean(), pattern, text, (anchored, body, [unit, end]) => {
      const source = anchored ? `^(?:${body})$` : `(?:${body})$`;
      const check = checkPattern(source);
      fc.pre(check.ok);
      const subject = unit.repeat(Math.ceil(check.maxChars / unit.length)).slice(0, check.maxChars - 2) + end;
      const start = performance.now();
      new RegExp(source, 'u').test(subject);
      expect(performance.now() - start).toBeLessThan(MAX_MATCH_MS);
    }),
    { numRuns: 300 },
  );
}, 60_000);
