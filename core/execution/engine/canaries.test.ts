/** No value of a credential reaches what is stored or logged, whatever a service does with it. */
import { describe, expect, test } from 'vitest';
import type { EgressRequest, EgressResult, HeaderPair } from '../../egress/port.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import { type Bench, bench, sealer, type TestCredential } from './testing/bench.ts';
import { broken, bytes } from './testing/script-egress.ts';

/** Twenty secrets: keys as providers write them, with every character that an encoder changes, and other scripts. */
const CANARIES = [
  'sk_live_51HqLyjWDarjtT1zdp7dc',
  'AKIAIOSFODNN7EXAMPLE',
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
  'xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOHcbrzzqy',
  'p@ss w/rd+"1\\2&3=4',
  'pässwörd-für-alle',
  "it's <b>bold</b> & more",
  '密码密码密码密码',
  'line one\tline two',
  '\u{1f511}key\u{1f511}key',
  '%41%2f%2F%zz',
  '{{not.a.template}}',
  '$(whoami)`id`',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
  '0123456789',
  'SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf',
  '==padding+and/slash==',
  'a;b,c|d~e^f',
  'ZZZZ',
];

const utf8 = new TextEncoder();
const base64 = (text: string) => btoa(String.fromCharCode(...utf8.encode(text)));
const ENCODINGS: [string, (text: string) => string][] = [
  ['raw', (text) => text],
  ['base64', base64],
  ['base64url', (text) => base64(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')],
  ['URL-encoded', encodeURIComponent],
  ['form-encoded', (text) => new URLSearchParams({ x: text }).toString().slice(2)],
  ['JSON-escaped', (text) => JSON.stringify(text).slice(1, -1)],
  ['JSON in JSON', (text) => JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1)],
];
const FORBIDDEN = CANARIES.flatMap((canary) =>
  ENCODINGS.map(([encoding, encode]) => ({ canary, encoding, text: encode(canary) })),
);

/** All forms of all secrets, in the body (as values, keys and prose), and where a header can carry them. */
const leaks = FORBIDDEN.map(({ text }) => text);
const inHeader = (text: string) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
const LEAKY_BODY: Json = {
  list: leaks,
  prose: leaks.map((leak) => `You sent ${leak}, which is wrong.`).join('\n'),
  nested: { deep: [{ echo: leaks }] },
  keys: Object.fromEntries(leaks.map((leak, index) => [`${leak}`, index])),
};
const LEAKY_HEADERS: HeaderPair[] = [
  ['content-type', 'application/json'],
  ...leaks.flatMap((leak): HeaderPair[] => [
    ['set-cookie', `session=${inHeader(leak)}; HttpOnly`],
    ['location', `https://api.example.com/cb?echo=${encodeURIComponent(leak)}#${inHeader(leak)}`],
    ['x-echo', inHeader(leak)],
    ['www-authenticate', `Bearer realm="${inHeader(leak)}"`],
  ]),
];
const leaky = (status: number): EgressResult =>
  bytes(utf8.encode(JSON.stringify(LEAKY_BODY)), status, LEAKY_HEADERS);

/** Every secret travels: as header, in the URL, in each type of body, and by each type of credential. */
const credentials: Record<string, TestCredential> = {
  custom: {
    type: 'custom',
    fields: Object.fromEntries(CANARIES.slice(0, 15).map((canary, index) => [`f${index}`, canary])),
  },
  bearer: { type: 'bearer', fields: { token: CANARIES[15] ?? '' } },
  query: {
    type: 'api_key',
    fields: { api_key: CANARIES[16] ?? '' },
    placement: { in: 'query', name: 'access_key' },
  },
  header: {
    type: 'api_key',
    fields: { api_key: CANARIES[17] ?? '' },
    placement: { in: 'header', name: 'X-Custom' },
  },
  basic: { type: 'basic', fields: { username: CANARIES[18] ?? '', password: CANARIES[19] ?? '' } },
};
const all = Array.from({ length: 15 }, (_, index) => `{{workspace.custom.f${index}}}`);
const request = (auth: string, body: JsonObject): JsonObject => ({
  method: 'POST',
  url: 'https://api.example.com/{{workspace.custom.f0}}/x?k={{workspace.custom.f2}}',
  query: { q: all, plain: 'seen' },
  headers: { 'X-A': 'key {{workspace.custom.f3}}', 'X-Up': '{{$uppercase(workspace.custom.f3)}}' },
  auth: { credential: auth },
  body,
});
const BODIES: [string, string, JsonObject][] = [
  ['bearer', 'json', { type: 'json', content: { all, deep: { all: all.join('-') } } }],
  ['query', 'form', { type: 'form', content: { all } }],
  ['header', 'xml', { type: 'xml', content: `<a>${all.join('')}</a>` }],
  ['basic', 'raw', { type: 'raw', content: all.join(' ') }],
  [
    'basic',
    'multipart',
    {
      type: 'multipart',
      content: { all: all.join() },
      files: { f: { filename: '{{workspace.custom.f1}}', content: all.join() } },
    },
  ],
];
const map = {
  whole: 'body',
  text: '$string(body)',
  cookie: 'headers."set-cookie"',
  echo: 'body.list[0]',
};
const ECHO = '{{steps.a.body}} {{steps.a.headers}} {{steps.a.whole}}';

type Scenario = [
  name: string,
  answer: (request: EgressRequest, call: number) => EgressResult,
  step: JsonObject,
];
const SCENARIOS: Scenario[] = [
  ['succeeds', () => leaky(200), {}],
  ['fails', () => leaky(400), {}],
  ['fails, is tried again and succeeds', (_, call) => leaky(call % 2 === 1 ? 503 : 200), { retry: RETRY() }],
  ['fails for good after retries', () => leaky(500), { retry: RETRY() }],
  ['fails and goes on', () => leaky(404), { continue_on_error: true }],
  ['answers broken JSON', () => bytes(utf8.encode(`{${leaks.join()}`), 200, LEAKY_HEADERS), {}],
  ['answers text', () => bytes(utf8.encode(leaks.join('\n')), 200, [['content-type', 'text/html']]), {}],
  [
    'breaks off with a message that quotes the request',
    ({ url, headers }) =>
      broken('tls_failed', true, `bad ${url} ${JSON.stringify(headers)} ${leaks.join(' ')}`),
    {},
  ],
];
function RETRY() {
  return { max_attempts: 2, base_ms: 1, max_ms: 1 };
}

/** Everything that left the engine towards storage and people; sealed states are opened apart. */
function seen(at: Bench): string {
  const withoutSealed = at.ledger.written.map((text) =>
    JSON.stringify(JSON.parse(text), (key, value) => (key === 'resume_state' ? undefined : value)),
  );
  return [...withoutSealed, ...at.log.map((line) => JSON.stringify(line))].join('\n');
}

function hits(text: string): string[] {
  // What JSON escapes is looked for both as it is written and as it reads.
  const readable = text.replaceAll('\\\\', '\\').replaceAll('\\"', '"');
  return FORBIDDEN.filter(({ text: secret }) => text.includes(secret) || readable.includes(secret)).map(
    ({ canary, encoding }) => `${canary} (${encoding})`,
  );
}

describe.each(SCENARIOS)('a service that echoes every secret in every form and %s', (_, answer, changes) => {
  test.each(BODIES)('with a %s credential and a %s body shows none of them', async (auth, _type, body) => {
    const at = await bench({
      credentials,
      steps: [
        { name: 'a', request: request(auth, body), response: { map }, ...changes },
        {
          name: 'b',
          request: { url: 'https://api.example.com/b', query: { q: ECHO.slice(0, 18) } },
          continue_on_error: true,
        },
      ],
      definition: {
        output: { whole: '{{steps.a}}', text: ECHO },
        contact_mapping: { match: ['id'], fields: { id: 'x1', echo: '{{steps.a.body}}', text: ECHO } },
      },
      answer,
    });
    expect(await at.run()).toMatchObject({ outcome: 'ended' });
    expect(at.egress.requests.length).toBeGreaterThan(0);
    // The secrets did travel.
    expect(at.egress.requests[0]?.url).toContain(encodeURIComponent(CANARIES[0] ?? ''));
    expect(hits(seen(at))).toEqual([]);
    expect(seen(at)).not.toContain((CANARIES[3] ?? '').toUpperCase());
    expect(seen(at)).toContain('plain=seen');
  });
});

test('the sealed state of a step keeps the real values, opens only in its place, and reads like nothing', async () => {
  const at = await bench({
    credentials,
    steps: [{ name: 'a', request: request('bearer', { type: 'none' }), response: { map } }],
    answer: () => leaky(200),
  });
  await at.run();
  const sealed = at.steps[0]?.resume_state ?? '';
  expect(hits(sealed)).toEqual([]);
  const place = ['step-outcome', at.execution.workspace_id, at.execution.id, 'a', ''];
  const opened: unknown = JSON.parse(await sealer.open(sealed, place));
  expect(opened).toMatchObject({ status: 200, body: LEAKY_BODY, output: { echo: CANARIES[0] } });
  await expect(sealer.open(sealed, [...place.slice(0, 4), '1'])).rejects.toThrow();
  await expect(sealer.open(sealed, ['step-outcome', 'other', ...place.slice(2)])).rejects.toThrow();
});

/** A step's request with an expression in each place that a template can stand in. */
const places = (expression: string): [string, JsonObject][] => [
  ['a header', { headers: { 'X-K': `v1 {{${expression}}}` } }],
  ['a query value', { query: { k: [`{{${expression}}}`] } }],
  ['the path', { url: `https://api.example.com/a/{{${expression}}}/b` }],
  ['the query of the URL', { url: `https://api.example.com/a?k={{${expression}}}` }],
  ['a JSON body', { body: { type: 'json', content: { a: [{ k: `x{{${expression}}}` }] } } }],
  ['a form', { body: { type: 'form', content: { k: `{{${expression}}}` } } }],
  ['XML', { body: { type: 'xml', content: `<a>{{${expression}}}</a>` } }],
  ['a raw body', { body: { type: 'raw', content: `{{${expression}}}` } }],
  ['a multipart field', { body: { type: 'multipart', content: { k: `{{${expression}}}` } } }],
  ['a name in escapes', { query: { k: '{{$uppercase("\\u0077orkspace".crm.key)}}' } }],
];

describe('what an expression makes of a secret', () => {
  const key = 'sk_live_AbCdEfGh12345';
  const crm: TestCredential = { type: 'custom', fields: { key, user: 'someuser' } };
  const derived = key.toUpperCase();
  const reversed = [...key].reverse().join('');

  test.each(places('$uppercase(workspace.crm.key)'))(
    'is hidden in %s, in the answer, and in what follows',
    async (_, part) => {
      const method = 'body' in part ? 'POST' : 'GET';
      const at = await bench({
        credentials: { crm },
        steps: [{ name: 'a', request: { url: 'https://api.example.com/', method, ...part } }],
        definition: { output: 'it said {{steps.a.body.echo}}' },
        answer: () =>
          bytes(utf8.encode(JSON.stringify({ echo: derived })), 200, [['content-type', 'application/json']]),
      });
      expect(await at.run()).toMatchObject({ status: 'succeeded' });
      const { url, headers, body } = at.egress.requests[0] ?? {};
      const sent = `${url} ${JSON.stringify(headers)} ${body instanceof Uint8Array ? new TextDecoder().decode(body) : body}`;
      expect(sent).toContain(derived);
      expect(seen(at)).not.toContain(derived);
      expect(JSON.stringify(at.steps[0]?.request)).toContain('[redacted]');
      expect(at.execution.end?.output).toBe('it said [redacted]');
    },
  );

  test.each(places('$substring(workspace.crm.key, 3, 4)'))(
    'is hidden by its place in %s, even when it is too short to be looked for',
    async (_, part) => {
      const at = await bench({
        credentials: { crm },
        steps: [{ name: 'a', request: { url: 'https://api.example.com/', method: 'POST', ...part } }],
      });
      await at.run();
      expect(JSON.stringify(at.steps[0]?.request)).not.toContain('live');
      expect(JSON.stringify(at.steps[0]?.request)).toContain('[redacted]');
    },
  );

  test('is hidden after a crash as well, when the step that sent it is not run again', async () => {
    const at = await bench({
      credentials: { crm },
      steps: [
        {
          name: 'a',
          request: {
            url: 'https://api.example.com/',
            query: { k: '{{$join($reverse($split(workspace.crm.key, "")))}}' },
          },
        },
      ],
      definition: { output: '{{steps.a.body}}' },
      answer: () => bytes(utf8.encode(reversed), 200, [['content-type', 'text/plain']]),
    });
    at.ledger.crossing = ({ fn }) => {
      if (fn === 'finish') throw new Error('the process dies here');
    };
    await expect(at.run()).rejects.toThrow();
    at.ledger.crossing = () => {};
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(at.egress.requests[0]?.url).toContain(reversed);
    expect(at.execution.end?.output).toBe('[redacted]');
  });

  test('is not looked for when it is a whole long body, which would take too long; the secret in it still is', async () => {
    const at = await bench({
      credentials: { crm },
      input: { text: 'lorem ipsum '.repeat(100_000) },
      steps: [
        {
          name: 'a',
          request: {
            method: 'POST',
            url: 'https://api.example.com/',
            body: { type: 'raw', content: '{{input.text & workspace.crm.key}}' },
          },
        },
      ],
      answer: ({ body }) =>
        bytes(utf8.encode(String(body).slice(-40)), 200, [['content-type', 'text/plain']]),
    });
    const began = performance.now();
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(seen(at)).not.toContain(key);
  });

  test('what else stands in the same text, body or URL is still shown', async () => {
    const at = await bench({
      credentials: { crm },
      input: { id: 'A&B' },
      steps: [
        {
          name: 'a',
          request: {
            method: 'POST',
            url: 'https://api.example.com/{{input.id}}/{{workspace.crm.key}}?a={{input.id}}&k={{workspace.crm.key}}',
            query: { n: 1 },
            body: { type: 'xml', content: '<a>{{input.id}}</a><b>{{workspace.crm.key}}</b>' },
          },
        },
      ],
    });
    await at.run();
    expect(at.steps[0]?.request).toMatchObject({
      url: 'https://api.example.com/A%26B/[redacted]?a=A%26B&k=[redacted]&n=1',
      body: '<a>A&amp;B</a><b>[redacted]</b>',
    });
  });

  test('an error that an expression raises with a secret in it shows none', async () => {
    const at = await bench({
      credentials: { crm },
      steps: [
        {
          name: 'a',
          request: { url: 'https://api.example.com/', query: { k: '{{$error("no " & workspace.crm.key)}}' } },
        },
      ],
    });
    expect(await at.run()).toMatchObject({ status: 'failed', error: { class: 'template' } });
    expect(seen(at)).not.toContain(key);
  });
});

test('a secret is hidden before a long text is cut, so that no half of it is left at the cut', async () => {
  const token = 'tok-0123456789-abcdefghij';
  for (let offset = 1; offset < token.length; offset += 1) {
    const at = await bench({
      credentials: { crm: { type: 'bearer', fields: { token } } },
      steps: [{ name: 'a', request: { url: 'https://api.example.com/', auth: { credential: 'crm' } } }],
      answer: () =>
        bytes(utf8.encode(`${'x'.repeat(64 * 1024 - offset)}${token}`), 200, [
          ['content-type', 'text/plain'],
        ]),
    });
    await at.run();
    expect(seen(at)).not.toContain(token.slice(0, 4));
  }
});

test('the longest secrets that can be stored are sent, and not shown', async () => {
  const token = Array.from({ length: 16_384 }, (_, index) =>
    String.fromCharCode(33 + ((index * 7919) % 94)),
  ).join('');
  const at = await bench({
    credentials: { crm: { type: 'bearer', fields: { token } } },
    steps: [{ name: 'a', request: { url: 'https://api.example.com/', auth: { credential: 'crm' } } }],
    answer: () => bytes(utf8.encode(token), 200, [['content-type', 'text/plain']]),
  });
  expect(await at.run()).toMatchObject({ outcome: 'ended', status: 'succeeded' });
  for (let start = 0; start < token.length; start += 64) {
    expect(seen(at)).not.toContain(JSON.stringify(token.slice(start, start + 32)).slice(1, -1));
  }
});
