/*
 * Requirement → test
 * by value: raw, base64 and base64url at every alignment, URL, form, JSON, XML, hex ... text: ENCODERS × SECRETS, and any
 * by value in keys, numbers, nested data ............................................ value: "hides by value ..."
 * by key, without case, - and _ ..................................................... value: "hides the field ..."
 * by query parameter and user information of URLs ................................... value: "hides the secrets of the URL ..."
 * short secrets only as whole values; overlaps covered; linear time ................. text
 */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createRedactor, REDACTED } from './index.ts';

vi.setConfig({ testTimeout: 60_000 });
/** Of this process: other work on the machine does not count. */
const cpuMs = () => process.cpuUsage().user / 1000;

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');

/** How a secret can be written. Each encoder takes the whole text around the secret as well, as real ones do. */
const ENCODERS: [name: string, encode: (text: string) => string][] = [
  ['raw', (text) => text],
  ['base64', base64],
  ['UTF-8 read as Latin-1', (text) => Buffer.from(text, 'utf8').toString('latin1')],
  ['base64 without padding', (text) => base64(text).replace(/=+$/, '')],
  ['base64url', (text) => Buffer.from(text, 'utf8').toString('base64url')],
  ['base64 in a URL', (text) => encodeURIComponent(base64(text))],
  ['encodeURIComponent', encodeURIComponent],
  ['encodeURI', encodeURI],
  [
    'percent-encoding in lower case',
    (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
  ],
  [
    'strict percent-encoding',
    (text) => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`),
  ],
  ['double percent-encoding', (text) => encodeURIComponent(encodeURIComponent(text))],
  ['form encoding', (text) => new URLSearchParams({ x: text }).toString()],
  ['JSON', (text) => JSON.stringify({ text })],
  ['JSON inside JSON', (text) => JSON.stringify({ body: JSON.stringify({ text }) })],
  ['JSON with escaped slashes', (text) => JSON.stringify({ text }).replaceAll('/', '\\/')],
  [
    'ASCII-only JSON',
    (text) =>
      JSON.stringify({ text }).replace(
        /[^\x20-\x7e]/g,
        (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
  ],
  [
    'XML',
    (text) =>
      text.replace(
        /[&<>"']/g,
        (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' })[char] ?? '',
      ),
  ],
  [
    'XML with numeric entities',
    (text) => text.replace(/[^A-Za-z0-9]/gu, (char) => `&#${char.codePointAt(0)};`),
  ],
  [
    'XML with hexadecimal entities',
    (text) =>
      text.replace(/[^A-Za-z0-9]/gu, (char) => `&#x${char.codePointAt(0)?.toString(16).toUpperCase()};`),
  ],
  ['hexadecimal', (text) => Buffer.from(text, 'utf8').toString('hex')],
  ['hexadecimal in upper case', (text) => Buffer.from(text, 'utf8').toString('hex').toUpperCase()],
];

const SECRETS = [
  'sk_live_51Habcdef',
  'p@ss w/rd+"1\\2',
  'pässwörd',
  "it's <b>&co",
  '密码密码',
  'a\nb\tc\r\nd',
  'xY9-',
  'user:pa:ss',
  '\u{1f511}key',
  '%41%2f%2F',
  'aaaa',
  '----',
];

const secret = fc
  .string({ unit: 'grapheme', minLength: 4, maxLength: 40 })
  .filter(
    (text) => text.trim() === text && text.length >= 4 && !REDACTED.includes(text) && text.isWellFormed(),
  );
const around = fc.string({ unit: 'grapheme', maxLength: 30 });

/** What of the encoded text depends on the secret alone, so that finding it is finding the secret. */
function traces(name: string, encode: (text: string) => string, value: string): string[] {
  if (name.startsWith('base64')) {
    // All three alignments, without the digits that neighbours share.
    return [0, 1, 2].flatMap((before) => {
      const start = Math.ceil((before * 8) / 6);
      const end = Math.floor(((before + Buffer.byteLength(value)) * 8) / 6);
      return [
        base64('x'.repeat(before) + value).slice(start, end),
        Buffer.from('x'.repeat(before) + value)
          .toString('base64url')
          .slice(start, end),
      ];
    });
  }
  if (name.startsWith('JSON') || name.startsWith('ASCII')) return [value];
  if (name === 'form encoding') return [value, new URLSearchParams({ x: value }).toString().slice(2)];
  return [value, encode(value)];
}

/** As long as a field of a credential may be, with every printable character of ASCII in it. */
const LONGEST = Array.from({ length: 16_384 }, (_, index) =>
  String.fromCharCode(33 + ((index * 7919) % 94)),
).join('');

describe('text', () => {
  for (const [name, encode] of ENCODERS) {
    test.each(SECRETS)(`finds a secret as ${name}: %j`, (value) => {
      const redactor = createRedactor([value]);
      for (const before of ['', 'a', 'ab', 'user:']) {
        const redacted = redactor.text(encode(`${before}${value}!`));
        expect(redacted).toContain(REDACTED);
        for (const trace of traces(name, encode, value)) expect(redacted).not.toContain(trace);
      }
    });

    test(`finds any secret in any text as ${name}`, () => {
      fc.assert(
        fc.property(secret, around, around, (value, before, after) => {
          const redacted = createRedactor([value]).text(encode(before + value + after));
          expect(redacted).toContain(REDACTED);
          for (const trace of traces(name, encode, value)) {
            if (!REDACTED.includes(trace)) expect(redacted.split(REDACTED).join('\0')).not.toContain(trace);
          }
        }),
        { numRuns: 100 },
      );
    });
  }

  test.each(ENCODERS)('finds a secret of 16,384 characters as %s', (name, encode) => {
    const redacted = createRedactor([LONGEST]).text(encode(`user:${LONGEST}!`));
    expect(redacted).toContain(REDACTED);
    for (const trace of traces(name, encode, LONGEST)) expect(redacted).not.toContain(trace);
    // The whole of it is covered by one mark, not a part here and there.
    expect(redacted.length).toBeLessThan(200);
  });

  test('holds as many of the longest secrets as a credential has fields', () => {
    const secrets = Array.from({ length: 32 }, (_, index) => `${index}:${LONGEST.slice(index)}`);
    const start = cpuMs();
    const redactor = createRedactor(secrets);
    expect(redactor.text(`x ${secrets[31]} y`)).toBe(`x ${REDACTED} y`);
    expect(cpuMs() - start).toBeLessThan(10_000);
  });

  test('covers overlapping secrets with one mark, and prefers the longer', () => {
    const redactor = createRedactor(['abcdef', 'defghi', 'abcdefgh']);
    expect(redactor.text('x abcdefghi y')).toBe(`x ${REDACTED} y`);
    expect(redactor.text('abcdefgh')).toBe(REDACTED);
    expect(redactor.text('abcdef-defghi')).toBe(`${REDACTED}-${REDACTED}`);
  });

  test('leaves other text as it is', () => {
    const redactor = createRedactor(['sk_live_51Habcdef', 'hunter22']);
    for (const text of ['', 'hunter2', 'SK_LIVE_51HABCDEF', 'nothing here', 'a'.repeat(1000)])
      expect(redactor.text(text)).toBe(text);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(createRedactor(['kJ8#qz!2Lp']).text(text)).toBe(text);
      }),
    );
  });

  test('replaces a secret of fewer than four characters only as a whole value', () => {
    const redactor = createRedactor(['abc', '7']);
    expect(redactor.text('abc')).toBe(REDACTED);
    expect(redactor.text('abcd 7')).toBe('abcd 7');
    expect(redactor.value({ x: 'abc', n: 7, y: 'an abc' })).toEqual({
      x: REDACTED,
      n: REDACTED,
      y: 'an abc',
    });
  });

  test('finds a secret that was trimmed when it was sent', () => {
    expect(createRedactor(['  key-123\n']).text('Bearer key-123.')).toBe(`Bearer ${REDACTED}.`);
  });

  test('does nothing without secrets', () => {
    expect(createRedactor([]).text('x')).toBe('x');
    expect(createRedactor(['']).text('')).toBe('');
  });

  test('takes time in proportion to the text', () => {
    const redactor = createRedactor(
      Array.from({ length: 30 }, (_, index) => `secret-${index}-${'x'.repeat(20)}`),
    );
    const almost = 'secret-1-xxxxxxxxxxxxxxxxxxx-'.repeat(30_000); // each nearly matches
    const start = cpuMs();
    expect(redactor.text(almost)).toBe(almost);
    expect(cpuMs() - start).toBeLessThan(2_000); // measured under 100 ms
  });
});

