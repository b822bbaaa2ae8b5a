import type * as z from 'zod';
import type { CreateConnector } from '../../../core/connector/schema.ts';
import type { StepInput } from '../../../core/connector/step-schema.ts';

type Definition = z.input<typeof CreateConnector>;

const WAIT_SECONDS = 11;

/** The three encodings of one field of a stored credential, as templates. */
const encoded = (field: string) => ({
  raw: `{{workspace.${field}}}`,
  base64: `{{$base64encode(workspace.${field})}}`,
  url: `{{$encodeUrlComponent(workspace.${field})}}`,
});
const sent = (field: string) => ({ type: 'json', content: encoded(field) }) as const;
const KEPT = { map: { all: 'body', head: 'headers' } };
const AGAIN = { max_attempts: 2, base_ms: 1, max_ms: 5 };

/** What the service said back of a secret that it was sent, which may go everywhere where a secret itself may not. */
const echoOf = (step: string) => ({
  raw: `{{steps.${step}.body.body}}`,
  base64: `{{steps.${step}.body.echoed.base64}}`,
  url: `{{steps.${step}.body.echoed.url}}`,
  text: `a {{$string(steps.${step}.body.echoed)}} b`,
});

/** A connector that others call: says back what it was given, what its own credential is, and what came of it. */
export function calledConnector(url: string): Definition {
  return {
    name: 'Called',
    steps: [
      {
        name: 'inner',
        request: {
          method: 'POST',
          url: `${url}/{{input.mode}}`,
          auth: { credential: 'bearer0' },
          body: { type: 'json', content: { given: '{{input.given}}', own: encoded('custom2.b') } },
        },
        response: KEPT,
        retry: AGAIN,
      },
    ],
    output: { given: '{{input.given}}', inner: '{{steps.inner.all}}' },
  };
}

