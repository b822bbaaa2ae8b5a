/**
 * What other services do wrong, on the whole stack.
 *
 * | promise | test |
 * |---|---|
 * | each fault ends in its error class and code, after the attempts it is worth | "each fault" |
 * | within the time that the step allows | "each fault" |
 * | the task's process stays below 300 MiB and serves the next one | "each fault" |
 * | a service that keeps failing is left alone, tried once, and used again when it is back | "a circuit" |
 *
 * All executions are items of one batch, so that one process meets all faults, up to twenty at the same time and mostly
 * alike: 1 GB twenty times over is its worst case.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { Batch } from '../../core/batch/schema.ts';
import type { StepInput } from '../../core/connector/step-schema.ts';
import { type Client, newClient, serviceClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { type FaultServer, startDeafPorts, startFaultServer } from './support/fault-server.ts';
import { FAULTS, type Fault } from './support/faults.ts';
import { watchMemory } from './support/memory.ts';
import { LONG, MINUTE, SECOND } from './support/size.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';
import { json, startUpstream } from './support/upstream.ts';

const TIMES = LONG ? 50 : 1;
const ATTEMPTS = 2;
/** Of one execution, besides what its steps may wait: the process does twenty at a time, the machine other things. */
const SLACK_MS = 10 * SECOND;
const DEFAULT_TIMEOUT_MS = 30 * SECOND;
const MAX_CHILD_BYTES = 300 * 1024 * 1024;
/** Twenty failures in a row open a circuit, which is another test: fewer than that meet the same port. */
const ITEMS_PER_PORT = Math.floor(19 / ATTEMPTS);
/** Reserved, and nothing listens there. */
const CLOSED_PORTS = 20;
/** Of one answer of the database. */
const PAGE = 1_000;

let stack: TestStack;
let client: Client;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  stack = await startTestStack();
  client = await newClient(stack);
});
afterAll(async () => {
  await stack?.close();
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

type Service = { originOf: (item: number) => string; servers: readonly FaultServer[] };

/** Enough ports with the fault on them that no circuit opens. */
async function serviceOf({ at }: Fault): Promise<Service> {
  const count = Math.ceil(TIMES / ITEMS_PER_PORT);
  const nth = (origins: readonly string[]) => (item: number) => origins[item % origins.length] ?? '';
  if (at === 'unknown name') return { originOf: (item) => `http://nobody-${item}.invalid`, servers: [] };
  if (at === 'closed port') {
    return { originOf: (item) => `http://127.0.0.1:${1 + (item % CLOSED_PORTS)}`, servers: [] };
  }
  if (at === 'deaf port') {
    const deaf = await startDeafPorts(count);
    cleanups.push(deaf.close);
    return { originOf: nth(deaf.origins), servers: [] };
  }
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      if (typeof at === 'function') return startFaultServer(at);
      if (at === 'plain text to https') return startFaultServer(({ socket }) => socket.end('who is this?\n'));
      return startFaultServer(at.tls, true);
    }),
  );
  cleanups.push(...servers.map(({ close }) => close));
  const scheme = at === 'plain text to https' ? 'https' : undefined;
  return {
    servers,
    originOf: nth(servers.map(({ origin }) => (scheme ? origin.replace('http:', 'https:') : origin))),
  };
}

/** One connector for all faults, since a batch is of one: the input says which step runs. */
const stepOf = (fault: Fault): StepInput => ({
  name: fault.name,
  request: { url: '{{input.url}}' },
  retry: { max_attempts: ATTEMPTS, base_ms: 1, max_ms: 5 },
  timeout_ms: DEFAULT_TIMEOUT_MS,
  ...fault.step,
});
/** What ends by its clock has that time; anything else ends before that of its step. */
const budgetOf = ({ step, attempts }: Fault) =>
  step?.timeout_ms === undefined ? DEFAULT_TIMEOUT_MS : step.timeout_ms * attempts + SLACK_MS;

const Row = z.object({
  id: z.string(),
  batch_index: z.int(),
  status: z.string(),
  output: z.object({ body: z.unknown() }).nullable(),
  error: z.object({ class: z.string(), code: z.string() }).nullable(),
  started_at: z.string(),
  finished_at: z.string(),
  connector_step_runs: z.array(z.object({ step_name: z.string(), attempt: z.int(), status: z.string() })),
});
type Row = z.infer<typeof Row>;

async function rowsOf(batchId: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const { data, error } = await serviceClient(stack)
      .from('connector_executions')
      .select(
        'id, batch_index, status, output, error, started_at, finished_at, connector_step_runs(step_name, attempt, status)',
      )
      .eq('batch_id', batchId)
      .order('batch_index')
      .range(rows.length, rows.length + PAGE - 1);
    if (error) throw new Error(error.message);
    rows.push(...z.array(Row).parse(data));
    if (data.length < PAGE) return rows;
  }
}

async function batchOf(connectorId: string, inputs: readonly object[], withinMs: number): Promise<Batch> {
  const items = inputs.map((input) => ({ input }));
  const path = `/api/v1/connectors/${connectorId}/batches`;
  const { id } = Batch.parse(await client.data(202, 'POST', path, { items }));
  return eventually(`the end of batch ${id}`, withinMs, async () => {
    const batch = Batch.parse(await client.data(200, 'GET', `/api/v1/batches/${id}`));
    return batch.status !== 'running' && batch;
  });
}

it('knows thirty faults or more, each of its own name', () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  expect(FAULTS.length).toBeGreaterThanOrEqual(30);
});

