import { expect, it } from 'vitest';
import { parseBigint, parseNumeric, parseTimestamp } from './values.ts';

it.each([
  ['2026-01-02 03:04:05+00', '2026-01-02T03:04:05+00:00'],
  ['2026-01-02 03:04:05.123456+00', '2026-01-02T03:04:05.123456+00:00'],
  ['2026-01-02 03:04:05.1+05:30', '2026-01-02T03:04:05.1+05:30'],
  ['2026-01-02 03:04:05-0330', '2026-01-02T03:04:05-03:30'],
  ['2026-01-02 03:04:05', '2026-01-02T03:04:05'],
  ['12026-01-02 03:04:05', '12026-01-02T03:04:05'],
  ['infinity', 'infinity'],
  ['-infinity', '-infinity'],
  ['0044-03-15 12:00:00+00 BC', '0044-03-15 12:00:00+00 BC'],
])('writes the time %j as %j', (text, expected) => {
  expect(parseTimestamp(text)).toBe(expected);
});

it.each([
  ['1.50', 1.5],
  ['0', 0],
  ['-12345678901234567890.5', -12345678901234567000],
  ['NaN', 'NaN'],
  ['Infinity', 'Infinity'],
])('writes the numeric %j as %j', (text, expected) => {
  expect(parseNumeric(text)).toBe(expected);
});

it.each([
  ['42', 42],
  ['-9007199254740991', -9007199254740991],
  ['9007199254740993', '9007199254740993'],
])('writes the bigint %j as %j', (text, expected) => {
  expect(parseBigint(text)).toBe(expected);
});
