import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../json/json.ts';
import { importCurl } from './import.ts';
import { CurlRefused } from './refused.ts';

const API = 'https://api.example.com/v1/people';
const requestOf = (command: string) => importCurl(command).step.request;

describe('a curl command becomes a request', () => {
  test.each<[string, JsonObject]>([
    [`curl ${API}`, { method: 'GET', url: API, max_redirects: 0 }],
    [`curl -L ${API}`, { method: 'GET', url: API }],
    [`curl -L --max-redirs 3 ${API}`, { method: 'GET', url: API, max_redirects: 3 }],
    [`curl -L --max-redirs -1 ${API}`, { method: 'GET', url: API, max_redirects: 10 }],
    [
      `curl -sSLX DELETE --url ${API} --compressed -o /dev/null -w '%{http_code}'`,
      { method: 'DELETE', url: API },
    ],
    [`curl -LI ${API}`, { method: 'HEAD', url: API }],
    [`curl -LXPUT ${API} -d ''`, { method: 'PUT', url: API, body: { type: 'form', content: {} } }],
    [`curl -L '${API}?a=1&b=x%20y+z#frag'`, { method: 'GET', url: API, query: { a: '1', b: 'x y z' } }],
    [`curl -L '${API}?a=1&a=2'`, { method: 'GET', url: API, query: { a: ['1', '2'] } }],
    [
      `curl -L '${API}?a=1&b=2&a=3'`,
      {
        method: 'GET',
        url: API,
        query: [
          ['a', '1'],
          ['b', '2'],
          ['a', '3'],
        ],
      },
    ],
    [`curl -L '${API}?flag&a=1&b=%zz'`, { method: 'GET', url: `${API}?flag&b=%zz`, query: { a: '1' } }],
    [
      `curl -L '${API}/{{input.id & "?"}}?q={{ input.a & "&=#" }}'`,
      { method: 'GET', url: `${API}/{{input.id & "?"}}`, query: { q: '{{ input.a & "&=#" }}' } },
    ],
    [
      `curl -L ${API} -G -d a=1 --data-urlencode 'b=x&y'`,
      { method: 'GET', url: API, query: { a: '1', b: 'x&y' } },
    ],
    [
      `curl -L ${API} -H 'X-A: 1' -H 'x-a:2' -H 'X-Empty;' -H 'User-Agent:' -H 'Host: evil.example' -H 'Content-Length: 7' -A me -e https://r.example/`,
      {
        method: 'GET',
        url: API,
        headers: { 'X-A': '1, 2', 'X-Empty': '', 'User-Agent': 'me', Referer: 'https://r.example/' },
      },
    ],
    [
      `curl -L ${API} --json '{"a":[1,"{{input.b}}"]}'`,
      {
        method: 'POST',
        url: API,
        headers: { Accept: 'application/json' },
        body: { type: 'json', content: { a: [1, '{{input.b}}'] } },
      },
    ],
    [
      `curl -L ${API} -H 'content-type: application/vnd.api+json' -d '{"a":1}'`,
      {
        method: 'POST',
        url: API,
        headers: { 'Content-Type': 'application/vnd.api+json' },
        body: { type: 'json', content: { a: 1 } },
      },
    ],
    [
      `curl -L ${API} -H 'Content-Type: application/json' -d '{"a":12345678901234567890}'`,
      {
        method: 'POST',
        url: API,
        body: { type: 'raw', content: '{"a":12345678901234567890}', content_type: 'application/json' },
      },
    ],
    [
      `curl -L ${API} -d a=1 -d 'b=x+y&b=%C3%BC' --data-urlencode 'c=1+1=2'`,
      { method: 'POST', url: API, body: { type: 'form', content: { a: '1', b: ['x y', 'ü'], c: '1+1=2' } } },
    ],
    [
      `curl -L ${API} -d a=1 -d b=2 -d a=3`,
      {
        method: 'POST',
        url: API,
        body: { type: 'raw', content: 'a=1&b=2&a=3', content_type: 'application/x-www-form-urlencoded' },
      },
    ],
    [
      `curl -L ${API} --data-urlencode 'a b' -d x`,
      {
        method: 'POST',
        url: API,
        body: { type: 'raw', content: 'a%20b&x', content_type: 'application/x-www-form-urlencoded' },
      },
    ],
    [
      `curl -L ${API} -d '__proto__=1'`,
      {
        method: 'POST',
        url: API,
        body: { type: 'raw', content: '__proto__=1', content_type: 'application/x-www-form-urlencoded' },
      },
    ],
    [
      `curl -L ${API} -H 'Content-Type: text/xml' --data-binary '<a>{{input.b}}</a>'`,
      {
        method: 'POST',
        url: API,
        headers: { 'Content-Type': 'text/xml' },
        body: { type: 'xml', content: '<a>{{input.b}}</a>' },
      },
    ],
    [
      `curl -L ${API} -H 'Content-Type: text/csv' --data-raw '@a;b'`,
      { method: 'POST', url: API, body: { type: 'raw', content: '@a;b', content_type: 'text/csv' } },
    ],
    [
      `curl -L ${API} -F a=1 -F 'a= x ' -F 'b="x;y\\"z";type=text/plain' --form-string 'c=@x;type=y' -F 'f=hello;filename=h.txt;type=text/plain; charset=utf-8'`,
      {
        method: 'POST',
        url: API,
        body: {
          type: 'multipart',
          content: { a: ['1', 'x'], b: 'x;y"z', c: '@x;type=y' },
          files: { f: { filename: 'h.txt', content: 'hello', content_type: 'text/plain; charset=utf-8' } },
        },
      },
    ],
    [`curl -L api.example.com/v1`, { method: 'GET', url: 'http://api.example.com/v1' }],
    [`curl -L "https://$HOST/x/$ID"`, { method: 'GET', url: 'https://{{input.host}}/x/{{input.id}}' }],
  ])('%s', (command, expected) => {
    expect(requestOf(command)).toEqual(expected);
  });

  test('is named after its path, and keeps its time limit', () => {
    expect(importCurl(`curl ${API} -m 2.5`).step).toMatchObject({ name: 'people', timeout_ms: 2500 });
    expect(importCurl('curl https://a.example/v1/7 -m 900').step).toMatchObject({
      name: 'get',
      timeout_ms: 120_000,
    });
    expect(importCurl('curl https://a.example/Find-Me.json?x=y').step.name).toBe('find_me_json');
  });

  test.each([
    ['', /start with curl/],
    ['wget https://a.example', /start with curl/],
    ['A=b curl https://a.example', /start with curl/],
    ['curl', /no URL/],
    ['curl https://a.example https://b.example', /several URLs/],
    ["curl 'https://a.example/{a,b}'", /several URLs/],
    ["curl 'https://a.example/[1-9]'", /several URLs/],
    ['curl ftp://a.example', /https/],
    ['curl file:///etc/passwd', /https/],
    ['curl https://a.example -k', /^-k: /],
    ['curl --insecure https://a.example', /^--insecure: /],
    ['curl -x http://p.example https://a.example', /^-x: /],
    ['curl https://a.example -d @file', /^-d @file: /],
    ['curl https://a.example --data-binary @file', /^--data-binary @file: /],
    ['curl https://a.example --json @file', /^--json @file: /],
    ['curl https://a.example --data-urlencode n@file', /^--data-urlencode name@file: /],
    ['curl https://a.example -F f=@file', /^-F @file: /],
    ["curl https://a.example -F 'f=<file'", /^-F @file: /],
    ['curl https://a.example -H @file', /^-H @file: /],
    ['curl https://a.example -b jar.txt', /^-b file: /],
    ['curl https://a.example -T file', /^-T: /],
    ['curl -K file', /^-K: /],
    ['curl https://a.example --next https://b.example', /^--next: /],
    ['curl https://a.example --digest -u a:b', /^--digest: /],
    ['curl https://a.example -X TRACE', /^-X: /],
    ['curl https://a.example -X GET -d a=b', /no body/],
    ['curl https://a.example -I -d a=b', /no body/],
    ['curl https://a.example -d a -F b=c', /together/],
    ['curl https://a.example -H nothing', /^-H: /],
    ['curl https://a.example -m soon', /^-m: /],
    ['curl https://a.example -H', /^-H: a value/],
    ['curl https://a.example --secret-canary-option x', /^Word 3 of the command/],
    ['curl https://a.example -Zz', /^Word 3 of the command/],
    [`curl https://a.example/${'x'.repeat(9000)}`, /too long/],
  ])('%j is refused', (command, message) => {
    expect(() => importCurl(command)).toThrow(CurlRefused);
    expect(() => importCurl(command)).toThrow(message);
  });
});