it(
  `each fault, ${TIMES} times, ends in its class within its time, and the process stays small`,
  async () => {
    const services = await Promise.all(FAULTS.map(serviceOf));
    const { id } = await client.createConnector({
      name: 'Faults',
      steps: [
        {
          name: 'which',
          switch: {
            cases: FAULTS.map((fault) => ({ when: `input.fault = '${fault.name}'`, steps: [stepOf(fault)] })),
          },
        },
      ],
      output: { body: '{{$lookup(steps, input.fault).body}}' },
    });
    const memory = watchMemory(() => stack.trigger.pid());
    const inputs = services.flatMap(({ originOf }, at) =>
      Array.from({ length: TIMES }, (_, item) => ({
        fault: FAULTS[at]?.name,
        url: `${originOf(item)}/${item}`,
      })),
    );
    const startedAt = Date.now();
    const batch = await batchOf(id, inputs, LONG ? 20 * MINUTE : 2 * MINUTE);
    const peaks = memory.stop();

    const rows = await rowsOf(batch.id);
    expect(rows).toHaveLength(FAULTS.length * TIMES);
    const byFault = Map.groupBy(rows, ({ batch_index }) => Math.floor(batch_index / TIMES));
    const slowest: string[] = [];
    const wrong = FAULTS.flatMap((fault, at) => {
      const ended = byFault.get(at) ?? [];
      const times = ended.map((row) => Date.parse(row.finished_at) - Date.parse(row.started_at));
      slowest.push(`${fault.name} ${Math.max(...times)}`);
      const apart = apartOf(services[at]);
      return [
        ...ended.flatMap((row) => wrongOf(fault, row)),
        ...times.filter((ms) => ms > budgetOf(fault)).map((ms) => `${fault.name} took ${ms} ms`),
        ...apart.filter((ms) => ms < (fault.apartMs ?? 0)).map((ms) => `${fault.name} came after ${ms} ms`),
      ];
    });
    const mib = [...peaks.values()].map((bytes) => Math.round(bytes / 1024 / 1024));
    console.log(
      `${rows.length} executions in ${Math.round((Date.now() - startedAt) / 100) / 10} s; most memory of each process, MiB: ${mib}; longest, ms: ${slowest.join(', ')}`,
    );
    expect(wrong).toEqual([]);
    expect(peaks.size).toBeGreaterThan(0);
    expect(Math.max(...peaks.values())).toBeLessThan(MAX_CHILD_BYTES);
  },
  LONG ? 25 * MINUTE : 3 * MINUTE,
);

function wrongOf(fault: Fault, { status, error, output, connector_step_runs: runs }: Row): string[] {
  const ends = error === null ? status : `${error.class}/${error.code}`;
  const attempts = runs.filter(({ step_name }) => step_name === fault.name).length;
  const body = 'body' in fault && JSON.stringify(output?.body) !== JSON.stringify(fault.body);
  return [
    ...(ends === fault.ends ? [] : [`${fault.name} ended as ${ends}`]),
    ...(attempts === fault.attempts ? [] : [`${fault.name} made ${attempts} attempts`]),
    ...(body ? [`${fault.name} has the body ${JSON.stringify(output?.body)}`] : []),
  ];
}

/** Between the first and the second visit of each target. */
function apartOf(service: Service | undefined): number[] {
  return (service?.servers ?? []).flatMap(({ visits }) =>
    [...visits.values()].flatMap(([first, second]) =>
      first !== undefined && second !== undefined ? [second - first] : [],
    ),
  );
}

it(
  'a circuit opens after twenty failures, lets one probe through when its time is over, and closes when that succeeds',
  async () => {
    let healthy = false;
    const upstream = await startUpstream((_call, response) => json(response, {}, healthy ? 200 : 503));
    cleanups.push(() => upstream.stop());
    const { id } = await client.createConnector({
      name: 'Circuit',
      steps: [{ name: 'only', request: { url: `${upstream.url}/` }, retry: { max_attempts: 1 } }],
    });
    const ends = async (count: number) => {
      const { id: batchId } = await batchOf(
        id,
        Array.from({ length: count }, () => ({})),
        MINUTE,
      );
      return Map.groupBy(await rowsOf(batchId), ({ status, error }) => error?.code ?? status);
    };
    const circuit = async () => {
      const { data, error } = await serviceClient(stack)
        .from('circuits')
        .select('id, failures, opened_at')
        .eq('host', upstream.host);
      if (error) throw new Error(error.message);
      return data[0];
    };

    const first = await ends(60);
    expect([...first.keys()].sort()).toEqual(['circuit_open', 'http_503']);
    // Those that open it, and those that were under way.
    expect(upstream.calls.length).toBeGreaterThanOrEqual(20);
    expect(upstream.calls.length).toBeLessThan(20 + 20);
    expect((await circuit())?.opened_at).not.toBeNull();

    const whenOpened = upstream.calls.length;
    expect((await ends(20)).get('circuit_open')).toHaveLength(20);
    expect(upstream.calls).toHaveLength(whenOpened);

    healthy = true;
    await halfMinuteLater(upstream.host);
    const probed = await ends(20);
    // While the probe is under way the others are refused; all that come after it pass.
    expect(probed.get('succeeded')?.length).toBeGreaterThanOrEqual(1);
    expect([...probed.keys()].filter((end) => end !== 'succeeded' && end !== 'circuit_open')).toEqual([]);
    expect((await ends(20)).get('succeeded')).toHaveLength(20);
    expect((await circuit())?.opened_at).toBeNull();
  },
  4 * MINUTE,
);

/** Waits for it in the full size; else moves the circuit's time back, of which processes hear within seconds. */
async function halfMinuteLater(host: string): Promise<void> {
  if (LONG) return sleep(31 * SECOND);
  const { error } = await serviceClient(stack)
    .from('circuits')
    .update({ retry_at: new Date(0).toISOString() })
    .eq('host', host);
  if (error) throw new Error(error.message);
  await sleep(6 * SECOND);
}