describe('value', () => {
  const redactor = createRedactor(['hunter22']);

  test.each([
    'authorization',
    'Authorization',
    'Proxy-Authorization',
    'cookie',
    'Set-Cookie',
    'X-Api-Key',
    'api_key',
    'apikey',
    'apiKey',
    'access_token',
    'accessToken',
    'refresh_token',
    'id_token',
    'token',
    'secret',
    'client_secret',
    'clientSecret',
    'password',
    'passwd',
    'private_key',
    'privateKey',
    'signature',
    'X-Hub-Signature-256',
    'stripe-signature',
    'X-Auth-Token',
    'bot_token',
    'webhook_secret',
    'db_password',
    'my-apikey',
    'numverify_api_key',
  ])('hides the field %s', (name) => {
    expect(redactor.value({ [name]: 'x' })).toEqual({ [name]: REDACTED });
    expect(redactor.value([{ deep: { [name]: { a: 1 } } }])).toEqual([{ deep: { [name]: REDACTED } }]);
    expect(redactor.byValue({ [name]: 'x' })).toEqual({ [name]: 'x' });
  });

  test.each([
    'name',
    'tokens',
    'total_tokens',
    'token_type',
    'secretary',
    'next_page_token',
    'nextPageToken',
    'passenger',
    'key',
    'author',
    'cookie_policy',
    'signature_version',
  ])('shows the field %s', (name) => {
    expect(redactor.value({ [name]: 'x' })).toEqual({ [name]: 'x' });
  });

  test('keeps null, booleans and missing values of sensitive fields', () => {
    expect(redactor.value({ token: null, password: false, secret: true })).toEqual({
      token: null,
      password: false,
      secret: true,
    });
  });

  test('hides by value in strings, keys, numbers and at any depth', () => {
    const numbers = createRedactor(['123456', 'hunter22']);
    expect(numbers.value({ a: ['x hunter22'], hunter22: { hunter22b: 1 }, n: 123456, m: 1234567 })).toEqual({
      a: [`x ${REDACTED}`],
      [REDACTED]: { [`${REDACTED}b`]: 1 },
      n: REDACTED,
      m: 1234567,
    });
    expect(redactor.byValue({ hunter22: 1, a: 'hunter22' })).toEqual({ [REDACTED]: 1, a: REDACTED });
  });

  test('keeps both of two keys that look the same without their secrets', () => {
    expect(createRedactor(['aaaa', 'bbbb']).value({ aaaa: 1, bbbb: 2 })).toEqual({
      [REDACTED]: 1,
      [`${REDACTED} 2`]: 2,
    });
  });

  test.each([
    ['https://api.example.com/v1?api_key=abc&x=1', `https://api.example.com/v1?api_key=${REDACTED}&x=1`],
    [
      'https://api.example.com/v1?x=1&access_token=abc#id_token=def',
      `https://api.example.com/v1?x=1&access_token=${REDACTED}#id_token=${REDACTED}`,
    ],
    ['https://maps.example.com/?key=AIza&q=Berlin', `https://maps.example.com/?key=${REDACTED}&q=Berlin`],
    ['https://user:pass@example.com/', `https://${REDACTED}@example.com/`],
    ['https://example.com/?api%5Fkey=abc', `https://example.com/?api%5Fkey=${REDACTED}`],
    [
      'https://example.com/?X-Amz-Signature=ab&X-Amz-Credential=c',
      `https://example.com/?X-Amz-Signature=${REDACTED}&X-Amz-Credential=${REDACTED}`,
    ],
    ['https://example.com/?country=DE', 'https://example.com/?country=DE'],
    ['https://example.com/hunter22/x', `https://example.com/${REDACTED}/x`],
  ])('hides the secrets of the URL %s', (url, expected) => {
    expect(redactor.value({ any: url, list: [url] })).toEqual({ any: expected, list: [expected] });
  });

  test('reads url, href and location as URLs even if they are relative', () => {
    expect(redactor.value({ Location: '/cb?token=x', href: '?sig=x', text: '/cb?token=x' })).toEqual({
      Location: `/cb?token=${REDACTED}`,
      href: `?sig=${REDACTED}`,
      text: '/cb?token=x',
    });
  });

  test('hides the value of a named header in a list', () => {
    expect(
      redactor.value([
        { name: 'Authorization', value: 'x' },
        { name: 'Accept', value: 'y' },
      ]),
    ).toEqual([
      { name: 'Authorization', value: REDACTED },
      { name: 'Accept', value: 'y' },
    ]);
  });

  test('copies and never changes its argument', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const before = JSON.stringify(json);
        const copy = redactor.value(json);
        expect(JSON.stringify(json)).toBe(before);
        if (typeof json === 'object' && json !== null) expect(copy).not.toBe(json);
      }),
    );
  });

  test('drops a __proto__ key and survives deep nesting', () => {
    expect(Object.keys(redactor.value(JSON.parse('{"__proto__": {"x": 1}, "a": 1}')))).toEqual(['a']);
    const deep: unknown = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`);
    expect(JSON.stringify(redactor.value(deep))).toContain(REDACTED);
  });

  test('any JSON that holds a secret anywhere comes out without it', () => {
    fc.assert(
      fc.property(secret, fc.jsonValue(), around, (value, json, text) => {
        const body = { [text + value]: [json, `${text}${value}${text}`], json: JSON.stringify({ value }) };
        const redacted = JSON.stringify(createRedactor([value]).value(body))
          .split(REDACTED)
          .join('\0');
        if (!'\0 2value json'.includes(value) && !JSON.stringify(json).includes(value))
          expect(redacted).not.toContain(value);
      }),
    );
  });
});

describe('work is bounded by what is scanned, whatever the secret and the text', () => {
  test.each<[string, string, string]>([
    ['backslashes, each of which may be written as two', `${'\\'.repeat(40)}b`, '\\'.repeat(400)],
    ['backslashes, very many', `${'\\'.repeat(8_000)}b`, '\\'.repeat(400_000)],
    ['a long secret that begins everywhere', `${'a'.repeat(16_000)}b`, 'a'.repeat(400_000)],
    ['percent signs', `${'%25'.repeat(100)}b`, '%25'.repeat(10_000)],
  ])('%s', (_, secret, text) => {
    const redactor = createRedactor([secret]);
    const startedAt = cpuMs();
    redactor.text(text);
    expect(cpuMs() - startedAt).toBeLessThan(3_000);
    expect(redactor.text(`a ${secret} z`)).not.toContain(secret);
  });

  test('a text that would take too much is hidden as a whole', () => {
    const redactor = createRedactor([`${'a'.repeat(16_000)}b`]);
    expect(redactor.text('a'.repeat(400_000))).toBe('[redacted]');
    expect(redactor.text('an ordinary text')).toBe('an ordinary text');
  });

  test('secrets with backslashes are found however they are written', () => {
    const secret = 'p\\ass\\\\w%rd&x';
    const redactor = createRedactor([secret]);
    for (const form of [secret, JSON.stringify(secret), encodeURIComponent(secret), btoa(secret)]) {
      expect(redactor.text(`<${form}>`)).toContain('[redacted]');
      expect(redactor.text(`<${form}>`)).not.toContain(form);
    }
  });
});
