import { describe, expect, test } from 'vitest';
import { hostTemplate } from './host-template.ts';
import { manifestOf } from './manifest.ts';
import { define, oneStep } from './testing.ts';

describe('where a URL calls', () => {
  test.each<[url: string, kind: string, host: string, chosenBy?: string[]]>([
    ['https://api.example.com/v1', 'host', 'api.example.com'],
    ['https://API.Example.COM', 'host', 'api.example.com'],
    ['https://api.example.com.:443/x', 'host', 'api.example.com'],
    ['http://api.example.com:80?x=1', 'host', 'api.example.com'],
    ['https://api.example.com:8443/', 'host', 'api.example.com:8443'],
    ['https://bücher.example/x', 'host', 'xn--bcher-kva.example'],
    ['https://ex%61mple.com/x', 'host', 'example.com'],
    ['https://0x7f.1/', 'host', '127.0.0.1'],
    ['https:///evil.example.com/x', 'host', 'evil.example.com'],
    ['https://api.example.com/{{input.path}}', 'host', 'api.example.com'],
    ['https://api.example.com?{{input.path}}', 'host', 'api.example.com'],
    ['https://{{input.region}}.Example.com/v1', 'pattern', '{{input.region}}.example.com', ['input.region']],
    [
      'https://{{input.region}}.example.com:443/v1',
      'pattern',
      '{{input.region}}.example.com',
      ['input.region'],
    ],
    ['https://{{input.a}}.example.com:8443', 'pattern', '{{input.a}}.example.com:8443', ['input.a']],
    [
      'https://a-{{steps.one.x}}.eu.example.com./',
      'pattern',
      'a-{{steps.one.x}}.eu.example.com',
      ['steps.one.x'],
    ],
    ['{{input.base}}/v1', 'any', '{{input.base}}', ['input.base']],
    [
      '{{ steps.login.body.instance_url }}',
      'any',
      '{{ steps.login.body.instance_url }}',
      ['steps.login.body.instance_url'],
    ],
    ['{{"https://evil.example.com"}}/x', 'any', '{{"https://evil.example.com"}}', []],
    ['https://{{input.host}}/v1', 'any', '{{input.host}}', ['input.host']],
    ['https://api.{{input.domain}}/v1', 'any', 'api.{{input.domain}}', ['input.domain']],
    ['https://{{input.host}}com/', 'any', '{{input.host}}com', ['input.host']],
    ['https://{{input.a}}.0.0.1/', 'any', '{{input.a}}.0.0.1', ['input.a']],
    ['https://{{input.a}}.0x1/', 'any', '{{input.a}}.0x1', ['input.a']],
    ['https://{{input.a}}.ex%61mple.com/', 'any', '{{input.a}}.ex%61mple.com', ['input.a']],
    ['https:///{{input.a}}/x', 'any', '{{input.a}}', ['input.a']],
  ])('%s', (url, kind, host, chosen_by = []) => {
    expect(hostTemplate(url)).toEqual({ kind, host, chosen_by });
  });
});

