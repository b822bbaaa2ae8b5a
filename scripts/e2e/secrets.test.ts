/**
 * No response, log line, stored step, error or task payload contains a credential's value.
 *
 * Fifty canaries go out by connectors that use every type of credential in every place, to a service that says all of it
 * back in every encoding, over successes and failures, in steps of every kind, in batches, test runs and runs that are
 * repeated. Then everything that can be read is searched for them.
 *
 * | place | read by |
 * |---|---|
 * | API responses | each answer's headers and body |
 * | log lines | each line that a service printed |
 * | stored steps, errors, outputs, contacts, audit | each row of each table, by the service role; and the database's files |
 * | task payloads, outputs, errors | the task runtime's database file, byte by byte |
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Batch } from '../../core/batch/schema.ts';
import type { CreateConnector } from '../../core/connector/schema.ts';
import type { StoreCredential } from '../../core/credential/schema.ts';
import type { Execution } from '../../core/execution/schema.ts';
import { type Canaries, canaries, formsOfMarker, MARKER } from './support/canaries.ts';
import { type Answer, type Client, dataOf, newClient, serviceClient } from './support/client.ts';
import { echo, MODES, type Mode, partsOf } from './support/echo.ts';
import { eventually } from './support/eventually.ts';
import { batchedConnector, calledConnector, kindsOfSteps } from './support/secret-kinds.ts';
import { LONG, MINUTE, SECOND } from './support/size.ts';
import { triggerTask } from './support/task-runtime.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';

type Definition = z.input<typeof CreateConnector>;
type Step = Definition['steps'][number];

const MIGRATIONS = join(import.meta.dirname, '../../supabase/migrations');
const TIMEOUT_MS = 100;
/** A credential of five fields makes 45 failing steps at most, of two attempts each. */
const PORTS = 8;
/** Of a definition there are at most a hundred, and one more sends the answers on. */
const STEPS_OF_CONNECTOR = 90;
/** In the small size only the first credentials, which are of all types, go to every place and meet every behaviour. */
const EVERYWHERE = LONG ? Number.POSITIVE_INFINITY : 15;
/** Not a secret: put into an input, which is stored as it is, to see that the search finds what is there. */
const PLANTED = 'qZ7Planted9Xw';

/** The most that the database answers at once. */
const ROWS_PER_ANSWER = 1_000;
/** Of the steps of one execution. */
const SHOWN_AS_CURL = 10;
const Accepted = z.object({ id: z.string() });
const ListOfIds = z.array(Accepted);

let stack: TestStack;
let upstream: Upstream;
/** The same service on several ports: a credential that fails twenty times in a row at one is not sent there any more. */
let upstreams: Upstream[];
let client: Client;
let secrets: Canaries;
const answers: Answer[] = [];
const executions: Execution[] = [];

beforeAll(async () => {
  upstream = await startUpstream(echo);
  const others = Array.from({ length: PORTS - 1 }, () => startUpstream(echo));
  upstreams = [upstream, ...(await Promise.all(others))];
  secrets = canaries(upstreams.map(({ host }) => host));
  stack = await startTestStack({ taskConcurrency: 2 });
  client = await newClient(stack, { onAnswer: (answer) => answers.push(answer) });
  for (const credential of secrets.credentials)
    await client.data(201, 'POST', '/api/v1/workspace/credentials', credential);
});
afterAll(async () => {
  await stack?.close();
  for (const one of upstreams ?? []) await one.stop();
});

