import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkDefinition } from '../connector/check/index.ts';
import type { EgressRequest } from '../egress/port.ts';
import { bench, type TestCredential } from '../execution/engine/testing/bench.ts';
import { json } from '../execution/engine/testing/script-egress.ts';
import type { JsonObject } from '../json/json.ts';
import { manifestOf } from './manifest.ts';
import type { Manifest, ManifestHost } from './schema.ts';
import { define } from './testing.ts';

/** Values that are told apart from everything else, wherever they turn up. */
const INPUT = {
  region: 'eu',
  host: 'chosen.example.net',
  base: 'https://base.example.org/root',
  path: 'canaryone',
  mail: 'canarytwo',
  deep: { id: 'canarythree' },
  people: [{ mail: 'canaryfour', host: 'chosen.example.com' }],
};
const CREDENTIALS: Record<string, TestCredential> = {
  crm: { type: 'custom', fields: { key: 'canarykey', pin: 'canarypin' } },
  slack: { type: 'bearer', fields: { token: 'canarytoken' } },
};
/** Each canary, with the references that tell of it. */
const CANARIES: Record<string, readonly string[]> = {
  canaryone: ['input.path', 'input'],
  canarytwo: ['input.mail', 'input'],
  canarythree: ['input.deep.id', 'input.deep', 'input'],
  canaryfour: ['input.people', 'input'],
  canarykey: ['workspace.crm.key'],
  canarypin: ['workspace.crm.pin'],
};

const urls = fc.constantFrom(
  'https://api.example.com/v1',
  'https://API.example.com.:443/x',
  'http://api.example.com/{{input.path}}',
  'https://{{input.region}}.Example.com/v1',
  'https://{{input.region}}.{{input.region}}.example.com:443',
  'https://{{input.host}}/v1',
  'https://api.{{input.host}}/{{input.mail}}',
  'https://{{ "evil." & input.host }}/x?y={{input.path}}',
  '{{input.base}}/v1?x={{input.deep.id}}',
  '{{ "https://hidden.example.net" }}/v1',
  'https://ex%61mple.com/v1',
  'https://bücher.example/v1#{{input.path}}',
);
const values = fc.constantFrom(
  'fixed',
  '{{input.path}}',
  'a {{input.mail}} b',
  '{{ $uppercase("x") & input.deep.id }}',
  '{{ $string(input) }}',
  '{{ $string($lookup(input, "de" & "ep")) }}',
  '{{ ($x := input; $x.mail) }}',
  '{{ $string(execution) }}',
  '{{ workspace.crm.key }}',
  '{{ workspace.crm.pin & workspace.crm.key }}',
);
/** Reads an earlier step: its mapped field, all of it, or all steps. */
const readers = (earlier: readonly string[]) =>
  fc.constantFrom(
    ...earlier.flatMap((name) => [`{{ $string(steps.${name}.x) }}`, `{{ $string(steps.${name}) }}`]),
    '{{ $string(steps) }}',
  );
const maps = (earlier: readonly string[]) =>
  fc.constantFrom(
    'body.ok',
    'input.mail',
    '$string($$)',
    '{"deep": [input.deep.id]}',
    '$keys()',
    ...earlier.map((name) => `steps.${name}.x`),
  );

const stepNamed = (name: string, earlier: readonly string[]) => {
  const value = earlier.length === 0 ? values : fc.oneof(values, readers(earlier));
  return fc
    .record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
      url: urls,
      query: fc.option(value),
      header: fc.option(fc.constantFrom('{{input.path}}', '{{workspace.crm.pin}}', 'x')),
      body: fc.option(value),
      auth: fc.boolean(),
      map: fc.option(maps(earlier)),
      condition: fc.constantFrom('true', 'input.region = "eu"', 'false'),
    })
    .map(
      ({ method, url, query, header, body, auth, map, condition }): JsonObject => ({
        name,
        condition,
        request: {
          method,
          url,
          ...(query === null ? {} : { query: { q: query } }),
          ...(header === null ? {} : { headers: { 'X-Value': header } }),
          ...(body === null || method === 'GET' ? {} : { body: { type: 'json', content: { deep: [body] } } }),
          ...(auth ? { auth: { credential: 'slack' } } : {}),
        },
        ...(map === null ? {} : { response: { map: { x: map } } }),
        continue_on_error: true,
      }),
    );
};
/** In a loop, a step may also send what the item holds, and call where it says. */
const loopStepNamed = (name: string, earlier: readonly string[]) =>
  fc
    .tuple(
      stepNamed(name, earlier),
      fc.constantFrom('{{item.mail}}', '{{ $string(item) }}', '{{ $lookup(item, "ma" & "il") }}', 'fixed'),
      fc.constantFrom(undefined, 'https://{{item.host}}/v1', 'https://api.example.com/{{item.mail}}'),
      fc.constantFrom('body.ok', 'item.mail', '$string($$)'),
    )
    .map(([step, sent, url, x]): JsonObject => {
      const request = Object(step.request);
      return {
        ...step,
        request: { ...request, query: { q: sent }, ...(url === undefined ? {} : { url }) },
        response: { map: { x } },
      };
    });
