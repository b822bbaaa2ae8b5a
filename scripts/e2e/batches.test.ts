/**
 * Batches on the whole stack.
 *
 * | promise | test |
 * |---|---|
 * | every item ends, once, when the process that runs them is killed in their middle | "kill -9" |
 * | what is started for somebody who waits starts soon, whatever batches there are | "a large batch" |
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Batch } from '../../core/batch/schema.ts';
import { type Client, newClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { descendants } from './support/processes.ts';
import { LONG, MINUTE, SECOND } from './support/size.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';
import { json, startUpstream, type Upstream } from './support/upstream.ts';

const KILLS = LONG ? 10 : 2;
const ITEMS = LONG ? 600 : 120;
/** Twice the time that an item takes, and what starting takes on a machine that has other things to do. */
const STARTED_WITHIN_MS = 5 * SECOND;

let stack: TestStack;
let upstream: Upstream;
let client: Client;
let answerAfterMs = 0;

beforeAll(async () => {
  upstream = await startUpstream(async (_call, response) => {
    await sleep(answerAfterMs);
    json(response, { ok: true });
  });
  stack = await startTestStack();
  client = await newClient(stack);
});
afterAll(async () => {
  await stack?.close();
  await upstream?.stop();
});

const connectorOf = (owner: Client) =>
  owner.createConnector({
    name: 'One call',
    steps: [{ name: 'call', request: { url: `${upstream.url}/{{input.place}}/{{input.n}}` } }],
    output: { n: '{{input.n}}' },
  });
async function startBatch(owner: Client, connector: string, items: number, place: string): Promise<Batch> {
  const body = {
    items: Array.from({ length: items }, (_, n) => ({ input: { n, place }, key: `item-${n}` })),
  };
  return Batch.parse(await owner.data(202, 'POST', `/api/v1/connectors/${connector}/batches`, body));
}
const read = async (owner: Client, id: string) =>
  Batch.parse(await owner.data(200, 'GET', `/api/v1/batches/${id}`));
const ended = (owner: Client, id: string, withinMs: number) =>
  eventually(`the end of batch ${id}`, withinMs, async () => {
    const batch = await read(owner, id);
    return batch.status !== 'running' && batch;
  });

it(
  'ends every item, each once, when its process is killed with kill -9 in the middle',
  async () => {
    answerAfterMs = 20;
    const { id } = await connectorOf(client);
    const batch = await startBatch(client, id, ITEMS, 'killed');
    const callsOf = () => upstream.calls.filter(({ path }) => path.startsWith('/killed/'));
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await eventually(
        'the middle of the batch',
        MINUTE,
        () => callsOf().length > (kill * ITEMS) / (KILLS + 2),
      );
      expect((await read(client, batch.id)).status).toBe('running');
      for (const child of descendants(stack.trigger.pid() ?? 0)) process.kill(child.pid, 'SIGKILL');
    }
    expect(await ended(client, batch.id, 2 * MINUTE)).toMatchObject({
      status: 'completed',
      total: ITEMS,
      counts: { queued: 0, running: 0, succeeded: ITEMS, failed: 0, timed_out: 0, cancelled: 0 },
    });
    expect(await client.data(200, 'GET', `/api/v1/connectors/${id}`)).toMatchObject({
      success_count: ITEMS,
      failure_count: 0,
    });
    const calls = Map.groupBy(callsOf(), ({ path }) => path);
    expect(calls.size).toBe(ITEMS);
    // A read whose answer was lost is made again; one whose answer was written down is not.
    const repeated = [...calls.values()].filter((ofItem) => ofItem.length > 1);
    expect(repeated.length).toBeLessThanOrEqual(KILLS * 20);
  },
  4 * MINUTE,
);

it(
  'starts what somebody waits for soon, in its own workspace and in others, while a large batch runs',
  async () => {
    answerAfterMs = 500;
    const neighbour = await newClient(stack);
    const connectors = new Map<Client, string>();
    for (const owner of [client, neighbour]) connectors.set(owner, (await connectorOf(owner)).id);
    const startsOf = async (owner: Client, times: number) => {
      const waits: number[] = [];
      for (let n = 0; n < times; n += 1) {
        const { id } = await owner.execute(connectors.get(owner) ?? '', { n, place: 'alone' });
        const { created_at, started_at } = await owner.ended(id, MINUTE);
        waits.push(Date.parse(started_at ?? '') - Date.parse(created_at));
      }
      return waits.sort((a, b) => a - b);
    };
    const before = [...(await startsOf(client, 3)), ...(await startsOf(neighbour, 3))].sort((a, b) => a - b);
    const batch = await startBatch(client, connectors.get(client) ?? '', 300, 'slow');
    await eventually(
      'the first items',
      MINUTE,
      async () => (await read(client, batch.id)).counts.running > 0,
    );
    // The stack keeps one process warm, which the batch has now. What starting a second one takes is no wait in line.
    await startsOf(client, 1);
    const [own, others] = await Promise.all([startsOf(client, 4), startsOf(neighbour, 4)]);
    const meanwhile = await read(client, batch.id);
    console.log(
      `started after ms: alone ${before}; beside a batch ${own} (its workspace), ${others} (another)`,
    );
    expect(meanwhile.status).toBe('running');
    expect(Math.max(...own, ...others)).toBeLessThan(STARTED_WITHIN_MS);
    await client.data(200, 'POST', `/api/v1/batches/${batch.id}/cancel`);
    expect((await ended(client, batch.id, 10 * SECOND)).status).toBe('cancelled');
  },
  3 * MINUTE,
);
