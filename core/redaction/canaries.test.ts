/*
 * Fifty secrets, in every declared encoding, inside of what is recorded: none is readable afterwards.
 * Requirement → test
 * every encoding of every canary, anywhere in a record ... "as ..."
 * any secret, any surroundings ........................... "any secret ..."
 * what holds no secret comes out as it went in ........... "leaves ..."
 * cost grows with the text alone ......................... "costs ..."
 */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createRedactor, REDACTED, type Redactor } from './index.ts';

vi.setConfig({ testTimeout: 60_000 });
/** Of this process: other work on the machine does not count. */
const cpuMs = () => process.cpuUsage().user / 1000;

const CANARIES: readonly string[] = [
  // as services hand them out
  'sk_live_4eC39HqLyjWDarjtT1zdp7dc',
  'xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOHcbrzzqy',
  'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
  'SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf',
  'AKIAIOSFODNN7EXAMPLE',
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  'ya29.a0AfH6SMBx-_9',
  '0123456789',
  '6f9619ff-8b86-d011-b42d-00c04fc964ff',
  'd41d8cd98f00b204e9800998ecf8427e',
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  '-----BEGIN KEY-----\nMIIB+x/0=\n-----END KEY-----',
  'https://hooks.example.com/T000/B000/XXXX',
  'postgres://u:p4ss@db.example.com/x?sslmode=require',
  // as people make them up
  'hunter22',
  'p@ss w/rd+"1\\2&3=4',
  'correct horse battery staple',
  "it's <b>bold</b> & more",
  '100% sure?',
  'a;b,c|d~e^f',
  '{"a":"b"}',
  '$(whoami)`id`',
  '{{not.a.template}}',
  'C:\\keys\\new\\table',
  'tab\tand\nnewline\r\n!',
  '==padding+and/slash==',
  '%41%2f%2F%zz',
  '&amp;&lt;',
  'a+b c+d',
  'ZZZZ',
  'aaaaaaaa',
  '....',
  '\\\\\\\\',
  '""""',
  "''''",
  '&&&&',
  '%%%%',
  '++++',
  '----',
  '[redact]',
  '\u007f\u0001\u0002x',
  // in other scripts
  'pässwörd-für-alle',
  'ÄÖÜß',
  'пароль12',
  'κωδικός',
  '密码密码密码密码',
  'كلمةالسر',
  '\u{1f511}key\u{1f511}key',
  'e\u0301te\u0301 \u200d!',
];

const json = (text: string) => JSON.stringify(text).slice(1, -1);
const asciiJson = (text: string) =>
  json(text).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const form = (text: string) => new URLSearchParams({ x: text }).toString().slice(2);
const lower = (text: string) => text.replace(/%../g, (code) => code.toLowerCase());
const XML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
const xml = (text: string) => text.replace(/[&<>"']/g, (char) => XML[char] ?? '');

/** Encoders that write characters one by one: what they make of the secret stands in what they make of the text. */
const BY_CHARACTER: readonly (readonly [string, (text: string) => string])[] = [
  ['raw', (text) => text],
  ['JSON', json],
  ['JSON within JSON', (text) => json(json(text))],
  ['ASCII-only JSON', asciiJson],
  [
    'ASCII-only JSON, upper case',
    (text) => asciiJson(text).replace(/u[0-9a-f]{4}/g, (code) => `u${code.slice(1).toUpperCase()}`),
  ],
  ['JSON with escaped slashes', (text) => json(text).replaceAll('/', '\\/')],
  ['URL', encodeURIComponent],
  ['URL, lower case', (text) => lower(encodeURIComponent(text))],
  ['URL, twice', (text) => encodeURIComponent(encodeURIComponent(text))],
  ['URL, twice, lower case', (text) => lower(encodeURIComponent(lower(encodeURIComponent(text))))],
  ['form', form],
  ['form, lower case', (text) => lower(form(text))],
  ['JSON in a URL', (text) => encodeURIComponent(json(text))],
  ['ASCII-only JSON in a URL', (text) => encodeURIComponent(asciiJson(text))],
  ['JSON in a form', (text) => form(json(text))],
  ['XML', xml],
  ['XML, twice', (text) => xml(xml(text))],
  ['HTML', (text) => xml(text).replaceAll('&apos;', '&#39;')],
  ['HTML, numbers', (text) => text.replace(/[^A-Za-z0-9]/gu, (char) => `&#${char.codePointAt(0)};`)],
  [
    'HTML, hexadecimal',
    (text) => text.replace(/[^A-Za-z0-9]/gu, (char) => `&#x${char.codePointAt(0)?.toString(16)};`),
  ],
  ['JSON in XML', (text) => xml(json(text))],
  ['URL in XML', (text) => xml(encodeURIComponent(text))],
  ['URL in JSON', (text) => json(encodeURIComponent(text))],
  ['hexadecimal', (text) => Buffer.from(text).toString('hex')],
  ['HEXADECIMAL', (text) => Buffer.from(text).toString('hex').toUpperCase()],
  ['UTF-8 read as Latin-1', (text) => Buffer.from(text).toString('latin1')],
];

const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
/** What the secret is turned into before base64 is made of the text around it. */
const BEFORE_BASE64: readonly (readonly [string, (text: string) => Buffer])[] = [
  ['the text', (text) => Buffer.from(text)],
  ['JSON', (text) => Buffer.from(json(text))],
  ['ASCII-only JSON', (text) => Buffer.from(asciiJson(text))],
  ['JSON with escaped slashes', (text) => Buffer.from(json(text).replaceAll('/', '\\/'))],
  ['URL-encoded text', (text) => Buffer.from(encodeURIComponent(text))],
  ['a form', (text) => Buffer.from(form(text))],
  ['UTF-16, little endian', (text) => Buffer.from(text, 'utf16le')],
  ['UTF-16, big endian', utf16be],
];
const AFTER_BASE64: readonly (readonly [string, (bytes: Buffer) => string])[] = [
  ['base64', (bytes) => bytes.toString('base64')],
  ['base64 without padding', (bytes) => bytes.toString('base64').replace(/=+$/, '')],
  ['base64url', (bytes) => bytes.toString('base64url')],
  ['base64 in a URL', (bytes) => encodeURIComponent(bytes.toString('base64'))],
  ['base64 in JSON with escaped slashes', (bytes) => bytes.toString('base64').replaceAll('/', '\\/')],
];

/** The digits of base64 that the secret alone decides, with 0 to 2 bytes before it. */
function cores(bytes: Buffer, write: (bytes: Buffer) => string): string[] {
  return [0, 1, 2].map((before) => {
    const digits = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(3)]).toString('base64');
    const core = digits.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    // Encoding whole groups gives back the same digits, so that only the alphabet and the escapes change.
    const groups = core.slice(0, core.length - (core.length % 4));
    return write(Buffer.from(groups, 'base64')).replace(/(=|%3D)+$/, '');
  });
}