describe('a manifest', () => {
  test('tells the credentials, how they are sent, and to which hosts', () => {
    const manifest = manifestOf(
      define({
        steps: [
          {
            name: 'one',
            request: { url: 'https://a.example.com/?k={{workspace.crm.key}}', auth: { credential: 'slack' } },
          },
          {
            name: 'two',
            request: {
              method: 'POST',
              url: 'https://b.example.com/',
              headers: { 'X-Key': '{{workspace.crm.key}}:{{workspace.crm.user}}' },
              query: { sig: '{{ $uppercase(workspace.crm.key) }}' },
              body: { type: 'json', content: { deep: ['{{workspace.other.pin}}'] } },
            },
          },
        ],
      }),
    );
    expect(manifest.credentials).toEqual([
      {
        service_name: 'slack',
        fields: [],
        hosts: ['a.example.com'],
        sent: [
          {
            step: 'one',
            in: 'auth',
            field: null,
            host: 'a.example.com',
            pointer: '/steps/0/request/auth/credential',
          },
        ],
      },
      {
        service_name: 'crm',
        fields: ['key', 'user'],
        hosts: ['a.example.com', 'b.example.com'],
        sent: [
          { step: 'one', in: 'url', field: 'key', host: 'a.example.com', pointer: '/steps/0/request/url' },
          {
            step: 'two',
            in: 'query',
            field: 'key',
            host: 'b.example.com',
            pointer: '/steps/1/request/query/sig',
          },
          {
            step: 'two',
            in: 'header',
            field: 'key',
            host: 'b.example.com',
            pointer: '/steps/1/request/headers/X-Key',
          },
          {
            step: 'two',
            in: 'header',
            field: 'user',
            host: 'b.example.com',
            pointer: '/steps/1/request/headers/X-Key',
          },
        ],
      },
      {
        service_name: 'other',
        fields: ['pin'],
        hosts: ['b.example.com'],
        sent: [
          {
            step: 'two',
            in: 'body',
            field: 'pin',
            host: 'b.example.com',
            pointer: '/steps/1/request/body/content/deep/0',
          },
        ],
      },
    ]);
  });

  test.each<[what: string, request: object, data: object[]]>([
    ['a path', { url: 'https://a.example.com/{{input.id}}' }, [{ in: 'url', references: ['input.id'] }]],
    ['a query', { query: { q: 'x{{input.a.b}}' } }, [{ in: 'query', references: ['input.a.b'] }]],
    ['a header', { headers: { 'X-A': '{{input.a}}' } }, [{ in: 'header', references: ['input.a'] }]],
    [
      'the execution',
      { query: { q: '{{execution.workspace_id}}' } },
      [{ in: 'query', references: ['execution.workspace_id'] }],
    ],
    [
      'an expression',
      { query: { q: '{{ ($x := input; $x.secret & input.list[kind="a"].v) }}' } },
      [{ in: 'query', references: ['input', 'input.list.v'] }],
    ],
    [
      'a looked-up name',
      { query: { q: '{{ $lookup(input, "ph" & "one") }}' } },
      [{ in: 'query', references: ['input'] }],
    ],
    ['nothing', { query: { q: 'fixed' }, headers: { 'X-A': 'fixed' } }, []],
    [
      'a form',
      { method: 'POST', body: { type: 'form', content: { a: ['{{input.a}}', '{{input.b}}'] } } },
      [
        { in: 'body', references: ['input.a'] },
        { in: 'body', references: ['input.b'] },
      ],
    ],
    [
      'a file',
      {
        method: 'POST',
        body: { type: 'multipart', files: { f: { filename: '{{input.name}}', base64: '{{input.file}}' } } },
      },
      [
        { in: 'body', references: ['input.name'] },
        { in: 'body', references: ['input.file'] },
      ],
    ],
    [
      'XML',
      { method: 'POST', body: { type: 'xml', content: '<a>{{input.a}}</a>' } },
      [{ in: 'body', references: ['input.a'] }],
    ],
  ])('tells the data sent in %s', (_, request, data) => {
    expect(manifestOf(oneStep(request)).data).toEqual(
      data.map((entry) => expect.objectContaining({ step: 'call', ...entry })),
    );
  });

  test.each<[map: string, read: string, references: string[]]>([
    ['input.phone', 'steps.one.x', ['steps.one.x', 'input.phone']],
    ['body.n', 'steps.one.x', ['steps.one.x']],
    ['body.n & input.phone', 'steps.one', ['steps.one', 'input.phone']],
    ['input.phone', 'steps.one.body', ['steps.one.body']],
    ['{"all": $$}', 'steps.one.x', ['steps.one.x', 'input', 'steps', 'execution']],
    ['$string()', 'steps.one.x', ['steps.one.x', 'input', 'steps', 'execution']],
    ['$lookup(input, body.which)', 'steps.one.x', ['steps.one.x', 'input']],
  ])('follows data through the response map %s to %s', (map, read, references) => {
    const manifest = manifestOf(
      define({
        steps: [
          { name: 'one', request: { url: 'https://a.example.com/' }, response: { map: { x: map } } },
          { name: 'two', request: { url: 'https://b.example.com/', query: { q: `{{ $string(${read}) }}` } } },
        ],
      }),
    );
    expect(manifest.data).toMatchObject([{ step: 'two', host: 'b.example.com', references }]);
  });

  test('follows data through several response maps', () => {
    const through = (name: string, x: string) => ({
      name,
      request: { url: 'https://a.example.com/' },
      response: { map: { x } },
    });
    const manifest = manifestOf(
      define({
        steps: [
          through('one', 'input.phone'),
          through('two', 'steps.one.x'),
          { name: 'three', request: { url: 'https://b.example.com/{{steps.two.x}}' } },
        ],
      }),
    );
    expect(manifest.data[0]?.references).toEqual(['steps.two.x', 'steps.one.x', 'input.phone']);
  });

  test('tells the methods that write, the conditions, the number of steps and the contact fields', () => {
    const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];
    const manifest = manifestOf(
      define({
        steps: methods.map((method) => ({
          name: method.toLowerCase(),
          request: { method, url: 'https://a.example.com/' },
          ...(method === 'PUT' ? { condition: 'input.really' } : {}),
        })),
        contact_mapping: { match: ['email'], fields: { email: '{{input.email}}', plan: 'pro' } },
      }),
    );
    expect(manifest.steps).toBe(7);
    expect(manifest.writes.map(({ method }) => method)).toEqual(['POST', 'PUT', 'PATCH', 'DELETE']);
    expect(manifest.conditions).toEqual([{ step: 'put', condition: 'input.really' }]);
    expect(manifest.contact_fields).toEqual(['email', 'plan']);
    expect(manifest.hosts).toEqual([
      {
        kind: 'host',
        host: 'a.example.com',
        chosen_by: [],
        steps: methods.map((method) => method.toLowerCase()),
      },
    ]);
  });
});
