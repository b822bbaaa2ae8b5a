import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StepRequest } from '../connector/schema.ts';
import type { JsonObject } from '../json/json.ts';
import { type ExportCredential, exportStepRequest } from './export.ts';
import { exportRecordedRequest } from './export-recorded.ts';
import { importCurl } from './import.ts';
import { CurlRefused } from './refused.ts';

const API = 'https://api.example.com/v1/people';
const exported = (request: JsonObject, credential: Partial<ExportCredential> | null = null) =>
  exportStepRequest(
    StepRequest.parse(request),
    credential && { type: 'bearer', placement: null, base_url: null, ...credential },
  );
/** The arguments that bash gives to curl. */
const argsOf = (command: string, env: Record<string, string> = {}) =>
  execFileSync('/bin/bash', ['-s'], {
    env: { LC_ALL: 'C.UTF-8', ...env },
    input: `curl() { printf '%s\\0' "$@"; }\n${command}\n`,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  })
    .split('\0')
    .slice(0, -1);

describe('a request becomes a curl command', () => {
  test('and an import of it the same request', { timeout: 30_000 }, () => {
    const text = fc
      .oneof(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: fc.constantFrom(...'\'"\\$`!{}[]*?~#&|;<>()=%^@,+ \t\n-aé\u{1f600}') }),
        fc.constantFrom(
          '$(id)',
          '`id`',
          '{{input.a}}',
          'x{{ input.a & "}\'&=#?" }}y',
          '@/etc/passwd',
          "'\\''",
          '"',
          '$HOME',
        ),
      )
      .map((raw) => raw.toWellFormed().replace(/[\0\ufdd0-\ufdd3]/g, ''));
    const name = fc.stringMatching(/^[a-z][a-zé =&+%;@'"[\]-]{0,8}$/).filter((it) => !/key$/.test(it));
    const partName = name.map((it) => it.replaceAll('=', '_'));
    const fields = fc.dictionary(name, fc.oneof(text, fc.array(text, { minLength: 2, maxLength: 3 })), {
      maxKeys: 4,
    });
    const parts = fc.dictionary(partName, fc.oneof(text, fc.array(text, { minLength: 2, maxLength: 3 })), {
      minKeys: 1,
      maxKeys: 3,
    });
    const header = fc
      .string({ unit: fc.constantFrom(...'ab "\'$`\\;:,=@#!~é') })
      .map((value) => value.trim())
      .filter((value) => value !== '');
    const body = fc.oneof(
      fc.record({
        type: fc.constant('json'),
        content: fc.jsonValue({ noUnicodeString: false }).map(plainJson),
      }),
      fc.record({ type: fc.constant('form'), content: fields }),
      fc.record({ type: fc.constant('xml'), content: text }),
      fc.record({ type: fc.constant('raw'), content: text }),
      fc.record({
        type: fc.constant('raw'),
        content: text,
        content_type: fc.constantFrom('text/csv', 'a/b; c=d'),
      }),
      fc.record({
        type: fc.constant('multipart'),
        content: parts,
        files: fc.dictionary(
          partName,
          fc.record(
            {
              filename: text.filter((it) => it !== ''),
              content: text,
              content_type: fc.constant('text/plain'),
            },
            { requiredKeys: ['filename', 'content'] },
          ),
          { minKeys: 1, maxKeys: 2 },
        ),
      }),
    );
    const request = fc
      .record(
        {
          method: fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
          url: fc.constantFrom(API, `${API}/{{input.id}}/x`, 'http://a.example:8080/'),
          query: fields.filter((it) => Object.keys(it).length > 0),
          headers: fc.dictionary(fc.stringMatching(/^X-[A-Z][a-z]{1,5}$/), header, {
            minKeys: 1,
            maxKeys: 3,
          }),
          body,
          max_redirects: fc.integer({ min: 0, max: 10 }),
        },
        { requiredKeys: ['method', 'url'] },
      )
      .map((it) => StepRequest.parse(it));
    fc.assert(
      fc.property(request, (it) => {
        const { command } = exportStepRequest(it, null);
        const imported = importCurl(command);
        expect(imported.step.request).toEqual(it);
        expect(imported.credential).toBeNull();
      }),
      { numRuns: 150 },
    );
  });

  test.each<[string, JsonObject]>([
    ['GET', { method: 'GET', url: API }],
    ['HEAD', { method: 'HEAD', url: API, max_redirects: 0 }],
    ['an empty header', { method: 'GET', url: API, headers: { 'X-A': '' } }],
    [
      'a content type of its own',
      {
        method: 'POST',
        url: API,
        headers: { 'Content-Type': 'application/x+json' },
        body: { type: 'json', content: [1] },
      },
    ],
    ['an empty form', { method: 'POST', url: API, body: { type: 'form', content: {} } }],
    ['an empty text', { method: 'POST', url: API, body: { type: 'raw', content: '' } }],
    [
      'pairs',
      {
        method: 'GET',
        url: API,
        query: [
          ['a', '1'],
          ['b', ''],
          ['a', '2'],
        ],
      },
    ],
  ])('%s, there and back', (_, request) => {
    expect(importCurl(exported(request).command).step.request).toEqual(request);
  });

  test.each<[string, Partial<ExportCredential>, string, JsonObject]>([
    ['bearer', {}, '\'Authorization: Bearer \'"$CRM_TOKEN"', {}],
    ['basic', { type: 'basic' }, '--user "$CRM_USERNAME":"$CRM_PASSWORD"', {}],
    [
      'a key in a header',
      { type: 'api_key', placement: { in: 'header', name: 'X-Key' } },
      `'X-Key: '"$CRM_API_KEY"`,
      { placement: { in: 'header', name: 'X-Key' } },
    ],
    [
      'a key in the query',
      { type: 'api_key', placement: { in: 'query', name: 'k' } },
      `k=`,
      { placement: { in: 'query', name: 'k' } },
    ],
  ])('auth by %s is a variable, and comes back as auth', (_, credential, written, back) => {
    const request = { method: 'GET', url: API, query: { a: '1' }, auth: { credential: 'crm' } };
    const { command, notes } = exported(request, credential);
    expect(command).toContain(written);
    expect(notes).toEqual([]);
    const imported = importCurl(command);
    expect(imported.step.request).toEqual(request);
    expect(imported.credential).toMatchObject({
      service_name: 'crm',
      type: 'bearer',
      ...credential,
      ...back,
    });
  });

  test('a path below the base URL is absolute where that is known, and a variable otherwise', () => {
    const request = { method: 'GET', url: '/people?x=1', auth: { credential: 'crm' } };
    expect(argsOf(exported(request, { base_url: 'https://api.example.com/v1' }).command)[0]).toBe(
      'https://api.example.com/v1/people?x=1',
    );
    const unknown = exported(request);
    expect(argsOf(unknown.command, { CRM_BASE_URL: 'https://a.example' })[0]).toBe(
      'https://a.example/people?x=1',
    );
    expect(unknown.notes.join()).toContain('crm');
    expect(importCurl(unknown.command).step.request).toMatchObject({
      url: '/people',
      query: { x: '1' },
      auth: { credential: 'crm' },
    });
  });

  test('expressions that read a credential are variables, each its own', () => {
    const { command } = exported({
      method: 'POST',
      url: `${API}/{{workspace.crm.account}}`,
      query: { sig: 'a&{{workspace.crm.key}}' },
      headers: {
        'X-A': 'x-{{workspace.crm.key}}',
        'X-B': '{{$uppercase(workspace.crm.key)}}',
        'X-C': '{{workspace.crm.KEY}}',
      },
      body: { type: 'json', content: { a: ['it\'s "{{workspace.crm.key}}"'], b: '{{input.b}}' } },
    });
    expect(command).not.toContain('workspace');
    const env = { CRM_ACCOUNT: 'acc', CRM_KEY: '$k', CRM_SECRET: 'up', CRM_KEY_2: 'two' };
    const args = argsOf(command, env);
    expect(args[0]).toBe(`${API}/acc?sig=a%26$k`);
    expect(args).toEqual(
      expect.arrayContaining([
        'X-A: x-$k',
        'X-B: up',
        'X-C: two',
        '{"a":["it\'s \\"$k\\""],"b":"{{input.b}}"}',
      ]),
    );
  });

  test('no text of a request is an option, a file or a variable', () => {
    const request = {
      method: 'POST',
      url: '-K/etc/passwd',
      headers: { 'X-A': '@/etc/passwd $HOME `id`' },
      body: { type: 'raw', content: '@/etc/passwd' },
    };
    const args = argsOf(exported(request).command, { HOME: '/root' });
    expect(args.slice(0, 2)).toEqual(['--url', '-K/etc/passwd']);
    expect(args).toContain('X-A: @/etc/passwd $HOME `id`');
    expect(args.slice(-2)).toEqual(['--data-raw', '@/etc/passwd']);
  });

  test('marks of variables in a request are none', () => {
    const { command } = exported({ url: API, headers: { 'X-A': 'a\ufdd0HOME\ufdd1b\ufdd20\ufdd3' } });
    expect(command).not.toContain('HOME"');
    expect(command).not.toMatch(/[\ufdd0-\ufdd3]/);
  });

  test.each<[string, JsonObject]>([
    ['a NUL', { method: 'POST', url: API, body: { type: 'raw', content: 'a\0b' } }],
    ['an object that a query has no form for', { url: API, query: { a: { b: 1 } } }],
    [
      'a part whose name holds =',
      { method: 'POST', url: API, body: { type: 'multipart', content: { 'a=b': 1 } } },
    ],
    ['a multipart body without parts', { method: 'POST', url: API, body: { type: 'multipart' } }],
  ])('%s is refused', (_, request) => {
    expect(() => exported(request)).toThrow(CurlRefused);
  });

  test('bytes are a file that is to be put beside the command', () => {
    const { command, notes } = exported({
      method: 'PUT',
      url: API,
      body: { type: 'binary', base64: 'AAEC' },
    });
    expect(argsOf(command)).toEqual(expect.arrayContaining(['--data-binary', '@body.bin']));
    expect(notes.join()).toContain('body.bin');
  });
});

