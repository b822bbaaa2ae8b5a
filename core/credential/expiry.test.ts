import { describe, expect, it } from 'vitest';
import { EXPIRY_WARNING_DAYS, ExpiresAt, expiryAt } from './expiry.ts';

const END = '2027-01-31T00:00:00+00:00';
const SECOND = 1000;
const WARNING = EXPIRY_WARNING_DAYS * 86_400 * SECOND;

describe('the expiry of a credential', () => {
  it.each([
    ['a second before the warning', WARNING + SECOND, 'ok'],
    ['when the warning starts', WARNING, 'expires_soon'],
    ['a second before the end', SECOND, 'expires_soon'],
    ['at the end', 0, 'expired'],
    ['long after the end', -WARNING, 'expired'],
  ])('%s', (_, left, status) => {
    expect(expiryAt(END, Date.parse(END) - left)).toEqual({ status, expires_at: END });
  });

  it('is null when no end is known', () => expect(expiryAt(null, 0)).toBeNull());

  it.each(['2027-01-31T00:00:00Z', '2027-01-31T00:00:00.123+05:30', '2001-01-01T00:00:00Z'])(
    'may be %s',
    (text) => expect(ExpiresAt.safeParse(text).success).toBe(true),
  );
  it.each([
    '',
    'soon',
    '2027-01-31',
    '2027-01-31T00:00:00',
    '2027-02-30T00:00:00Z',
    '2027-01-31T25:00:00Z',
    '1999-12-31T23:59:59Z',
    '2200-01-01T00:00:00Z',
    '9999-12-31T23:59:59-23:00',
    '0000-01-01T00:00:00Z',
    1_800_000_000,
  ])('may not be %j', (text) => expect(ExpiresAt.safeParse(text).success).toBe(false));
});