/** A step for each way in which a credential can be sent. */
function stepsOf(credential: StoreCredential, url: string, everyPlace: boolean): Omit<Step, 'name'>[] {
  if (credential.type !== 'custom') {
    return [
      { request: { url, auth: { credential: credential.service_name } } },
      ...(everyPlace
        ? [{ request: { method: 'POST' as const, url, auth: { credential: credential.service_name } } }]
        : []),
    ];
  }
  return Object.keys(credential.fields).flatMap((field) => {
    const value = `{{workspace.${credential.service_name}.${field}}}`;
    const post = (body: NonNullable<Step['request']>['body']): Omit<Step, 'name'> => ({
      request: { method: 'POST', url, body },
    });
    const places: Omit<Step, 'name'>[] = [
      { request: { url, query: { plain: value, nested: `a ${value} b` } } },
      post({ type: 'json', content: { plain: value, deep: [{ text: `a ${value} b` }] } }),
    ];
    if (!everyPlace) return places;
    return [
      ...places,
      { request: { url: `${url}/${value}/end` } },
      { request: { url, headers: { 'X-Plain': value } } },
      post({ type: 'form', content: { plain: value } }),
      post({
        type: 'multipart',
        content: { plain: value },
        files: { file: { filename: 'a.txt', content: value } },
      }),
      post({ type: 'xml', content: `<a>${value}</a>` }),
      post({ type: 'raw', content: `raw ${value}` }),
      { request: { url, query: { b64: `{{$base64encode(${value.slice(2, -2)})}}` } } },
    ];
  });
}

/** All credentials in all places against one behaviour of the other side, then answers sent on once more. */
function connectorsFor(mode: Mode): Definition[] {
  const every = LONG || mode === 'json' || mode === 'status500';
  const all: Step[] = secrets.credentials
    .slice(0, mode === 'json' ? undefined : EVERYWHERE)
    .flatMap((credential, n) => stepsOf(credential, `${upstream.url}/${mode}`, every && n < EVERYWHERE))
    .map((step, index) => ({
      ...step,
      request: { ...step.request, url: elsewhere(step.request?.url ?? '', index) },
      name: `s${index}`,
      response: { map: { all: 'body', head: 'headers' } },
      timeout_ms: mode === 'timeout' ? TIMEOUT_MS : 10 * SECOND,
      retry: { max_attempts: mode === 'timeout' ? 1 : 2, base_ms: 1, max_ms: 5 },
      continue_on_error: true,
    }));
  const parts = Math.ceil(all.length / STEPS_OF_CONNECTOR);
  return Array.from({ length: parts }, (_, part) =>
    relaying(mode, all.slice(part * STEPS_OF_CONNECTOR, (part + 1) * STEPS_OF_CONNECTOR)),
  );
}

const allCalls = () => upstreams.flatMap(({ calls }) => calls);
const elsewhere = (url: string, index: number) =>
  url.replace(upstream.url, upstreams[index % PORTS]?.url ?? upstream.url);

/** Failures of one behaviour are not to count for the next. */
async function forgetFailures(): Promise<void> {
  const { error } = await serviceClient(stack).from('circuits').delete().gte('failures', 0);
  if (error) throw new Error(error.message);
}

function relaying(mode: Mode, steps: Step[]): Definition {
  const relayed = steps
    .slice(0, 3)
    .map(({ name }) => ({ status: `{{steps.${name}.status}}`, body: `{{steps.${name}.body}}` }));
  return {
    name: `Echo ${mode}`,
    steps: [
      ...steps,
      {
        name: 'relay',
        request: { method: 'POST', url: `${upstream.url}/mirror`, body: { type: 'json', content: relayed } },
        continue_on_error: true,
      },
    ],
    output: { relayed, echoed: '{{steps.relay.body}}' },
    contact_mapping: { match: ['tag'], fields: { tag: mode, learnt: '{{steps.relay.body}}' } },
  };
}

async function run(definition: Definition, input: unknown = {}): Promise<Execution> {
  const { id } = await client.createConnector(definition);
  const execution = await client.ended((await client.execute(id, input)).id, MINUTE);
  executions.push(execution);
  await client.call('GET', `/api/v1/connectors/${id}/executions`);
  await client.call('GET', `/api/v1/connectors/${id}/stats`);
  return execution;
}

/** Starts an execution in some way, and waits for its end. */
async function accepted(method: string, path: string, body: unknown): Promise<void> {
  const answer = await client.call(method, path, body);
  expect([200, 202], `${path}: ${answer.text}`).toContain(answer.status);
  executions.push(await client.ended(Accepted.parse(dataOf(answer)).id, 2 * MINUTE));
}