describe('a recorded request becomes a curl command', () => {
  test('with a variable wherever something was redacted', () => {
    const { command, notes } = exportRecordedRequest({
      method: 'POST',
      url: 'https://api.example.com/[redacted]/x?access_key=[redacted]&q=a%20b',
      headers: { Authorization: '[redacted]', 'content-type': 'application/json', 'X-A': "it's" },
      body: { a: 1, password: '[redacted]', list: ['x-[redacted]'] },
    });
    const env = { SECRET: 's', ACCESS_KEY: 'k', AUTHORIZATION: 'Bearer t', PASSWORD: 'p"', LIST: 'l' };
    expect(argsOf(command, env)).toEqual([
      'https://api.example.com/s/x?access_key=k&q=a%20b',
      ...['--location', '--header', 'Authorization: Bearer t', '--header', 'content-type: application/json'],
      ...['--header', "X-A: it's", '--data-raw', '{"a":1,"password":"p"","list":["x-l"]}'],
    ]);
    expect(command).not.toContain('[redacted]');
    expect(notes).toEqual([]);
  });

  test.each<[string, string, unknown, string[]]>([
    [
      'a form',
      'application/x-www-form-urlencoded',
      { a: ['1', 'x y'], b: '&' },
      ['--data-raw', 'a=1&a=x+y&b=%26'],
    ],
    ['a nested form', 'application/x-www-form-urlencoded', { a: { b: 1 } }, ['--data-raw', 'a%5Bb%5D=1']],
    ['a text', 'text/plain', '@x', ['--data-raw', '@x']],
    ['JSON that was sent as text', 'application/json', '{"a": 1}', ['--data-raw', '{"a": 1}']],
    ['bytes', 'image/png', '[7 bytes]', ['--data-binary', '@body.bin']],
    [
      'parts',
      'multipart/form-data; boundary=x',
      [
        { name: 'a', value: '@1' },
        { name: 'f', filename: 'f".txt', value: '[file of 4 bytes]' },
      ],
      ['--form-string', 'a=@1', '--form', 'f=@"f\\".txt"'],
    ],
  ])('%s', (_, type, body, expected) => {
    const { command } = exportRecordedRequest({
      method: 'POST',
      url: API,
      headers: { 'Content-Type': type },
      body: JSON.parse(JSON.stringify(body)),
    });
    expect(argsOf(command).slice(-expected.length)).toEqual(expected);
    expect(argsOf(command).includes(`Content-Type: ${type}`)).toBe(!type.startsWith('multipart'));
  });

  test('says so when what was recorded is not all', () => {
    const { notes } = exportRecordedRequest({
      method: 'POST',
      url: API,
      headers: {},
      body: 'a… [cut: 70000 characters in all]',
    });
    expect(notes.join()).toContain('cut');
  });
});