/** Connectors with steps of every kind that send secrets to a service which says all of it back. */
export function kindsOfSteps(url: string, called: string): Definition[] {
  const post = (name: string, field: string, rest: Partial<StepInput> = {}, mode = 'json'): StepInput => ({
    name,
    request: { method: 'POST', url: `${url}/${mode}`, body: sent(field) },
    response: KEPT,
    retry: AGAIN,
    continue_on_error: true,
    ...rest,
  });
  const call = (name: string, mode: string): StepInput => ({
    name,
    connector: { id: called, input: { mode, given: echoOf('echo') } },
    continue_on_error: true,
  });
  const paged = (name: string, rest: Partial<StepInput>): StepInput => ({
    name,
    request: {
      url: `${url}/pages`,
      auth: { credential: 'query_key0' },
      query: { more: '{{workspace.custom3.a}}' },
    },
    continue_on_error: true,
    ...rest,
  });
  return [
    {
      name: 'Loops',
      steps: [
        post('items', 'custom2.a', { for_each: { items: '[1..3]', max_concurrency: 2 } }),
        post(
          'failing',
          'custom2.b',
          { for_each: { items: '[1..3]', tolerated_failure_share: 1 } },
          'status500',
        ),
        post('echo', 'custom2.c'),
        {
          name: 'over_secrets',
          for_each: { items: '$append(steps.echo.body.echoed.raw, steps.echo.body.echoed.base64)' },
          request: { url: `${url}/json/{{item}}`, query: { q: '{{item}}', b: '{{$base64encode(item)}}' } },
          response: KEPT,
          continue_on_error: true,
        },
        {
          name: 'outer',
          for_each: { items: '[1, 2]' },
          steps: [post('nested', 'custom2.e', { for_each: { items: '[1, 2]' } })],
        },
        {
          name: 'again',
          transform: { items: '{{steps.items}}', over: '{{steps.over_secrets}}', ...echoOf('echo') },
        },
      ],
      output: { all: '{{steps.again}}' },
    },
    {
      name: 'Pages',
      steps: [
        paged('next_url', { pagination: { type: 'next_url', next: 'body.next', items: 'body.items' } }),
        paged('link', { pagination: { type: 'link_header', items: 'body.items' } }),
        paged('cursor', {
          pagination: { type: 'cursor', next: 'body.cursor', param: 'cursor', items: 'body.items' },
          response: { map: { all: 'items', last: 'body' } },
        }),
      ],
      output: { cursor: '{{steps.cursor.all}}', link: '{{steps.link.items}}' },
    },
    {
      name: 'Branches',
      steps: [
        { name: 'group', steps: [post('in_group', 'custom3.a'), post('in_group_too', 'custom3.b')] },
        { name: 'side', parallel: { steps: [post('left', 'custom3.c'), post('right', 'custom3.d')] } },
        {
          name: 'choice',
          switch: {
            cases: [{ when: 'steps.in_group.body.body = "no"', steps: [post('never', 'custom3.e')] }],
            default: [post('otherwise', 'custom3.e')],
          },
        },
        {
          name: 'rescued',
          request: { method: 'POST', url: `${url}/status404`, body: sent('custom4.a') },
          on_error: [post('rescue', 'custom4.b')],
        },
        post('skipped', 'custom4.c', { condition: 'steps.in_group.body.body = "no"' }),
        { name: 'moment', wait: { seconds: 0.01 } },
        { name: 'shape', transform: { deep: [echoOf('in_group')], sent: echoOf('left') } },
        post('more', 'custom4.d'),
        post('most', 'custom4.e'),
        { name: 'end', stop: { output: { shape: '{{steps.shape}}', most: echoOf('most') } } },
      ],
    },
    {
      name: 'Judged',
      steps: [
        post('rule', 'custom5.a', {
          response: { error_when: [{ when: 'true', message: 'It said {{$string(body)}}' }] },
        }),
        post('short_rule', 'custom5.b', {
          response: {
            error_when: [{ when: 'true', message: '{{$substring(body.target & body.body, 0, 60)}}' }],
          },
        }),
        post('shaped', 'custom5.c', {
          response: { schema: { type: 'object', properties: { target: { const: 'x' } } } },
        }),
        post('asserted', 'custom5.d', {
          assert: [{ that: 'steps.asserted.body.body = "no"' }],
        }),
        post('unsuccessful', 'custom5.e', { response: { success_when: 'body.ok' }, idempotency_key: true }),
        post('declared', 'custom6.a', { redact: ['body.echoed'] }),
        { name: 'halt', stop: { status: 'failed', message: 'Halted' } },
      ],
    },
    {
      name: 'Calls',
      steps: [
        post('echo', 'custom5.a'),
        call('calls', 'json'),
        call('calls_failing', 'status500'),
        call('calls_garbage', 'garbage'),
      ],
      output: { calls: '{{steps.calls}}', body: '{{steps.calls.body}}' },
    },
    {
      name: 'Cached',
      steps: [
        post('kept', 'custom6.b', { cache: { ttl_seconds: 60 } }),
        post('kept_by_name', 'custom6.c', { cache: { ttl_seconds: 60, key: 'k {{steps.kept.body.body}}' } }),
      ],
      output: { kept: '{{steps.kept.all}}', echo: echoOf('kept') },
    },
    {
      name: 'Waits',
      steps: [
        post('before', 'custom6.d'),
        { name: 'long', wait: { seconds: WAIT_SECONDS } },
        post('after', 'custom6.e'),
      ],
      output: { before: '{{steps.before.all}}' },
    },
    {
      name: 'Limited',
      steps: [
        post('limited', 'custom7.a', { rate_limit: { requests: 100, per_seconds: 1 } }),
        { ...post('fails', 'custom7.b', {}, 'status500'), continue_on_error: false },
      ],
    },
  ];
}

/** One whose items of a batch send secrets, and of which some fail. */
export function batchedConnector(url: string): Definition {
  return {
    name: 'Batched',
    steps: [
      {
        name: 'only',
        request: { method: 'POST', url: `${url}/{{input.mode}}`, body: sent('custom7.c') },
        response: KEPT,
        retry: AGAIN,
      },
    ],
    output: { all: '{{steps.only.all}}', echo: echoOf('only') },
  };
}
