/** The parts of the stack are killed one after the other while executions run: none is lost, none is doubled. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Client, newClient, serviceClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { LONG, MINUTE, SECOND } from './support/size.ts';
import { sweep } from './support/task-runtime.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';
import { json, startUpstream, type Upstream } from './support/upstream.ts';

const EXECUTIONS = LONG ? 100 : 30;
/** As slow as a service elsewhere, so that the queue does not run empty before the restarts. */
const LATENCY_MS = 60;
/** Sent to the API at the same time. */
const SENDERS = 4;

let stack: TestStack;
let upstream: Upstream;
let client: Client;

beforeAll(async () => {
  upstream = await startUpstream(async (_call, response) => {
    await sleep(LATENCY_MS);
    json(response, { ok: true });
  });
  stack = await startTestStack({ taskConcurrency: 2 });
  client = await newClient(stack);
});
afterAll(async () => {
  await stack?.close();
  await upstream?.stop();
});

const connector = () =>
  client.createConnector({
    name: 'Two steps',
    steps: [
      { name: 'read', request: { url: `${upstream.url}/read/{{execution.id}}` } },
      {
        name: 'write',
        request: {
          method: 'POST',
          url: `${upstream.url}/write/{{execution.id}}`,
          body: { type: 'json', content: { n: '{{input.n}}' } },
        },
        idempotency_key: true,
      },
    ],
    output: { n: '{{input.n}}' },
  });

const Row = z.object({
  id: z.uuid(),
  status: z.string(),
  output: z.object({ n: z.int() }).nullable(),
});
async function rowsOf(connectorId: string) {
  const { data, error } = await serviceClient(stack)
    .from('connector_executions')
    .select('id, status, output')
    .eq('connector_id', connectorId)
    .limit(1000);
  if (error) throw new Error(error.message);
  return z.array(Row).parse(data);
}

/** Sends `count` executions, `SENDERS` at a time. */
async function executeMany(connectorId: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  let next = 0;
  const sender = async () => {
    while (next < count) {
      const n = next;
      next += 1;
      ids.push((await client.execute(connectorId, { n })).id);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  return ids;
}

const writes = () => upstream.calls.filter(({ path }) => path.startsWith('/write/'));
const keysOf = (calls: Upstream['calls']) => new Set(calls.map(({ headers }) => headers['idempotency-key']));

/** None lost: each was accepted once and has succeeded. None doubled: one key each, and each counted once. */
async function expectAllOnce(connectorId: string, ids: readonly string[]): Promise<void> {
  const rows = await rowsOf(connectorId);
  expect(rows.map(({ id }) => id).sort()).toEqual([...ids].sort());
  expect(rows.filter(({ status }) => status !== 'succeeded')).toEqual([]);
  const own = writes().filter(({ path }) => ids.includes(path.split('/').at(-1) ?? ''));
  expect(keysOf(own).size).toBe(ids.length);
  expect(await client.data(200, 'GET', `/api/v1/connectors/${connectorId}`)).toMatchObject({
    success_count: ids.length,
    failure_count: 0,
  });
}

/** Waits until all have ended; sweeps meanwhile, where the sweeper of its own accord would take up to a minute. */
async function allEnded(connectorId: string, count: number, withinMs: number): Promise<void> {
  let sweptAt = performance.now();
  await eventually(
    `the end of ${count} executions`,
    withinMs,
    async () => {
      const open = (await rowsOf(connectorId)).filter(({ status }) => /queued|running/.test(status));
      if (performance.now() - sweptAt > 5 * SECOND) {
        sweptAt = performance.now();
        await sweep(stack);
      }
      return open.length === 0;
    },
    200,
  );
}

describe('restarts in the middle of queued executions', () => {
  it(
    `ends all ${EXECUTIONS} when Worker, task runtime and database are killed one after the other`,
    async () => {
      const { id } = await connector();
      const ids = await executeMany(id, EXECUTIONS);
      const waitFor = (share: number) =>
        eventually(`${share} of the executions`, MINUTE, () => keysOf(writes()).size >= EXECUTIONS * share);
      const from = performance.now();
      const restarts: [number, string, () => Promise<void>][] = [
        [0.1, 'Worker', () => stack.worker.restart('SIGKILL')],
        [0.3, 'task runtime', () => stack.trigger.restart('SIGKILL')],
        [0.5, 'database', () => stack.database.restart('SIGKILL')],
      ];
      for (const [share, name, restart] of restarts) {
        await waitFor(share);
        const left = EXECUTIONS - keysOf(writes()).size;
        const at = performance.now();
        await restart();
        console.log(`${name} back after ${Math.round(performance.now() - at)} ms, ${left} executions left`);
        expect(left, 'in the middle').toBeGreaterThan(0);
      }
      await allEnded(id, EXECUTIONS, 2 * MINUTE);
      console.log(
        `${EXECUTIONS} executions ended ${Math.round(performance.now() - from)} ms after the first restart; ` +
          `${writes().length} writes, ${keysOf(writes()).size} keys`,
      );
      await expectAllOnce(id, ids);
    },
    4 * MINUTE,
  );
});

describe('a trigger that is lost', () => {
  it(
    'leaves the execution queued, and the sweeper starts it once',
    async () => {
      const { id } = await connector();
      const pid = stack.trigger.pid();
      if (pid === undefined) throw new Error('the task runtime has no process');
      process.kill(pid, 'SIGKILL');
      const ids = await executeMany(id, 3);
      await eventually('the warning of the Worker', 10 * SECOND, () =>
        ids.every((one) => stack.lines.some((line) => line.includes('trigger_failed') && line.includes(one))),
      );
      await eventually(
        'the task runtime',
        20 * SECOND,
        () => stack.trigger.pid() !== pid && runtimeAnswers(),
      );
      expect((await rowsOf(id)).map(({ status }) => status)).toEqual(['queued', 'queued', 'queued']);

      // As if the time after which a trigger counts as lost had passed.
      const old = new Date(Date.now() - MINUTE).toISOString();
      const aged = await serviceClient(stack)
        .from('connector_executions')
        .update({ queued_at: old })
        .in('id', ids);
      expect(aged.error).toBeNull();
      await sweep(stack);
      await sweep(stack);
      await eventually('the end of all', 30 * SECOND, async () =>
        (await rowsOf(id)).every(({ status }) => status === 'succeeded'),
      );
      await expectAllOnce(id, ids);
      const calls = writes().filter(({ path }) => ids.includes(path.split('/').at(-1) ?? ''));
      expect(calls).toHaveLength(3);
    },
    MINUTE,
  );
});

async function runtimeAnswers(): Promise<boolean> {
  try {
    return (await fetch(`${stack.triggerUrl}/healthcheck`)).ok;
  } catch {
    return false;
  }
}