/** `--libcurl` writes down what curl understood, without a call having to succeed. */
describe('curl itself', () => {
  test.skipIf(!hasCurl())('accepts every option that is written', () => {
    const dir = mkdtempSync(join(tmpdir(), 'patchbay-curl-'));
    try {
      for (const body of [
        { type: 'json', content: { a: 1 } },
        { type: 'form', content: { 'a b': ['1', '2'] } },
        {
          type: 'multipart',
          content: { a: 'x;y' },
          files: { f: { filename: 'ü"q.txt', content: 'a"b;c', content_type: 'text/plain' } },
        },
      ]) {
        const request = {
          method: 'PUT',
          url: 'http://127.0.0.1:9/{{input.a}}',
          headers: { 'X-E': '' },
          max_redirects: 2,
          body,
        };
        const { command } = exported(request);
        const run = () =>
          execFileSync('/bin/bash', ['-s'], {
            cwd: dir,
            input: `${command} --silent --libcurl out.c; echo $?`,
            encoding: 'utf8',
          });
        // 7: nobody listens there. Anything else would be about the command.
        expect(run().trim()).toBe('7');
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** JSON whose strings are no templates, whose names are not those of secrets, and whose numbers keep their digits. */
function plainJson(value: unknown): unknown {
  if (typeof value === 'string')
    return value
      .replaceAll('{{', '{')
      .replace(/[\0\ufdd0-\ufdd3]/g, '')
      .toWellFormed();
  if (typeof value === 'number') return Math.trunc(value) % 1_000_000 || 0;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plainJson);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      `n${key.replace(/[\ufdd0-\ufdd3]/g, '').toWellFormed()}x`,
      plainJson(item),
    ]),
  );
}
