import { describe, expect, test } from 'vitest';
import { Problem } from '../problem/problem.ts';
import { findSecrets, refuseSecrets } from './secrets.ts';
import { define, oneStep } from './testing.ts';

// Put together at run time, so that scanners of this repository find no key in it.
const key = (...parts: string[]) => parts.join('');
const RANDOM = 'a8Kd93jQz71LmP0x2Vb6';
const HEX = '9f86d081884c7d659a2feaa0c55ad015';

const header = (name: string, value: string) => oneStep({ headers: { [name]: value } });
const query = (name: string, value: unknown) => oneStep({ query: { [name]: value } });
const json = (content: unknown) => oneStep({ method: 'POST', body: { type: 'json', content } });
const raw = (content: string) => oneStep({ method: 'POST', body: { type: 'raw', content } });
const AT = '/steps/0/request';

describe('a template must not carry', () => {
  test.each<[what: string, definition: ReturnType<typeof oneStep>, pointer: string]>([
    ['an Authorization header', header('Authorization', 'Bearer hello'), `${AT}/headers/Authorization`],
    ['one without a scheme', header('authorization', 'hello'), `${AT}/headers/authorization`],
    ['a Basic header', header('Authorization', 'Basic dXNlcjpwYXNz'), `${AT}/headers/Authorization`],
    ['half of a token', header('Authorization', 'Bearer abc{{input.rest}}'), `${AT}/headers/Authorization`],
    [
      'a token in an expression',
      header('Authorization', `{{ "Bearer ${RANDOM}" }}`),
      `${AT}/headers/Authorization`,
    ],
    ['a Cookie', header('Cookie', 'session=hello'), `${AT}/headers/Cookie`],
    ['an API key header', header('X-Api-Key', 'hello'), `${AT}/headers/X-Api-Key`],
    ['another name for it', header('api-key', 'hello'), `${AT}/headers/api-key`],
    ['a token header', header('X-Vault-Token', 'hello'), `${AT}/headers/X-Vault-Token`],
    ['an API key parameter', query('api_key', 'hello'), `${AT}/query/api_key`],
    ['one of a list', query('access_token', ['{{workspace.a.b}}', 'hello']), `${AT}/query/access_token/1`],
    ['a number as a key', query('apikey', 8_675_309), `${AT}/query/apikey`],
    ['a key parameter with a random value', query('key', RANDOM), `${AT}/query/key`],
    ['a parameter in the URL', oneStep({ url: 'https://a.example.com/x?a=1&api_key=hello' }), `${AT}/url`],
    ['an encoded one', oneStep({ url: 'https://a.example.com/x?api%5Fkey=hello' }), `${AT}/url`],
    ['a user and password', oneStep({ url: 'https://ada:hunter22@a.example.com/' }), `${AT}/url`],
    ['a database URL', json({ dsn: 'postgres://ada:hunter22@db.example.com/x' }), `${AT}/body/content/dsn`],
    ['a password in JSON', json({ login: { password: 'hunter22' } }), `${AT}/body/content/login/password`],
    ['a client secret', json({ client_secret: RANDOM }), `${AT}/body/content/client_secret`],
    ['a secret in a list', json({ tokens: [], token: ['x', RANDOM] }), `${AT}/body/content/token/1`],
    [
      'a form field',
      oneStep({ method: 'POST', body: { type: 'form', content: { password: 'hunter22' } } }),
      `${AT}/body/content/password`,
    ],
    [
      'an expression with a key',
      json({ token: `{{ input.a ? "${RANDOM}" : "" }}` }),
      `${AT}/body/content/token`,
    ],
    ['a Stripe key', json({ note: key('sk_', 'live_', RANDOM) }), `${AT}/body/content/note`],
    ['a GitHub token', raw(key('gh', 'p_', RANDOM, RANDOM)), `${AT}/body/content`],
    ['a fine-grained GitHub token', raw(key('github_', 'pat_', RANDOM, RANDOM)), `${AT}/body/content`],
    ['a Slack bot token', json([key('xo', 'xb-', '2313-8412-', RANDOM)]), `${AT}/body/content/0`],
    ['an AWS key id', query('q', key('AK', 'IA', 'J7QX2MZP4T9WB3LD')), `${AT}/query/q`],
    ['a Google key', query('q', key('AI', 'za', RANDOM, 'Sy_-fGhJkLmNpQr')), `${AT}/query/q`],
    ['a SendGrid key', raw(key('S', 'G.', RANDOM, '.', RANDOM)), `${AT}/body/content`],
    ['a JWT', raw(key('eyJ', 'hbGciOiJI.', 'eyJ', 'zdWIiOiI3.', RANDOM)), `${AT}/body/content`],
    ['a PEM block', raw(key('-----BEGIN ', 'RSA PRIVATE KEY-----\nMII')), `${AT}/body/content`],
    ['an OpenAI key', raw(key('s', 'k-', 'proj-', RANDOM)), `${AT}/body/content`],
    [
      'a Slack webhook',
      oneStep({ url: `https://hooks.slack.com/services/T0AB/B0CD/${RANDOM}` }),
      `${AT}/url`,
    ],
    ['a token after its scheme', raw(`curl -H "Authorization: Bearer ${HEX}"`), `${AT}/body/content`],
    [
      'a key in a condition',
      oneStep({}, { condition: `input.a = "${key('gh', 'p_', RANDOM)}"` }),
      '/steps/0/condition',
    ],
    [
      'a key in a response map',
      oneStep({}, { response: { map: { a: `"${key('gh', 'p_', RANDOM)}"` } } }),
      '/steps/0/response/map/a',
    ],
    [
      'a password in the output',
      define({ ...oneStep({}), output: { password: 'hunter22' } }),
      '/output/password',
    ],
    [
      "an input's default",
      define({
        ...oneStep({}),
        input_schema: { properties: { api_key: { type: 'string', default: RANDOM } } },
      }),
      '/input_schema/properties/api_key/default',
    ],
    [
      "an input's example",
      define({
        ...oneStep({}),
        input_schema: { properties: { a: { examples: [key('xo', 'xp-', RANDOM)] } } },
      }),
      '/input_schema/properties/a/examples/0',
    ],
    [
      'a contact field',
      define({ ...oneStep({}), contact_mapping: { match: ['a'], fields: { a: key('gh', 'p_', RANDOM) } } }),
      '/contact_mapping/fields/a',
    ],
  ])('%s', (_, definition, pointer) => {
    expect(findSecrets(definition).map((error) => error.pointer)).toEqual([pointer]);
  });
});

