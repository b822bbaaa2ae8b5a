import { describe, expect, it } from 'vitest';
import { cronFault, nextTime, upcomingTimes } from './cron.ts';

const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());

describe('next times', () => {
  it.each([
    ['* * * * *', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00.000Z'],
    ['*/15 * * * *', 'UTC', '2026-01-01T00:14:59.999Z', '2026-01-01T00:15:00.000Z'],
    ['30 9 * * 1', 'Europe/Berlin', '2026-01-02T00:00:00Z', '2026-01-05T08:30:00.000Z'],
    ['30 9 * * 1', 'Europe/Berlin', '2026-07-02T00:00:00Z', '2026-07-06T07:30:00.000Z'],
    ['0 0 * * *', 'America/New_York', '2026-06-01T12:00:00Z', '2026-06-02T04:00:00.000Z'],
    ['0 0 L * *', 'UTC', '2028-02-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['0 12 29 2 *', 'UTC', '2026-01-01T00:00:00Z', '2028-02-29T12:00:00.000Z'],
    ['0 0 * * 7', 'UTC', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00.000Z'],
  ])('of "%s" in %s after %s is %s', (cron, zone, after, next) => {
    expect(iso(nextTime(cron, zone, Date.parse(after)))).toBe(next);
  });

  it('keeps the wall clock time when the clocks change', () => {
    const times = upcomingTimes('0 9 * * *', 'Europe/Berlin', Date.parse('2026-03-27T12:00:00Z'), 3).map(iso);
    expect(times).toEqual([
      '2026-03-28T08:00:00.000Z',
      '2026-03-29T07:00:00.000Z',
      '2026-03-30T07:00:00.000Z',
    ]);
  });
});

describe('what is refused', () => {
  it.each([
    ['six fields: there are no seconds', '* * * * * *', 'UTC', '5 fields'],
    ['four fields', '* * * *', 'UTC', '5 fields'],
    ['nothing', '', 'UTC', '5 fields'],
    ['a nickname', '@daily', 'UTC', '5 fields'],
    ['a minute that does not exist', '60 * * * *', 'UTC', 'Invalid CRON'],
    ['words', 'a b c d e', 'UTC', 'Invalid CRON'],
    ['a day that never comes', '0 0 31 2 *', 'UTC', 'never'],
    ['a time zone that does not exist', '* * * * *', 'Mars/Olympus', 'Invalid timezone'],
  ])('%s', (_case, cron, zone, fault) => {
    expect(cronFault(cron, zone)).toContain(fault);
  });

  it('nothing that is right', () => {
    expect(cronFault('0 4 * * 1-5', 'Asia/Tokyo')).toBeUndefined();
  });
});
