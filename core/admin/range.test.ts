import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../problem/problem.ts';
import { type Bucket, bucketStarts, RangeQuery, timeRange } from './range.ts';

const NOW = Date.parse('2026-05-02T10:30:00Z');
const iso = (time: number) => new Date(time).toISOString();
const shown = (query: RangeQuery, bucket?: Bucket) => {
  const { from, to } = timeRange(RangeQuery.parse(query), NOW, bucket);
  return [iso(from), iso(to)];
};

describe('a range of time', () => {
  it.each([
    ['nothing', {}, '2026-05-01T10:00:00.000Z', '2026-05-02T11:00:00.000Z'],
    ['a start', { from: '2026-05-02T08:10:00Z' }, '2026-05-02T08:00:00.000Z', '2026-05-02T11:00:00.000Z'],
    ['an end', { to: '2026-04-01T00:00:00Z' }, '2026-03-31T00:00:00.000Z', '2026-04-01T00:00:00.000Z'],
    [
      'an offset',
      { from: '2026-04-01T00:00:00+02:00', to: '2026-04-01T00:00:00-02:00' },
      '2026-03-31T22:00:00.000Z',
      '2026-04-01T02:00:00.000Z',
    ],
    [
      'exactly 366 days',
      { from: '2025-05-01T00:00:00Z', to: '2026-05-02T00:00:00Z' },
      '2025-05-01T00:00:00.000Z',
      '2026-05-02T00:00:00.000Z',
    ],
  ])('is taken from %s, in full hours', (_, query, from, to) => expect(shown(query)).toEqual([from, to]));

  it('may have exactly 31 days by the hour, and not a second more', () => {
    const to = '2026-05-01T00:00:00Z';
    expect(shown({ from: '2026-03-31T00:00:00Z', to }, 'hour')).toHaveLength(2);
    expect(() => shown({ from: '2026-03-30T23:59:59Z', to }, 'hour')).toThrow(Problem);
    expect(shown({ from: '2026-03-30T23:59:59Z', to }, 'day')).toHaveLength(2);
  });

  it('is never longer than what is allowed, and holds what was asked for', () => {
    const time = fc.date({ min: new Date('1990-01-01'), max: new Date('2199-12-31'), noInvalidDate: true });
    const bucket = fc.constantFrom<Bucket>('hour', 'day');
    fc.assert(
      fc.property(fc.option(time), fc.option(time), bucket, (from, to, size) => {
        const query = {
          ...(from === null ? {} : { from: from.toISOString() }),
          ...(to === null ? {} : { to: to.toISOString() }),
        };
        try {
          const range = timeRange(query, NOW, size);
          expect(range.from).toBeLessThanOrEqual(from?.getTime() ?? range.from);
          expect(range.to).toBeGreaterThanOrEqual(to?.getTime() ?? NOW);
          const starts = bucketStarts(range, size);
          expect(starts.length).toBeGreaterThan(0);
          expect(starts.length).toBeLessThanOrEqual(745);
          expect(starts[0]).toBeLessThanOrEqual(range.from);
          expect(starts.at(-1)).toBeLessThan(range.to);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          expect(error.code).toBe('invalid_request');
          expect(error.errors[0]?.pointer).toMatch(/^#query\/(from|to)$/);
        }
      }),
    );
  });
});