/** Runs a connector, tries it out in every way, and runs it again. */
async function inEveryWay(definition: Definition): Promise<void> {
  const { id } = await client.createConnector(definition);
  const first = await client.ended((await client.execute(id)).id, 2 * MINUTE);
  executions.push(first);
  const fails = ['Judged', 'Limited'].includes(definition.name);
  expect(first.status, definition.name).toBe(fails ? 'failed' : 'succeeded');
  const tests = [
    { mode: 'dry_run' },
    { mode: 'live', pinned_execution_id: first.id },
    { mode: 'live', only: first.steps[0]?.name },
    { mode: 'dry_run', definition: { steps: definition.steps } },
  ];
  // The one that waits takes its time once; everything else is said of it by the others.
  const once = definition.name === 'Waits';
  for (const test of once ? [] : tests) await accepted('POST', `/api/v1/connectors/${id}/test`, test);
  if (once) return;
  // It finds what the first has kept.
  await accepted('POST', `/api/v1/executions/${first.id}/replay`, {});
  if (fails) await accepted('POST', `/api/v1/executions/${first.id}/redrive`, {});
}

/** Everything that the API says of the executions, one by one and in lists. */
async function readEverything(): Promise<void> {
  const all = ListOfIds.parse(await client.data(200, 'GET', '/api/v1/executions?limit=100'));
  const ids = new Set([...executions, ...all].map(({ id }) => id));
  for (const id of ids) {
    const { steps } = await client.execution(id);
    await client.data(200, 'GET', `/api/v1/executions/${id}/step-runs?limit=100`);
    const events = await client.call('GET', `/api/v1/executions/${id}/events`);
    expect(events.text).toContain('event: execution.');
    for (const { name } of steps.filter(({ request }) => request !== null).slice(0, SHOWN_AS_CURL))
      await client.data(200, 'GET', `/api/v1/executions/${id}/curl?step=${name}`);
  }
  const request = {
    method: 'POST',
    url: `${upstream.url}/json`,
    auth: { credential: 'bearer0' },
    headers: { 'X-Own': '{{workspace.custom2.a}}' },
  };
  await client.data(200, 'POST', '/api/v1/curl/export', { request });
  for (const path of ['dead-letters', 'connectors', 'executions', 'workspace/credentials', 'circuits'])
    await client.data(200, 'GET', `/api/v1/${path}?limit=100`);
  await client.data(200, 'GET', '/api/v1/dead-letters/summary');
  for (const { service_name } of secrets.credentials)
    await client.call('GET', `/api/v1/workspace/credentials/check/${service_name}`);
}

/** Expressions whose failure would quote what they were given. */
const SNEAKY = [
  '$number(SECRET)',
  '$error(SECRET)',
  '$assert(false, SECRET)',
  '$toMillis(SECRET)',
  '$fromMillis(0, SECRET)',
  '$formatNumber(1, SECRET)',
  '$eval(SECRET)',
  '$sum(SECRET)',
  'SECRET + 1',
  'SECRET.missing.field',
  '$encodeUrlComponent(SECRET)',
  '$string({"k": SECRET})',
  '$split(SECRET, "Z7")',
];