describe('secrets of a command', () => {
  const KEY = 'canary-5c1e8ba07d42';
  test.each<[string, JsonObject, JsonObject]>([
    [`-H 'Authorization: Bearer ${KEY}'`, { type: 'bearer' }, {}],
    [`-H "authorization:bearer   ${KEY}"`, { type: 'bearer' }, {}],
    [`--oauth2-bearer ${KEY}`, { type: 'bearer' }, {}],
    [`-u 'me:${KEY}'`, { type: 'basic' }, {}],
    [`-u${KEY}:`, { type: 'basic' }, {}],
    [`-H 'Authorization: Basic ${btoa(`me:${KEY}`)}'`, { type: 'basic' }, {}],
    [
      `-H 'Authorization: Token ${KEY}'`,
      { type: 'api_key', placement: { in: 'header', name: 'Authorization' } },
      {},
    ],
    [`-H 'X-Api-Key: ${KEY}'`, { type: 'api_key', placement: { in: 'header', name: 'X-Api-Key' } }, {}],
    [
      `-H 'Ocp-Apim-Subscription-Key: ${KEY}'`,
      { type: 'api_key', placement: { in: 'header', name: 'Ocp-Apim-Subscription-Key' } },
      {},
    ],
    [`-b 'session=${KEY}'`, { type: 'api_key', placement: { in: 'header', name: 'Cookie' } }, {}],
    [
      `-G -d 'access_key=${KEY}' -d q=1`,
      { type: 'api_key', placement: { in: 'query', name: 'access_key' } },
      { query: { q: '1' } },
    ],
    [`-H "Authorization: Bearer $EXAMPLE_TOKEN"`, { type: 'bearer' }, {}],
  ])('%s are replaced by auth', (options, credential, rest) => {
    const imported = importCurl(`curl -L ${API} ${options}`);
    expect(imported.step.request).toEqual({
      method: 'GET',
      url: API,
      auth: { credential: 'example' },
      ...rest,
    });
    expect(imported.credential).toMatchObject({
      service_name: 'example',
      allowed_hosts: ['api.example.com'],
      ...credential,
    });
    expect(imported.notes.join()).toContain('"example"');
    expect(JSON.stringify(imported)).not.toContain('canary');
    expect(JSON.stringify(imported)).not.toContain(btoa(`me:${KEY}`));
  });

  test('in the URL are taken out of it', () => {
    const imported = importCurl(`curl -L 'https://me:${KEY}@api.example.com:8443/v1?flag&x=1'`);
    expect(imported.step.request.url).toBe('https://api.example.com:8443/v1?flag');
    expect(imported.credential).toMatchObject({ type: 'basic', allowed_hosts: ['api.example.com:8443'] });
    expect(JSON.stringify(imported)).not.toContain('canary');
  });

  test('that are several are fields of one custom credential', () => {
    const imported = importCurl(
      `curl -L '${API}?api_key=${KEY}1' -H 'Authorization: Bearer ${KEY}2' -H 'Cookie: a=${KEY}3' --json '{"user":{"password":"${KEY}4"},"tokens":["x"],"pin":1234567}'`,
    );
    expect(imported.step.request).toEqual({
      method: 'POST',
      url: API,
      query: { api_key: '{{workspace.example.api_key}}' },
      headers: {
        Accept: 'application/json',
        Authorization: '{{workspace.example.authorization}}',
        Cookie: '{{workspace.example.cookie}}',
      },
      body: {
        type: 'json',
        content: {
          user: { password: '{{workspace.example.password}}' },
          tokens: ['x'],
          pin: '{{workspace.example.pin}}',
        },
      },
    });
    expect(imported.credential).toEqual({
      service_name: 'example',
      type: 'custom',
      allowed_hosts: ['api.example.com'],
      field_names: ['authorization', 'cookie', 'api_key', 'password', 'pin'],
    });
    expect(JSON.stringify(imported)).not.toMatch(/canary|1234567/);
  });

  test('that stand elsewhere too are redacted there', () => {
    const imported = importCurl(
      `curl -L '${API}/${KEY}/x?q=${KEY}' -H 'X-Api-Key: ${KEY}' -d 'note=${btoa(KEY)}'`,
    );
    expect(imported.step.request).toMatchObject({ url: `${API}/[redacted]/x`, query: { q: '[redacted]' } });
    expect(JSON.stringify(imported)).not.toContain(KEY);
    expect(JSON.stringify(imported)).not.toContain(btoa(KEY));
    expect(imported.notes.join()).toContain('[redacted]');
  });

  test('that are expressions stay', () => {
    const headers = { Authorization: 'Bearer {{workspace.crm.token}}', 'X-Api-Key': '{{input.key}}' };
    const imported = importCurl(
      `curl -L ${API} -H 'Authorization: Bearer {{workspace.crm.token}}' -H 'X-Api-Key: {{input.key}}'`,
    );
    expect(imported).toMatchObject({ credential: null, step: { request: { headers } } });
  });

  test('are told by no refusal', () => {
    for (const command of [
      `curl -H Authorization: Bearer ${KEY} ${API}`,
      `curl --token=${KEY} ${API}`,
      `curl --${KEY} ${API}`,
      `curl -k -u me:${KEY} ${API}`,
      `curl -X ${KEY} ${API}`,
      `curl -m ${KEY} ${API}`,
      `curl -F ${KEY} ${API}`,
      `curl -F 'a="${KEY}"x' ${API}`,
      `curl ${API}?a=${KEY}&b`,
      `curl '${KEY}`,
      `curl -H '${KEY}' ${API}`,
      `curl ${KEY}://x`,
      `curl \${${KEY}} ${API}`,
    ]) {
      let message: string | undefined;
      try {
        importCurl(command);
      } catch (error) {
        if (!(error instanceof CurlRefused)) throw error;
        message = error.message;
      }
      expect(message, command).toBeTypeOf('string');
      expect(message).not.toContain('canary');
    }
  });

  test('reach no answer wherever they stand and whatever they are', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9!$%&*+,./:=?@^_|~-]{12,40}$/);
    const quoted = (text: string) => `'${text}'`;
    fc.assert(
      fc.property(secret, (value) => {
        const places = [
          `-H ${quoted(`Authorization: Bearer ${value}`)}`,
          `-H ${quoted(`X-Auth-Token: ${value}`)}`,
          `-u ${quoted(`user:${value}`)}`,
          `--data-urlencode ${quoted(`client_secret=${value}`)}`,
          `-b ${quoted(`sid=${value}`)}`,
          `-G --data-urlencode ${quoted(`api_key=${value}`)}`,
        ];
        for (const place of places) {
          const text = JSON.stringify(importCurl(`curl ${API} ${place}`));
          expect(text).not.toContain(value);
        }
      }),
    );
  });

  test.each([
    ['https://api.github.com/x', 'github'],
    ['https://www.acme.co.uk/', 'acme'],
    ['https://eu-1.api.acme-crm.io', 'acme_crm'],
    ['http://127.0.0.1:8080', 'service'],
    ['http://[::1]/', 'service'],
    ['http://localhost/', 'localhost'],
    ['https://$HOST/', 'service'],
  ])('name a service after the host: %s -> %s', (url, service) => {
    expect(
      importCurl(`curl '${url.replace('$HOST', '{{input.host}}')}' -u a:b-long`).credential?.service_name,
    ).toBe(service);
  });
});
