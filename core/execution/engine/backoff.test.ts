import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fullJitterMs, parseRetryAfter } from './backoff.ts';

describe('full jitter', () => {
  test('stays between zero and a bound that doubles until max_ms', () => {
    const retry = fc.record({ base_ms: fc.nat(60_000), max_ms: fc.nat(120_000) });
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(retry, fc.integer({ min: 1, max: 10 }), unit, (policy, failures, random) => {
        const wait = fullJitterMs(policy, failures, () => random);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(Math.min(policy.max_ms, policy.base_ms * 2 ** (failures - 1)));
      }),
    );
  });

  test.each([
    [1, 500],
    [2, 1000],
    [3, 2000],
    [7, 30_000],
  ])('after %d failures the bound is %d ms', (failures, bound) => {
    const retry = { base_ms: 500, max_ms: 30_000 };
    expect(fullJitterMs(retry, failures, () => 0)).toBe(0);
    expect(fullJitterMs(retry, failures, () => 0.5)).toBe(bound / 2);
    expect(fullJitterMs(retry, failures, () => 0.999999)).toBe(bound);
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 0);

  test.each([
    ['0', 0],
    ['120', 120_000],
    [' 5 ', 5_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
    ['Sun Nov  6 08:49:37 1994', 37_000],
    ['Sun Nov 16 08:49:00 1994', 10 * 86_400_000],
    ['Sat, 05 Nov 1994 08:49:37 GMT', 0],
  ])('%j is %d ms', (value, ms) => {
    expect(parseRetryAfter(value, now)).toBe(ms);
  });

  test('a two-digit year that is near enough is in the future', () => {
    const then = parseRetryAfter('Wednesday, 06-Nov-30 08:49:37 GMT', Date.UTC(2026, 0, 1));
    expect(then).toBe(Date.UTC(2030, 10, 6, 8, 49, 37) - Date.UTC(2026, 0, 1));
    // More than fifty years ahead means the past.
    expect(parseRetryAfter('Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(2026, 0, 1))).toBe(0);
  });

  test('asctime means GMT, wherever this runs', () => {
    const zone = process.env.TZ;
    process.env.TZ = 'America/New_York';
    try {
      expect(parseRetryAfter('Sun Nov  6 08:49:37 1994', now)).toBe(37_000);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  test.each([
    undefined,
    '',
    '-1',
    '1.5',
    '1e3',
    '0x10',
    'soon',
    'Mon, 5',
    'Monday',
    'Sun, 06 Nov 1994 08:49:37 PST',
    'Sun, 06 Nov 1994',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    '1994-11-06T08:49:37Z',
    '9'.repeat(10),
    '120, 60',
  ])('%j says nothing', (value) => {
    expect(parseRetryAfter(value, now)).toBeUndefined();
  });

  test('whatever stands there, the answer is a time of waiting or none', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const ms = parseRetryAfter(value, now);
        expect(ms === undefined || (Number.isFinite(ms) && ms >= 0)).toBe(true);
      }),
    );
  });
});
