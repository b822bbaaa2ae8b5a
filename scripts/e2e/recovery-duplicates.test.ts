/** One event, told many times at once, as senders of webhooks and impatient clients do: one execution. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { Execution } from '../../core/execution/schema.ts';
import { type Client, dataOf, newClient, serviceClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { LONG, MINUTE } from './support/size.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';
import { json, startUpstream, type Upstream } from './support/upstream.ts';

const EVENTS = LONG ? 1000 : 20;
const DUPLICATES = 10;
/** Events that are told at the same time, each with all of its duplicates. */
const EVENTS_AT_ONCE = 4;
/** Tries of a duplicate that came while another one was being written (409) or had no answer (503), as senders make them. */
const MAX_TRIES = 20;
const WITHIN_MS = LONG ? 20 * MINUTE : 2 * MINUTE;

let stack: TestStack;
let upstream: Upstream;
let client: Client;

beforeAll(async () => {
  upstream = await startUpstream((_call, response) => json(response, { ok: true }));
  stack = await startTestStack();
  client = await newClient(stack);
});
afterAll(async () => {
  await stack?.close();
  await upstream?.stop();
});

type Told = { id: string; replayed: boolean; busy: number };

async function tell(connectorId: string, event: number, key: string): Promise<Told> {
  for (let busy = 0; busy < MAX_TRIES; busy += 1) {
    const answer = await client.call(
      'POST',
      `/api/v1/connectors/${connectorId}/execute`,
      { input: { event } },
      { 'idempotency-key': key },
    );
    if (answer.status === 409 || answer.status === 503) continue;
    if (answer.status !== 202) throw new Error(`${answer.status}: ${answer.text}`);
    const { id } = Execution.parse(dataOf(answer));
    return { id, replayed: answer.headers.get('idempotency-replayed') === 'true', busy };
  }
  throw new Error(`event ${event} was busy ${MAX_TRIES} times`);
}

it(
  `makes ${EVENTS} executions of ${EVENTS} events that are told ${DUPLICATES} times each, at the same time`,
  async () => {
    const { id } = await client.createConnector({
      name: 'One call',
      steps: [
        {
          name: 'call',
          request: { method: 'POST', url: `${upstream.url}/event/{{input.event}}` },
        },
      ],
      output: '{{input.event}}',
    });
    const from = performance.now();
    const told: Told[][] = [];
    let next = 0;
    const teller = async () => {
      while (next < EVENTS) {
        const event = next;
        next += 1;
        const key = randomUUID();
        told[event] = await Promise.all(Array.from({ length: DUPLICATES }, () => tell(id, event, key)));
      }
    };
    await Promise.all(Array.from({ length: EVENTS_AT_ONCE }, teller));
    const busy = told.flat().reduce((sum, one) => sum + one.busy, 0);
    console.log(
      `${EVENTS} × ${DUPLICATES} told in ${Math.round(performance.now() - from)} ms; ${busy} had to be told again`,
    );

    expect(told.filter((answers) => new Set(answers.map((one) => one.id)).size !== 1)).toEqual([]);
    // The first one is no replay, unless its answer was lost; the others are.
    expect(told.filter((answers) => answers.filter(({ replayed }) => !replayed).length > 1)).toEqual([]);
    expect(new Set(told.flat().map((one) => one.id)).size).toBe(EVENTS);

    const count = async (filter?: string) => {
      const query = serviceClient(stack)
        .from('connector_executions')
        .select('id', { count: 'exact', head: true })
        .eq('connector_id', id);
      const answer = await (filter === undefined ? query : query.eq('status', filter));
      return z.int().parse(answer.count);
    };
    await eventually('the end of all', WITHIN_MS, async () => (await count('succeeded')) >= EVENTS, 500);
    console.log(`all ended after ${Math.round(performance.now() - from)} ms`);
    expect(await count()).toBe(EVENTS);
    const calls = upstream.calls.map(({ path }) => path);
    expect(calls).toHaveLength(EVENTS);
    expect(new Set(calls).size).toBe(EVENTS);
    expect(await client.data(200, 'GET', `/api/v1/connectors/${id}`)).toMatchObject({
      success_count: EVENTS,
      failure_count: 0,
    });
  },
  2 * WITHIN_MS,
);
