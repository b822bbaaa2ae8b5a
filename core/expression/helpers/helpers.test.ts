import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HELPER_FUNCTIONS } from '../builtins.ts';
import { createEvaluator, DEFAULT_LIMITS } from '../index.ts';
import { createHelpers } from './index.ts';
import { instantAt, offsetAt } from './time-zone.ts';

const evaluator = createEvaluator();
const evaluate = (source: string, context: Record<string, unknown> = {}) =>
  evaluator.expression(source, { optional: true })(context);
const never = () => undefined;
/** On a machine that is busy with other tests. */
const PROPERTY_TIMEOUT_MS = 30_000;

test('the Worker knows the names of all helpers', () => {
  const helpers = createHelpers(DEFAULT_LIMITS, { fromMillis: never, toMillis: never });
  expect(new Set(Object.keys(helpers))).toEqual(HELPER_FUNCTIONS);
});

describe('every helper', () => {
  test.each([...HELPER_FUNCTIONS].filter((name) => name !== 'uuid'))(
    '$%s has no value where its arguments have none',
    async (name) => {
      const required = ['addDuration', 'hmac'].includes(name) ? 'missing, missing' : 'missing';
      expect(await evaluate(`$${name}(${required})`)).toBeUndefined();
    },
  );

  test.each([...HELPER_FUNCTIONS].filter((name) => name !== 'toJson' && name !== 'uuid'))(
    '$%s refuses arguments of another type, also through a partial application',
    async (name) => {
      const more = ['addDuration', 'hmac'].includes(name) ? ', "x"' : '';
      const partial = `($f := $${name}(?${more}); $f({"a": 1}))`;
      for (const source of [`$${name}({"a": 1}${more})`, partial])
        await expect(evaluate(source)).rejects.toMatchObject({ code: 'template_evaluation' });
    },
  );

  test.each([
    ['$map(["a", "b"], $hash)', ['ca978112', '3e23e816']],
    ['$map(["a"], $base64UrlEncode)', ['YQ']],
    ['$map(["1", "[2]"], $fromJson)', [1, [2]]],
    ['$map([0], $formatDate)', ['1970-01-']],
    ['$map(["2026-01-01"], $parseDate)', ['2026-01-']],
  ])('%s gives each item alone', async (source, starts) => {
    const results = await evaluate(`[${source}]`);
    const shown = Array.isArray(results)
      ? results.map((item: unknown) => (typeof item === 'string' ? item.slice(0, 8) : item))
      : results;
    expect(shown).toEqual(starts);
  });

  test.each([
    ['"abc" ~> $hash("md5")', '900150983cd24fb0d6963f7d28e17f72'],
    ['($sign := $hmac("key", ?); $sign("a") = $hmac("key", "a"))', true],
    ['($day := $formatDate(?, "[Y]-[M]-[D]"); $day(0))', '1970-1-1'],
  ])('%s', async (source, expected) => expect(await evaluate(source)).toBe(expected));
});

describe('base64', () => {
  test.each([
    ['$base64encode("é€😀")', 'w6nigqzwn5iA'],
    ['$base64encode("")', ''],
    ['$base64decode("w6nigqzwn5iA")', 'é€😀'],
    ['$base64decode("4oKs\r\n4oKs")', '€€'],
    ['$base64decode("Pz8-Pw")', '??>?'],
    ['$base64UrlEncode("??>?")', 'Pz8-Pw'],
    ['$base64UrlDecode("Pz8-Pw")', '??>?'],
  ])('%s', async (source, expected) => expect(await evaluate(source)).toBe(expected));

  test.each(['/w==', 'a', 'a===', '&', 'Y=Q='])('refuses %j', async (text) => {
    await expect(evaluate('$base64decode(t)', { t: text })).rejects.toMatchObject({
      code: 'template_evaluation',
    });
  });

  test('refuses half a character, which UTF-8 has not', async () => {
    for (const name of ['base64encode', 'base64UrlEncode', 'hash'])
      await expect(evaluate(`$${name}(t)`, { t: 'a\ud83d' })).rejects.toMatchObject({
        code: 'template_evaluation',
      });
  });

  test('brings back any text', { timeout: PROPERTY_TIMEOUT_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        expect(await evaluate('$base64decode($base64encode(text))', { text })).toBe(text);
        expect(await evaluate('$base64UrlDecode($base64UrlEncode(text))', { text })).toBe(text);
        expect(await evaluate('$base64encode(text)', { text })).toBe(Buffer.from(text).toString('base64'));
      }),
      { numRuns: 200 },
    );
  });
});