/** A secret in each place where a step's record can hold one, and where none of it may be left. */
const recordOf = (text: string) => ({
  request: {
    method: 'POST',
    url: `https://api.example.com/v1/${text}?q=${text}&page=2#${text}`,
    headers: { 'x-note': `a ${text} b`, accept: '*/*' },
    body: {
      deep: [{ list: [text, [`<${text}>`]] }],
      [`key ${text}`]: 1,
      prose: `You sent ${text}, which is wrong.`,
    },
  },
  response: { status: 400, headers: { location: text }, body: `${text}\n${text}${text}` },
  error: { message: `The service said: ${text}` },
});

/** A secret and every half of it: hiding a part of it is not enough. */
function halves(trace: string): string[] {
  const size = Math.max(8, Math.ceil(trace.length / 2));
  if (trace.length <= size) return [trace];
  return Array.from({ length: trace.length - size + 1 }, (_, at) => trace.slice(at, at + size));
}

/** The same redactor for each use of the same secrets: making one costs more than the tests here ask of it. */
const redactors = new Map<string, Redactor>();
function redactorOf(secrets: readonly string[]): Redactor {
  const key = secrets.join('\0');
  const known = redactors.get(key) ?? createRedactor(secrets);
  if (CANARIES.includes(key)) redactors.set(key, known);
  return known;
}

/** What can still be read, in pieces between the marks. */
function shown(value: unknown, secrets: readonly string[]): string[] {
  const found: string[] = [];
  const collect = (part: unknown): void => {
    if (typeof part === 'string') found.push(...part.split(REDACTED));
    else if (typeof part === 'object' && part !== null) {
      for (const [key, item] of Object.entries(part)) {
        found.push(...key.split(REDACTED));
        collect(item);
      }
    }
  };
  collect(redactorOf(secrets).value(value));
  return found;
}

test('there are fifty of them, each once', () => {
  expect(new Set(CANARIES).size).toBe(50);
});

