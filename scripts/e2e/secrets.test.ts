/**
 * No response, log line, stored step, error or task payload contains a credential's value.
 *
 * Twenty canaries go out by connectors that use every type of credential in every place, to a service that says all of
 * it back, over successes and failures. Then everything that can be read is searched for them.
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as z from 'zod';
import type { CreateConnector } from '../../core/connector/schema.ts';
import type { StoreCredential } from '../../core/credential/schema.ts';
import type { Execution } from '../../core/execution/schema.ts';
import { type Canaries, canaries, formsOfMarker, MARKER } from './support/canaries.ts';
import { type Answer, type Client, dataOf, newClient, serviceClient } from './support/client.ts';
import { echo, MODES, type Mode, partsOf } from './support/echo.ts';
import { LONG, MINUTE, SECOND } from './support/size.ts';
import { triggerTask } from './support/task-runtime.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';

type Definition = z.input<typeof CreateConnector>;
type Step = Definition['steps'][number];

const MIGRATIONS = join(import.meta.dirname, '../../supabase/migrations');
const TIMEOUT_MS = 100;
/** Not a secret: put into an input, which is stored as it is, to see that the search finds what is there. */
const PLANTED = 'qZ7Planted9Xw';

let stack: TestStack;
let upstream: Upstream;
let client: Client;
let secrets: Canaries;
const answers: Answer[] = [];
const executions: Execution[] = [];

beforeAll(async () => {
  upstream = await startUpstream(echo);
  secrets = canaries(upstream.host);
  stack = await startTestStack({ taskConcurrency: 2 });
  client = await newClient(stack, { onAnswer: (answer) => answers.push(answer) });
  for (const credential of secrets.credentials)
    await client.data(201, 'POST', '/api/v1/workspace/credentials', credential);
});
afterAll(async () => {
  await stack?.close();
  await upstream?.stop();
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

/** All credentials in all places against one behaviour of the other side, then the answers sent on once more. */
function connectorFor(mode: Mode): Definition {
  const everyPlace = LONG || mode === 'json' || mode === 'status500';
  const steps: Step[] = secrets.credentials
    .flatMap((credential) => stepsOf(credential, `${upstream.url}/${mode}`, everyPlace))
    .map((step, index) => ({
      ...step,
      name: `s${index}`,
      response: { map: { all: 'body', head: 'headers' } },
      timeout_ms: mode === 'timeout' ? TIMEOUT_MS : 10 * SECOND,
      retry: { max_attempts: mode === 'timeout' ? 1 : 2, base_ms: 1, max_ms: 5 },
      continue_on_error: true,
    }));
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

describe('twenty canaries', () => {
  it('are twenty or more, of all four types', () => {
    expect(secrets.secrets.length).toBeGreaterThanOrEqual(20);
    expect(new Set(secrets.secrets).size).toBe(secrets.secrets.length);
    expect(new Set(secrets.credentials.map(({ type }) => type)).size).toBe(4);
    for (const form of formsOfMarker(MARKER)) expect(form).toMatch(/^[A-Za-z0-9]+$/);
  });

  it.each(MODES)(
    'go out and come back: %s',
    async (mode) => {
      const before = upstream.calls.length;
      const execution = await run(connectorFor(mode));
      expect(execution.status, JSON.stringify(execution.error)).toBe('succeeded');
      expect(upstream.calls.length - before).toBeGreaterThanOrEqual(secrets.credentials.length);
    },
    2 * MINUTE,
  );

  it('have all arrived at the other side', () => {
    const heard = upstream.calls.flatMap((call) => partsOf(call).all);
    expect(secrets.secrets.filter((secret) => !heard.some((part) => part.includes(secret)))).toEqual([]);
  });

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
      for (const { id } of executions) await client.call('GET', `/api/v1/executions/${id}`);
      for (const path of ['connectors', 'executions', 'workspace/credentials'])
        await client.call('GET', `/api/v1/${path}?limit=100`);
      for (const { service_name } of secrets.credentials)
        await client.call('GET', `/api/v1/workspace/credentials/check/${service_name}`);

      const places = await everythingReadable();
      const report = places.map(({ place, texts }) => `${place}: ${texts.length} (${bytes(texts)} MB)`);
      console.log(
        `${executions.length} executions, ${upstream.calls.length} calls; searched ${report.join(', ')}`,
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
      const { data, error } = await database.from(table).select('*').limit(10_000);
      if (error) throw new Error(`${table}: ${error.message}`);
      return data.map((row) => `${table} ${JSON.stringify(row)}`);
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
