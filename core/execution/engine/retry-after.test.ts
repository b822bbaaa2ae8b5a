import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retryAfterOf } from './retry-after.ts';

const NOW = Date.UTC(2026, 0, 15, 9, 30, 0);
const SECONDS = NOW / 1000;
const of = (headers: Record<string, string>, status = 429, reset?: string) =>
  retryAfterOf(headers, status, NOW, reset);

describe('how long a service asks to be left alone', () => {
  test.each<[Record<string, string>, number]>([
    [{ 'retry-after': '120' }, 120_000],
    [{ 'retry-after': 'Thu, 15 Jan 2026 09:30:37 GMT' }, 37_000],
    [{ 'retry-after': 'Thursday, 15-Jan-26 09:30:37 GMT' }, 37_000],
    [{ 'retry-after': 'Thu Jan 15 09:30:37 2026' }, 37_000],
    [{ 'retry-after': 'Thu, 15 Jan 2026 09:29:00 GMT' }, 0],
    [{ 'retry-after-ms': '1234' }, 1_234],
    [{ 'retry-after-ms': '12.5' }, 13],
    [{ 'retry-after-ms': '500', 'retry-after': '1' }, 500],
    [{ 'retry-after-ms': 'soon', 'retry-after': '1' }, 1_000],
    // Three days: longer than anybody waits.
    [{ 'retry-after': '259200' }, 86_400_000],
    [{ 'ratelimit-reset': '30' }, 30_000],
    [{ 'x-ratelimit-reset': String(SECONDS + 90) }, 90_000],
    [{ 'x-ratelimit-reset': String(NOW + 1_500) }, 1_500],
    [{ 'x-ratelimit-reset': '45' }, 45_000],
    [{ 'x-ratelimit-reset': `${SECONDS + 1}.25` }, 1_250],
    [{ 'x-ratelimit-reset': '2026-01-15T09:31:00Z' }, 60_000],
    [{ 'x-ratelimit-reset': '2026-01-15T10:31:00+01:00' }, 60_000],
    [{ 'x-rate-limit-reset': String(SECONDS + 900) }, 900_000],
    [{ 'x-ratelimit-reset-after': '1.2' }, 1_200],
    [{ 'x-ratelimit-reset-requests': '1s' }, 1_000],
    [{ 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
    [{ 'x-ratelimit-reset-requests': '120ms' }, 120],
    [{ 'x-ratelimit-reset-requests': '1h2m3.5s' }, 3_723_500],
    [{ 'anthropic-ratelimit-tokens-reset': '2026-01-15T09:30:20Z' }, 20_000],
    // What was said outright goes before what can be concluded.
    [{ 'retry-after': '5', 'x-ratelimit-reset': String(SECONDS + 900) }, 5_000],
    [{ 'retry-after': 'garbage', 'x-ratelimit-reset': '45' }, 45_000],
    // Of several limits the one that is used up, and of two such the longer.
    [
      {
        ...{ 'x-ratelimit-reset-requests': '10m', 'x-ratelimit-remaining-requests': '12' },
        ...{ 'x-ratelimit-reset-tokens': '2s', 'x-ratelimit-remaining-tokens': '0' },
      },
      2_000,
    ],
    [{ 'x-ratelimit-reset-requests': '3s', 'x-ratelimit-reset-tokens': '2s' }, 3_000],
  ])('%j is %d ms', (headers, ms) => {
    expect(of(headers)).toBe(ms);
    expect(of(headers, 503)).toBe(ms);
  });

  test.each<Record<string, string>>([
    {},
    { 'retry-after': '-5' },
    { 'retry-after': 'soon' },
    { 'retry-after-ms': '-1' },
    { 'retry-after-ms': 'NaN' },
    { 'retry-after-ms': '1e3' },
    { 'x-ratelimit-reset': '-30' },
    { 'x-ratelimit-reset': '' },
    { 'x-ratelimit-reset': String(SECONDS - 5) },
    { 'x-ratelimit-reset': String(NOW - 5) },
    { 'x-ratelimit-reset': '0x10' },
    { 'x-ratelimit-reset': '2026-01-15' },
    { 'x-ratelimit-reset': '2026-01-15T09:29:00Z' },
    { 'x-ratelimit-reset': '2026-99-99T09:29:00Z' },
    { 'x-ratelimit-reset': '90000' },
    { 'x-ratelimit-reset': String(SECONDS + 90_000) },
    { 'x-ratelimit-reset-requests': 's' },
    { 'x-ratelimit-reset-requests': '5x' },
    { 'x-ratelimit-reset': '60', 'x-ratelimit-remaining': '7' },
  ])('%j says nothing', (headers) => {
    expect(of(headers)).toBeUndefined();
  });

  test('headers of limits count in answers that refuse for that reason, and Retry-After in all', () => {
    const limits = { 'x-ratelimit-reset': '60' };
    for (const status of [200, 400, 401, 403, 404, 500, 502]) {
      expect(of(limits, status)).toBeUndefined();
      expect(of({ ...limits, 'retry-after': '1' }, status)).toBe(1_000);
    }
    // GitHub refuses with 403 when nothing is left.
    expect(of({ ...limits, 'x-ratelimit-remaining': '0' }, 403)).toBe(60_000);
    expect(of({ ...limits, 'x-ratelimit-remaining': '0' }, 404)).toBeUndefined();
  });

  test('the header that the author names goes first, in any answer', () => {
    const headers = { 'x-my-reset': '7', 'retry-after': '1' };
    expect(of(headers, 400, 'X-My-Reset')).toBe(7_000);
    expect(of({ ...headers, 'x-my-reset': String(SECONDS + 8) }, 400, 'x-my-reset')).toBe(8_000);
    expect(of({ ...headers, 'x-my-reset': 'Thu, 15 Jan 2026 09:30:09 GMT' }, 400, 'x-my-reset')).toBe(9_000);
    expect(of({ ...headers, 'x-my-reset': 'garbage' }, 400, 'x-my-reset')).toBe(1_000);
    expect(of(headers, 400, 'x-other')).toBe(1_000);
  });

  test('whatever stands there, the answer is a time of waiting up to a day, or none', () => {
    const names = [
      'retry-after',
      'retry-after-ms',
      'x-ratelimit-reset',
      'x-ratelimit-reset-requests',
      'x-mine',
    ];
    const value = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.bigInt().map(String),
      fc.date().map(String),
    );
    fc.assert(
      fc.property(fc.constantFrom(...names), value, (name, text) => {
        const ms = of({ [name]: text }, 429, 'x-mine');
        expect(ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms <= 86_400_000)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