const loop = { items: 'input.people', tolerated_failure_share: 1 };

/** A step somewhere inside of another one, and the step whose result others read. */
type Nested = { outer: JsonObject; read: string };
const nested: fc.Arbitrary<Nested> = fc.oneof(
  stepNamed('two', ['one']).chain((two) =>
    fc.constantFrom<Nested>(
      { outer: two, read: 'two' },
      { outer: { name: 'group', steps: [two] }, read: 'two' },
      { outer: { name: 'group', steps: [{ name: 'inner', parallel: { steps: [two] } }] }, read: 'two' },
      { outer: { name: 'choice', switch: { cases: [{ when: 'true', steps: [two] }] } }, read: 'two' },
      {
        outer: {
          name: 'choice',
          switch: {
            cases: [{ when: 'false', steps: [{ name: 'no', transform: { x: 1 } }] }],
            default: [two],
          },
        },
        read: 'two',
      },
      { outer: { name: 'broken', transform: { x: '{{ $error("no") }}' }, on_error: [two] }, read: 'two' },
    ),
  ),
  loopStepNamed('two', ['one']).map((two): Nested => ({ outer: { ...two, for_each: loop }, read: 'two' })),
  loopStepNamed('two', ['one']).map(
    (two): Nested => ({
      outer: {
        name: 'each',
        for_each: loop,
        steps: [
          { name: 'group', steps: [two] },
          { name: 'kept', transform: { x: '{{item.mail}}' } },
        ],
      },
      read: 'each',
    }),
  ),
  fc
    .constantFrom('{{input.mail}}', '{{ $string(input.people) }}', '{{input.deep.id}}')
    .map((x): Nested => ({ outer: { name: 'two', transform: { x } }, read: 'two' })),
);
const programs = fc
  .tuple(stepNamed('one', []), nested)
  .chain(([one, { outer, read }]) =>
    stepNamed('three', ['one', read]).map((three): JsonObject[] => [one, outer, three]),
  );

/** Credentials may go anywhere here: whether they may is not the manifest's matter. */
const bound = (credential: TestCredential) => ({ ...credential, allowed_hosts: HOSTS });
const HOSTS = ['*.example.com', 'example.com', '*.example.net', '*.example.org', 'xn--bcher-kva.example'];

function covers({ kind, host }: ManifestHost, called: URL): boolean {
  if (kind === 'any') return true;
  const name = called.host.replace(/\.$/, '');
  if (kind === 'host') return name === host;
  const pattern = host.split(/\{\{.*?\}\}/).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('[a-z0-9.-]+')}$`).test(name);
}

/** Everything of a request as one text, with the step that it belongs to. */
function sentText({ url, headers, body }: EgressRequest): string {
  return decodeURIComponent(`${url} ${JSON.stringify(headers)} ${String(body ?? '')}`);
}

function expectTold(manifest: Manifest, request: EgressRequest): void {
  const called = new URL(request.url);
  const hosts = manifest.hosts.filter((host) => covers(host, called));
  expect(hosts, request.url).not.toEqual([]);
  const names = new Set(hosts.map(({ host }) => host));
  if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method)) {
    expect(manifest.writes.some(({ method, host }) => method === request.method && names.has(host))).toBe(
      true,
    );
  }
  const text = sentText(request);
  const references = manifest.data.flatMap((entry) => (names.has(entry.host) ? entry.references : []));
  for (const [canary, tells] of Object.entries(CANARIES)) {
    if (text.includes(canary))
      expect(
        tells.some((tell) => references.includes(tell)),
        `${canary} to ${called.host}`,
      ).toBe(true);
  }
  const services = manifest.credentials.filter((credential) =>
    credential.hosts.some((host) => names.has(host)),
  );
  const told = (service: string, field: string | null) =>
    services.some(
      ({ service_name, sent }) => service_name === service && sent.some((one) => one.field === field),
    );
  if (text.includes('canarytoken')) expect(told('slack', null)).toBe(true);
  if (text.includes('canarykey')) expect(told('crm', 'key')).toBe(true);
  if (text.includes('canarypin')) expect(told('crm', 'pin')).toBe(true);
}

test('every host that is called, every value that is sent and every method that writes is in the manifest', async () => {
  let calls = 0;
  await fc.assert(
    fc.asyncProperty(programs, async (steps) => {
      const definition = define({ steps });
      expect(checkDefinition(definition).errors).toEqual([]);
      const manifest = manifestOf(definition);
      const credentials = Object.fromEntries(
        Object.entries(CREDENTIALS).map(([service, credential]) => [service, bound(credential)]),
      );
      const at = await bench({ steps, input: INPUT, credentials, answer: () => json({ ok: 'fine' }) });
      await at.run();
      calls += at.egress.requests.length;
      for (const request of at.egress.requests) expectTold(manifest, request);
    }),
    { numRuns: 150 },
  );
  // Programs that fail before they call would prove nothing.
  expect(calls).toBeGreaterThan(150);
}, 60_000);