describe('fifty canaries', () => {
  it('are fifty or more, of all four types', () => {
    expect(secrets.secrets.length).toBeGreaterThanOrEqual(50);
    expect(new Set(secrets.secrets).size).toBe(secrets.secrets.length);
    expect(new Set(secrets.credentials.map(({ type }) => type)).size).toBe(4);
    for (const form of formsOfMarker(MARKER)) expect(form).toMatch(/^[A-Za-z0-9]+$/);
  });

  it.each(MODES)(
    'go out and come back: %s',
    async (mode) => {
      await forgetFailures();
      const before = allCalls().length;
      for (const definition of connectorsFor(mode)) {
        const execution = await run(definition);
        expect(execution.status, JSON.stringify(execution.error)).toBe('succeeded');
      }
      const least = Math.min(secrets.credentials.length, EVERYWHERE);
      expect(allCalls().length - before).toBeGreaterThanOrEqual(least);
    },
    2 * MINUTE,
  );

  it('have all arrived at the other side', () => {
    const heard = allCalls().flatMap((call) => partsOf(call).all);
    expect(secrets.secrets.filter((secret) => !heard.some((part) => part.includes(secret)))).toEqual([]);
  });

  it(
    'go out in steps of every kind, are tried out, run again and shown',
    async () => {
      const called = await client.createConnector(calledConnector(upstream.url));
      await Promise.all(kindsOfSteps(upstream.url, called.id).map((definition) => inEveryWay(definition)));
    },
    4 * MINUTE,
  );

  it(
    'go out in batches',
    async () => {
      const { id } = await client.createConnector(batchedConnector(upstream.url));
      const items = ['json', 'status500', 'garbage', 'xml', 'reset'].map((mode) => ({
        input: { mode },
        key: `item ${mode}`,
      }));
      const { id: batch } = Batch.parse(
        await client.data(202, 'POST', `/api/v1/connectors/${id}/batches`, { items }),
      );
      const over = () =>
        eventually('the end of the batch', MINUTE, async () => {
          const { status } = Batch.parse(await client.data(200, 'GET', `/api/v1/batches/${batch}`));
          return status !== 'running';
        });
      await over();
      await client.data(202, 'POST', `/api/v1/batches/${batch}/redrive`);
      await over();
      const page = await client.data(200, 'GET', `/api/v1/batches/${batch}/items?limit=100`);
      expect(page).toHaveLength(items.length);
      const lines = await client.call('GET', `/api/v1/batches/${batch}/items.ndjson`);
      expect(lines.text.trim().split('\n')).toHaveLength(items.length);
      await client.call('GET', '/api/v1/batches');
    },
    2 * MINUTE,
  );

  it('go out in steps that fail the execution', async () => {
    for (const mode of ['status500', 'status404', 'garbage', 'reset'] as const) {
      const [step] = stepsOf(secrets.credentials[0] as StoreCredential, `${upstream.url}/${mode}`, false);
      if (!step) throw new Error('no step');
      const execution = await run({
        name: `Fails ${mode}`,
        steps: [{ ...step, name: 'only', retry: { base_ms: 1 } }],
      });
      expect(execution.status).toBe('failed');
    }
  });

  it(
    'are given to expressions that fail on them',
    async () => {
      for (const source of SNEAKY) {
        const expression = source.replaceAll('SECRET', 'workspace.custom0.one');
        const answer = await client.call('POST', '/api/v1/connectors', {
          name: 'Sneaky',
          steps: [
            { name: 'only', request: { url: `${upstream.url}/mirror`, query: { q: `{{${expression}}}` } } },
          ],
        });
        expect([201, 422], answer.text).toContain(answer.status);
        const created = dataOf(answer);
        if (typeof created !== 'object' || created === null || !('id' in created)) continue;
        const accepted = await client.execute(String(created.id));
        executions.push(await client.ended(accepted.id, 20 * SECOND));
      }
    },
    MINUTE,
  );

  it('are sent to the API in requests that it refuses', async () => {
    const path = '/api/v1/workspace/credentials';
    const [secret = ''] = secrets.secrets;
    const valid = {
      service_name: 'x',
      type: 'bearer',
      fields: { token: secret },
      allowed_hosts: [upstream.host],
    };
    for (const body of [
      { ...valid, service_name: secret },
      { ...valid, type: secret },
      { ...valid, fields: { token: secret, more: secret } },
      { ...valid, fields: { token: [secret] } },
      { ...valid, allowed_hosts: [secret] },
      { ...valid, more: secret },
    ]) {
      expect((await client.call('POST', path, body)).status).toBe(422);
    }
    const broken = await fetch(`${stack.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/json' },
      body: `{"token": "${secret.replaceAll('"', '')}`,
    });
    expect(broken.status).toBe(400);
    answers.push({ status: 400, headers: broken.headers, text: await broken.text(), body: undefined });
  });

  it(
    'are not to be found in anything that can be read',
    async () => {
      await readEverything();

      const places = await everythingReadable();
      const report = places.map(({ place, texts }) => `${place}: ${texts.length} (${bytes(texts)} MB)`);
      console.log(
        `${executions.length} executions, ${allCalls().length} calls; searched ${report.join(', ')}`,
      );
      for (const { place, texts } of places) {
        expect(texts.length, place).toBeGreaterThan(0);
        const found = hits(texts, MARKER);
        expect({ place, hits: found.length, first: found.slice(0, 10) }).toEqual({
          place,
          hits: 0,
          first: [],
        });
      }
    },
    MINUTE,
  );
});