describe('a template must not carry a secret in any part of a step', () => {
  const TOKEN = key('gh', 'p_', RANDOM, RANDOM);
  const quoted = `"${TOKEN}"`;
  const call = (name: string, rest: object = {}) => ({
    name,
    request: { url: 'https://a.example.com/' },
    ...rest,
  });
  const leaking = {
    name: 'x',
    request: { url: 'https://a.example.com/', headers: { 'X-Api-Key': 'hello' } },
  };
  const key0 = 'request/headers/X-Api-Key';
  test.each<[what: string, step: object, pointer: string]>([
    ['a step of a group', { name: 'g', steps: [leaking] }, `steps/0/${key0}`],
    ['a step of a loop', { name: 'g', for_each: { items: 'input.l' }, steps: [leaking] }, `steps/0/${key0}`],
    ['a step of a parallel group', { name: 'g', parallel: { steps: [leaking] } }, `parallel/steps/0/${key0}`],
    [
      'a step of a case',
      { name: 'g', switch: { cases: [{ when: 'true', steps: [leaking] }] } },
      `switch/cases/0/steps/0/${key0}`,
    ],
    [
      'a default',
      { name: 'g', switch: { cases: [{ when: 'true', steps: [call('b')] }], default: [leaking] } },
      `switch/default/0/${key0}`,
    ],
    ['what handles a failure', call('a', { on_error: [leaking] }), `on_error/0/${key0}`],
    [
      'a case itself',
      { name: 'g', switch: { cases: [{ when: `input.a = ${quoted}`, steps: [call('b')] }] } },
      'switch/cases/0/when',
    ],
    ['a list of a loop', call('a', { for_each: { items: `[${quoted}]` } }), 'for_each/items'],
    [
      'a query of pairs',
      { name: 'a', request: { url: 'https://a.example.com/', query: [['api_key', 'hello']] } },
      'request/query/0/1',
    ],
    ['a transform', { name: 'a', transform: { deep: { password: 'hunter22' } } }, 'transform/deep/password'],
    [
      "a connector's input",
      { name: 'a', connector: { id: '01890000-0000-7000-8000-000000000001', input: { api_key: RANDOM } } },
      'connector/input/api_key',
    ],
    ['the output of a stop', { name: 'a', stop: { output: { token: RANDOM } } }, 'stop/output/token'],
    ['a map in one piece', call('a', { response: { map: `{"a": ${quoted}}` } }), 'response/map'],
    [
      'what a success is',
      call('a', { response: { success_when: `body.a = ${quoted}` } }),
      'response/success_when',
    ],
    [
      'a message',
      call('a', { response: { error_when: [{ when: 'true', message: TOKEN }] } }),
      'response/error_when/0/message',
    ],
    [
      'an example in a schema',
      call('a', { response: { schema: { properties: { api_key: { examples: [RANDOM] } } } } }),
      'response/schema/properties/api_key/examples/0',
    ],
    [
      'the next page',
      call('a', { pagination: { type: 'next_url', items: 'body', next: `body.next & ${quoted}` } }),
      'pagination/next',
    ],
    ['what is retried', call('a', { retry: { on: { when: `body.a = ${quoted}` } } }), 'retry/on/when'],
    ['the key of a cache', call('a', { cache: { ttl_seconds: 1, key: TOKEN } }), 'cache/key'],
    ['a wait', { name: 'a', wait: { until: `{{ ${quoted} }}` } }, 'wait/until'],
    ['an assertion', call('a', { assert: [{ that: `steps.a.body = ${quoted}` }] }), 'assert/0/that'],
  ])('%s', (_, step, pointer) => {
    expect(findSecrets(define({ steps: [step] })).map((error) => error.pointer)).toEqual([
      `/steps/0/${pointer}`,
    ]);
  });
});