describe('as', () => {
  test.each(BY_CHARACTER)('%s', (_, encode) => {
    for (const canary of CANARIES) {
      const texts = shown(recordOf(encode(`user:${canary}!`)), [canary]);
      for (const trace of new Set([encode(canary), canary].flatMap(halves))) {
        expect(
          texts.filter((text) => text.includes(trace)),
          canary,
        ).toEqual([]);
      }
      expect(texts.join(''), canary).toContain('page=2');
    }
  });

  const pairs = BEFORE_BASE64.flatMap(([before, bytes]) =>
    AFTER_BASE64.map(([after, write]) => [after, before, bytes, write] as const),
  );
  test.each(pairs)('%s of %s, at every alignment', (_after, _before, bytes, write) => {
    for (const canary of CANARIES) {
      const traces = cores(bytes(canary), write)
        .filter((trace) => trace.length >= 4)
        .flatMap(halves);
      // "user:secret" as in Basic authentication, and two more that shift the digits.
      for (const around of ['', 'user:', 'ab', 'a']) {
        const texts = shown(recordOf(write(bytes(`${around}${canary}!`))), [canary]);
        for (const trace of traces) {
          expect(
            texts.filter((text) => text.includes(trace)),
            canary,
          ).toEqual([]);
        }
      }
    }
  });

  test('all fifty at once, each in its own form', () => {
    const forms = CANARIES.map((canary, index) =>
      (BY_CHARACTER[index % BY_CHARACTER.length]?.[1] ?? String)(canary),
    );
    const texts = shown({ list: forms, prose: forms.join(' and ') }, CANARIES);
    for (const text of forms) expect(texts.join('\0')).not.toContain(text);
  });

  test('a secret that was added later', () => {
    const redactor = createRedactor(['hunter22']);
    expect(redactor.text('hunter22 swordfish')).toBe(`${REDACTED} swordfish`);
    redactor.add(['swordfish', 'hunter22', '']);
    expect(redactor.text(`hunter22 swordfish ${btoa('swordfish')}`)).toBe(
      `${REDACTED} ${REDACTED} ${REDACTED}`,
    );
    redactor.add(['swordfishes']);
    expect(redactor.text('<swordfishes>')).toBe(`<${REDACTED}>`);
  });
});

test('many secrets: five hundred in all forms, two thousand as they are, in bounded time and memory', () => {
  const redactor = createRedactor(['first-of-all']);
  const before = process.memoryUsage().heapUsed;
  const startedAt = cpuMs();
  for (let index = 1; index < 4_000; index += 1) redactor.add([`declared-${index}!`]);
  expect(cpuMs() - startedAt).toBeLessThan(10_000);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(150 * 1024 * 1024);
  for (const form of [
    'first-of-all',
    btoa('first-of-all'),
    btoa('declared-499!'),
    'declared-1999!',
    'declared-1999%21',
  ]) {
    expect(redactor.text(`<${form}>`)).toBe(`<${REDACTED}>`);
  }
  expect(redactor.text('<declared-3999!>')).toBe('<declared-3999!>');
});

const secret = fc
  .string({ unit: 'grapheme', minLength: 6, maxLength: 40 })
  .filter(
    (text) => text.trim() === text && text.length >= 6 && text.isWellFormed() && !REDACTED.includes(text),
  );
const around = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => text.isWellFormed());

describe('any secret in any text', () => {
  test.each(BY_CHARACTER)('as %s', (_, encode) => {
    fc.assert(
      fc.property(secret, around, around, (canary, before, after) => {
        const texts = shown({ x: [encode(before + canary + after)] }, [canary]);
        expect(texts.filter((text) => text.includes(encode(canary)))).toEqual([]);
      }),
      { numRuns: 100, seed: 20_260_401 },
    );
  });

  test.each(BEFORE_BASE64)('as base64 of %s', (_, bytes) => {
    fc.assert(
      fc.property(
        secret,
        around,
        around,
        fc.constantFrom(...AFTER_BASE64),
        (canary, before, after, [, write]) => {
          const texts = shown({ x: [write(bytes(before + canary + after))] }, [canary]);
          for (const trace of cores(bytes(canary), write).filter(({ length }) => length >= 8)) {
            expect(texts.filter((text) => text.includes(trace))).toEqual([]);
          }
        },
      ),
      { numRuns: 100, seed: 20_260_401 },
    );
  });
});

test('leaves everything else as it is', () => {
  const secrets = ['sk_live_4eC39HqLyjWDarjtT1zdp7dc', 'kJ8#qz!2Lp', 'pässwörd-für-alle'];
  const redactor = createRedactor(secrets);
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 4 }),
      fc.string({ unit: 'grapheme' }),
      fc.base64String(),
      (value, text, digits) => {
        const body = JSON.parse(JSON.stringify({ value, text, digits })) as unknown;
        expect(redactor.byValue(body)).toEqual(body);
      },
    ),
    { numRuns: 500, seed: 20_260_401 },
  );
});

test('costs time in proportion to the text, whatever the number of secrets', () => {
  const text = JSON.stringify(
    Array.from({ length: 20_000 }, (_, id) => ({ id, name: `name ${id}`, mail: `m${id}@example.com` })),
  );
  const redactor = createRedactor(
    Array.from({ length: 500 }, (_, index) => `m${index * 7}-${index}@example.org`),
  );
  const startedAt = cpuMs();
  redactor.text(text);
  // Measured: under 0.3 s for a megabyte, where one pattern for all took over a second.
  expect(cpuMs() - startedAt).toBeLessThan(5_000);
});