describe('the search', () => {
  it(
    'finds what is there, in every place',
    async () => {
      // The search has kept this process busy for long: it has yet to hear which connections were closed meanwhile.
      await sleep(SECOND);
      const input = { raw: PLANTED, base64: Buffer.from(`a${PLANTED}b`).toString('base64') };
      const steps = [{ name: 'only', request: { url: `${upstream.url}/json` } }];
      await run({ name: 'Planted', steps, output: { shown: '{{input.base64}}' } }, input);
      await triggerTask(stack, 'connector-execution', { executionId: PLANTED });
      await triggerTask(stack, PLANTED, {});
      stack.lines.push(`test: ${Buffer.from(PLANTED).toString('base64')}`);
      const places = await everythingReadable();
      for (const { place, texts } of places) expect(hits(texts, PLANTED).length, place).toBeGreaterThan(0);
      for (const form of formsOfMarker(PLANTED)) expect(hits([`x${form}y`], PLANTED)).toHaveLength(1);
    },
    MINUTE,
  );
});

type Place = { place: string; texts: string[] };

async function everythingReadable(): Promise<Place[]> {
  return [
    {
      place: 'API responses',
      texts: answers.map(({ status, headers, text }) => `${status} ${JSON.stringify([...headers])} ${text}`),
    },
    { place: 'log lines', texts: stack.lines },
    { place: 'rows', texts: await everyRow() },
    {
      place: 'files of the task runtime',
      texts: files(stack.dataDir).filter(isOf('trigger.db')).map(contentOf),
    },
    { place: 'all files', texts: files(stack.dataDir).map(contentOf) },
  ];
}

const isOf = (name: string) => (path: string) => path.split('/').at(-1)?.startsWith(name) === true;
const contentOf = (path: string) => readFileSync(path, 'latin1');
const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Every row of every table that the migrations make, as JSON. Sealed columns too: they must not be readable. */
async function everyRow(): Promise<string[]> {
  const database = serviceClient(stack);
  const sql = readdirSync(MIGRATIONS).map((file) => readFileSync(join(MIGRATIONS, file), 'utf8'));
  const tables = sql.flatMap((text) =>
    [...text.matchAll(/create table public\.(\w+)/g)].map(([, name]) => name ?? ''),
  );
  expect(tables.length).toBeGreaterThan(10);
  const rows = await Promise.all(
    tables.map(async (table) => {
      const found: string[] = [];
      for (;;) {
        const { data, count, error } = await database
          .from(table)
          .select('*', { count: 'exact' })
          .range(found.length, found.length + ROWS_PER_ANSWER - 1);
        if (error) throw new Error(`${table}: ${error.message}`);
        found.push(...data.map((row) => `${table} ${JSON.stringify(row)}`));
        if (data.length === 0 || found.length >= (count ?? 0)) {
          expect(found.length, table).toBe(count);
          return found;
        }
      }
    }),
  );
  return rows.flat();
}

/** Where a marker stands, in any form, with what is around it. */
function hits(texts: readonly string[], marker: string): string[] {
  const forms = formsOfMarker(marker);
  return texts.flatMap((text) =>
    forms.flatMap((form) => {
      const at = text.indexOf(form);
      return at < 0
        ? []
        : [`${text.slice(0, 80)} … ${text.slice(Math.max(0, at - 80), at + form.length + 40)}`];
    }),
  );
}

function bytes(texts: readonly string[]): string {
  return (texts.reduce((sum, text) => sum + text.length, 0) / 1_000_000).toFixed(1);
}