describe('$hash and $hmac', () => {
  const algorithms = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];
  const encodings = ['hex', 'base64', 'base64url'] as const;

  test('are what the platform computes, for any text', { timeout: PROPERTY_TIMEOUT_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.constantFrom(...algorithms),
        fc.constantFrom(...encodings),
        async (text, key, algorithm, encoding) => {
          const context = { text, key, algorithm, encoding };
          const digest = createHash(algorithm).update(text).digest(encoding);
          expect(await evaluate('$hash(text, algorithm, encoding)', context)).toBe(digest);
          if (algorithm === 'md5') return;
          const mac = createHmac(algorithm, key).update(text).digest(encoding);
          expect(await evaluate('$hmac(key, text, algorithm, encoding)', context)).toBe(mac);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('MD5 pads texts of every length around its block', async () => {
    for (let length = 50; length < 140; length += 1) {
      const text = 'a'.repeat(length);
      const digest = createHash('md5').update(text).digest('hex');
      expect(await evaluate('$hash(text, "md5")', { text })).toBe(digest);
    }
  });

  test('a key may be bytes in hex or base64, as of a signature that derives its key', async () => {
    const first = createHmac('sha256', 'AWS4secret').update('20260301').digest();
    const second = createHmac('sha256', first).update('eu-central-1').digest('hex');
    const nested = '$hmac($hmac("AWS4secret", "20260301"), "eu-central-1", "sha256", "hex", "hex")';
    expect(await evaluate(nested)).toBe(second);
    const base64 =
      '$hmac($hmac("AWS4secret", "20260301", "sha256", ENC), "eu-central-1", "sha256", "hex", ENC)';
    for (const encoding of ['"base64"', '"base64url"'])
      expect(await evaluate(base64.replaceAll('ENC', encoding))).toBe(second);
  });

  test.each([
    '$hash("a", "md4")',
    '$hash("a", "SHA-256")',
    '$hash("a", "sha1", "latin1")',
    '$hmac("k", "a", "md5")',
    '$hmac("", "a")',
    '$hmac("abc", "a", "sha1", "hex", "hex")',
    '$hmac("%", "a", "sha1", "hex", "base64")',
    '$hmac("k", "a", "sha1", "hex", "utf8")',
  ])('%s is refused', async (source) => {
    await expect(evaluate(source)).rejects.toMatchObject({ code: 'template_evaluation' });
  });

  test('a refusal quotes neither key nor text', async () => {
    const context = { key: 'k3y', text: 't3xt', wrong: 'wr0ng' };
    for (const source of [
      '$hmac(key, text, wrong)',
      '$hmac(key, text, "sha1", "hex", "hex")',
      '$fromJson(text)',
    ])
      await expect(evaluate(source, context)).rejects.not.toThrow(/k3y|t3xt|wr0ng/);
  });
});

describe('$formatDate', () => {
  test.each([
    // both sides of the hour that is skipped, and of the one that comes twice
    ['2026-03-29T00:59:59Z', 'Europe/Berlin', '2026-03-29 01:59:59 +01:00'],
    ['2026-03-29T01:00:00Z', 'Europe/Berlin', '2026-03-29 03:00:00 +02:00'],
    ['2026-10-25T00:30:00Z', 'Europe/Berlin', '2026-10-25 02:30:00 +02:00'],
    ['2026-10-25T01:30:00Z', 'Europe/Berlin', '2026-10-25 02:30:00 +01:00'],
    ['2026-03-08T06:59:59Z', 'America/New_York', '2026-03-08 01:59:59 -05:00'],
    ['2026-03-08T07:00:00Z', 'America/New_York', '2026-03-08 03:00:00 -04:00'],
    ['2026-01-01T00:00:00Z', 'America/St_Johns', '2025-12-31 20:30:00 -03:30'],
    ['2026-01-01T00:00:00Z', 'Asia/Kathmandu', '2026-01-01 05:45:00 +05:45'],
    ['2026-01-01T00:00:00Z', 'Pacific/Kiritimati', '2026-01-01 14:00:00 +14:00'],
    ['2026-04-04T15:30:00Z', 'Australia/Lord_Howe', '2026-04-05 02:00:00 +10:30'],
    ['1880-01-01T00:00:00Z', 'Europe/Berlin', '1880-01-01 00:53:28 +00:53'],
    ['1960-01-01T00:00:00Z', 'Africa/Monrovia', '1959-12-31 23:15:30 +00:00'],
    ['2026-01-01T00:00:00Z', '+05:30', '2026-01-01 05:30:00 +05:30'],
    ['2026-01-01T00:00:00Z', '-0330', '2025-12-31 20:30:00 -03:30'],
    ['2026-01-01T00:00:00Z', 'utc', '2026-01-01 00:00:00 +00:00'],
    // without an offset, a time of the zone; a day alone is its midnight
    ['2026-07-01T12:00', 'Asia/Tokyo', '2026-07-01 12:00:00 +09:00'],
    ['2026-07-01', 'Asia/Tokyo', '2026-07-01 00:00:00 +09:00'],
    ['0001-01-01T00:00:00Z', 'Z', '0001-01-01 00:00:00 +00:00'],
  ])('%s in %s is %s', async (date, zone, expected) => {
    const picture = '[Y0001]-[M01]-[D01] [H01]:[m01]:[s01] [Z]';
    expect(await evaluate('$formatDate(date, picture, zone)', { date, picture, zone })).toBe(expected);
  });

  test.each([
    ['$formatDate(0)', '1970-01-01T00:00:00.000Z'],
    ['$formatDate(1700000000123, missing, "Europe/Berlin")', '2023-11-14T23:13:20.123+01:00'],
    ['$formatDate("2026-03-01", "[FNn], [D1o] [MNn] [Y]")', 'Sunday, 1st March 2026'],
  ])('%s is %s', async (source, expected) => expect(await evaluate(source)).toBe(expected));

  test.each([
    '$formatDate("")',
    '$formatDate("2026-13-01")',
    '$formatDate("2026-02-29")',
    '$formatDate("2026-01-01T24:00")',
    '$formatDate("2026-01-01T00:60")',
    '$formatDate("2026-01-01T00:00+24:00")',
    '$formatDate("1.3.2026")',
    '$formatDate("0000-01-01")',
    '$formatDate(1e15)',
    '$formatDate(0, "[Y]", "Mars/Olympus")',
    '$formatDate(0, "[Y]", "")',
    '$formatDate(0, "[Y]", "+2")',
  ])('%s is refused', async (source) => {
    await expect(evaluate(source)).rejects.toMatchObject({ code: 'template_evaluation' });
  });
});

test('$fromMillis knows offsets of half an hour too', async () => {
  expect(await evaluate('$fromMillis(0, "[H01]:[m01] [Z]", "-0330")')).toBe('20:30 -03:30');
  expect(await evaluate('$fromMillis(0, "[H01]:[m01] [Z]", "+0530")')).toBe('05:30 +05:30');
  expect(await evaluate('$fromMillis(0, "[H01]:[m01] [Z]", "-0500")')).toBe('19:00 -05:00');
});

describe('$parseDate', () => {
  const picture = '[D01].[M01].[Y0001] [H01]:[m01]';
  test.each([
    ['28.03.2026 12:00', 'Europe/Berlin', '2026-03-28T11:00:00.000Z'],
    ['29.03.2026 01:59', 'Europe/Berlin', '2026-03-29T00:59:00.000Z'],
    // skipped by the clocks: as long after the skip
    ['29.03.2026 02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['29.03.2026 03:00', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
    // shown twice: the first time
    ['25.10.2026 02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['25.10.2026 03:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z'],
    ['01.11.2026 01:30', 'America/New_York', '2026-11-01T05:30:00.000Z'],
    // a whole day that a zone never had
    ['30.12.2011 12:00', 'Pacific/Apia', '2011-12-30T22:00:00.000Z'],
    ['01.07.2026 00:00', 'Asia/Kolkata', '2026-06-30T18:30:00.000Z'],
  ])('%s in %s is %s', async (text, zone, expected) => {
    expect(await evaluate('$parseDate(text, picture, zone)', { text, picture, zone })).toBe(expected);
  });

  test.each([
    ['$parseDate("2026-03-01")', '2026-03-01T00:00:00.000Z'],
    ['$parseDate("2026-03-01t10:00:00.123456z")', '2026-03-01T10:00:00.123Z'],
    ['$parseDate("2026-03-01 10:00:00,5+0200")', '2026-03-01T08:00:00.500Z'],
    ['$parseDate("2026-03-01T10:00", missing, "Asia/Tokyo")', '2026-03-01T01:00:00.000Z'],
    [
      '$parseDate("Sun, 01 Mar 2026 10:00:00 +0200", "[FNn,*-3], [D01] [MNn,*-3] [Y0001] [H01]:[m01]:[s01] [Z0001]", "Asia/Tokyo")',
      '2026-03-01T08:00:00.000Z',
    ],
    [
      '$parseDate("12:30 am, March 1st, 2026", "[h]:[m01] [P], [MNn] [D1o], [Y]")',
      '2026-03-01T00:30:00.000Z',
    ],
  ])('%s is %s', async (source, expected) => expect(await evaluate(source)).toBe(expected));

  test.each([
    ['10:00 -0330', '13:30'],
    ['10:00 -03:30', '13:30'],
    ['10:00 +05:30', '04:30'],
    ['10:00 +05', '05:00'],
    ['10:00 GMT', '10:00'],
    ['10:00Z', '10:00'],
    ['10:00 UTC+02:00', '08:00'],
  ])('reads the offset of %s', async (text, expected) => {
    const source = '$parseDate("2026-03-01 " & text, "[Y0001]-[M01]-[D01] [H01]:[m01] [Z]", "Asia/Tokyo")';
    expect(await evaluate(source, { text })).toBe(`2026-03-01T${expected}:00.000Z`);
  });

  test.each([
    '$parseDate("31.02.2026", "[D01].[M01].[Y0001]")',
    '$parseDate("01.13.2026", "[D01].[M01].[Y0001]")',
    '$parseDate("01.03.2026 25:00", "[D01].[M01].[Y0001] [H01]:[m01]")',
    '$parseDate("1 March", "[D01].[M01].[Y0001]")',
    '$parseDate("29 2026", "[D01] [Y0001]")',
    '$parseDate("yesterday")',
    '$parseDate("2026-03-01T10:00", missing, "Nowhere")',
  ])('%s is refused', async (source) => {
    await expect(evaluate(source)).rejects.toMatchObject({ code: 'template_evaluation' });
  });
});

describe('$addDuration', () => {
  test.each([
    ['2026-01-31', 'P1M', 'UTC', '2026-02-28T00:00:00.000Z'],
    ['2028-02-29', 'P1Y', 'UTC', '2029-02-28T00:00:00.000Z'],
    ['2026-03-31', '-P1M', 'UTC', '2026-02-28T00:00:00.000Z'],
    ['2026-01-15', '-P2M', 'UTC', '2025-11-15T00:00:00.000Z'],
    ['2026-01-01', 'P1Y2M3W4DT5H6M7.25S', 'UTC', '2027-03-26T05:06:07.250Z'],
    ['2026-01-01', '+P2W', 'UTC', '2026-01-15T00:00:00.000Z'],
    // a day is a day of the calendar, 24 hours are 24 hours
    ['2026-03-28T12:00', 'P1D', 'Europe/Berlin', '2026-03-29T10:00:00.000Z'],
    ['2026-03-28T12:00', 'PT24H', 'Europe/Berlin', '2026-03-29T11:00:00.000Z'],
    ['2026-03-28T02:30', 'P1D', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['2026-10-25T01:30:00Z', 'PT0S', 'Europe/Berlin', '2026-10-25T01:30:00.000Z'],
    ['2026-10-25T01:30:00Z', 'PT1H', 'Europe/Berlin', '2026-10-25T02:30:00.000Z'],
    ['1969-12-31T23:00', 'P1D', 'UTC', '1970-01-01T23:00:00.000Z'],
  ])('%s and %s in %s is %s', async (date, duration, zone, expected) => {
    expect(await evaluate('$addDuration(date, duration, zone)', { date, duration, zone })).toBe(expected);
  });

  test.each([
    '',
    'P',
    'PT',
    'P1DT',
    '1D',
    'P1.5D',
    'P1H',
    'PT1D',
    'P-1D',
    'p1d',
    'P1D ',
    'P9999999999D',
    'P9999Y',
  ])('refuses the duration %j', async (duration) => {
    await expect(evaluate('$addDuration("2026-01-01", duration)', { duration })).rejects.toMatchObject({
      code: 'template_evaluation',
    });
  });
});

test('an instant goes to the clocks of any zone and back, but for the hour that they show twice', {
  timeout: PROPERTY_TIMEOUT_MS,
}, () => {
  const zones = Intl.supportedValuesOf('timeZone');
  const from = Date.UTC(1800, 0, 1);
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: from, max: Date.UTC(2100, 0, 1) }),
      (zone, millis) => {
        const instant = Math.floor(millis / 1_000) * 1_000;
        const local = instant + offsetAt(zone, instant);
        const shown = new Date(instant).toLocaleString('sv-SE', { timeZone: zone });
        expect(new Date(local).toISOString().slice(0, 19).replace('T', ' ')).toBe(shown);
        const back = instantAt(zone, local);
        expect(back).toBeLessThanOrEqual(instant);
        expect(back + offsetAt(zone, back)).toBe(local);
      },
    ),
    { numRuns: 2_000 },
  );
});

describe('JSON', () => {
  test.each([
    ['$toJson({"a": [1, "x", null, true]})', '{"a":[1,"x",null,true]}'],
    ['$toJson("say \\"hi\\"")', '"say \\"hi\\""'],
    ['$toJson([1..3])', '[1,2,3]'],
    ['$toJson(null)', 'null'],
    ['$fromJson("null")', null],
    ['$fromJson("{\\"a\\": {\\"b\\": 2}}").a.b', 2],
  ])('%s', async (source, expected) => expect(await evaluate(source)).toEqual(expected));

  test('brings back any value', { timeout: PROPERTY_TIMEOUT_MS }, async () => {
    const keys = fc.string().filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key));
    const { value: json } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0 || 0),
        fc.constant(null),
        fc.boolean(),
        fc.array(tie('value')),
        fc.dictionary(keys, tie('value'), { noNullPrototype: true }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        expect(await evaluate('$fromJson($toJson(value))', { value })).toEqual(value);
        expect(await evaluate('$toJson(value)', { value })).toBe(JSON.stringify(value));
      }),
      { numRuns: 200 },
    );
  });

  test.each(['', '{', "{'a': 1}", 'undefined', '01', 'NaN'])('refuses %j', async (text) => {
    await expect(evaluate('$fromJson(text)', { text })).rejects.toMatchObject({
      code: 'template_evaluation',
    });
  });

  test.each([
    // each before the clock and the measure of a built value would end it
    ['reads a text of too many values', '$fromJson(wide)', 'reads too large a value'],
    ['reads many texts', '$map([1..11], function(){ $count($fromJson(some)) })', 'builds too much text'],
    ['writes many texts', '$map([1..11], function(){ $length($toJson(some)) })', 'builds too much text'],
  ])('is bounded where it %s', async (_what, source, reason) => {
    const context = { wide: `[${'{},'.repeat(1_300_000)}0]`, some: `["${'a'.repeat(399_996)}"]` };
    await expect(evaluate(source, context)).rejects.toThrow(reason);
  });

  test.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s at any depth', async (key) => {
    const text = `[{"a": {"${key}": {"polluted": 1}}}]`;
    await expect(evaluate('$fromJson(text)', { text })).rejects.toMatchObject({ code: 'template_forbidden' });
  });
});

test('$uuid makes a different UUID of version 4 each time', async () => {
  const ids = await evaluate('$map([1..50], function(){ $uuid() })');
  expect(new Set(Array.isArray(ids) ? ids : []).size).toBe(50);
  for (const id of Array.isArray(ids) ? ids : [])
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