describe('a template may hold', () => {
  test.each<[what: string, definition: ReturnType<typeof oneStep>]>([
    ['a credential by name', header('Authorization', 'Bearer {{workspace.slack.token}}')],
    [
      'one with its scheme in the expression',
      header('Authorization', '{{ "Bearer " & workspace.slack.token }}'),
    ],
    [
      'a credential in Basic',
      header('Authorization', 'Basic {{ $base64encode(workspace.a.user & ":" & workspace.a.key) }}'),
    ],
    [
      'a choice between credentials',
      header('X-Api-Key', '{{ input.mode = "live" ? workspace.a.live : workspace.a.test }}'),
    ],
    ['a credential as a cookie', header('Cookie', 'session={{workspace.a.session}}')],
    ['a credential as a parameter', query('api_key', '{{workspace.a.key}}')],
    ['a credential in the URL', oneStep({ url: 'https://a.example.com/x?api_key={{workspace.a.key}}' })],
    ['an input as a key', query('access_token', '{{input.token}}')],
    ['a placeholder', header('Authorization', 'Bearer YOUR_TOKEN')],
    ['a placeholder in brackets', header('X-Api-Key', '<your key here>')],
    ['a row of x', query('api_key', 'xxxxxxxxxxxx')],
    ['the example key of AWS', json({ note: key('AK', 'IA', 'IOSFODNN7EXAMPLE') })],
    ['a placeholder of the shape of a key', json({ note: key('sk_', 'live_', 'xxxxxxxxxxxxxxxx') })],
    ['an ordinary header', header('Accept', 'application/json; version=2024-10-01')],
    ['a page token', query('page_token', 'CAoQAA1234abcd')],
    ['a sort key', query('key', 'created')],
    ['a documentation URL', json({ see: 'https://docs.example.com/auth/bearer-tokens?lang=en#api-key' })],
    ['a URL with a port', json({ see: 'https://docs.example.com:8443/a@b' })],
    ['words about tokens', json({ note: 'Send the Bearer authentication token with every request.' })],
    ['a mail signature', json({ signature: 'Kind regards, your team' })],
    ['a grant type', json({ grant_type: 'client_credentials', client_secret: '{{workspace.a.secret}}' })],
    ['a limit of tokens', json({ max_tokens: 4096, tokens: ['a', 'b'] })],
    ['an empty password', json({ password: '' })],
    ['an id', json({ project: '018f4e2a-7b1c-7def-8a9b-0c1d2e3f4a5b', commit: HEX })],
    ['a mapped field named token', oneStep({}, { response: { map: { token: 'body.data.access_token1' } } })],
    [
      'an input named like a secret, with words about it',
      define({
        ...oneStep({}),
        input_schema: {
          required: ['api_key'],
          properties: {
            api_key: {
              type: 'string',
              description: 'Found at https://a.example.com/settings9',
              pattern: '^[a-z0-9]{8}$',
            },
          },
        },
      }),
    ],
    ['a public certificate', raw('-----BEGIN CERTIFICATE-----\nMII')],
  ])('%s', (_, definition) => expect(findSecrets(definition)).toEqual([]));
});

test('what is written about a template is looked at as well, and every pointer is into the body', () => {
  const definition = header('Authorization', 'Bearer hello');
  const texts = { name: 'Fine', description: `Use ${key('gh', 'p_', RANDOM)}` };
  let thrown: unknown;
  try {
    refuseSecrets(definition, texts);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Problem);
  expect(thrown).toMatchObject({ code: 'template_holds_secret', status: 422 });
  expect(Object(thrown).errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
    '/description',
    '/definition/steps/0/request/headers/Authorization',
  ]);
  expect(JSON.stringify(Object(thrown).errors)).not.toContain(RANDOM);
});
