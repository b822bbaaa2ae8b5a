import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Execution } from '../../core/execution/schema.ts';
import { type Client, dataOf, newClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { SECOND } from './support/size.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';
import { json, startUpstream, type Upstream } from './support/upstream.ts';

/** The promise: a cancelled execution starts no new step, and its call in flight is aborted, within this. */
const CANCEL_MS = 5 * SECOND;

let stack: TestStack;
let upstream: Upstream;
let client: Client;
let slow: string;
let fast: string;

beforeAll(async () => {
  upstream = await startUpstream((call, response) => {
    // A slow call is never answered: only the caller can end it.
    if (!call.path.startsWith('/slow')) json(response, { path: call.path });
  });
  // One at a time, so that a second execution waits in the queue.
  stack = await startTestStack({ taskConcurrency: 1 });
  client = await newClient(stack);
  const connector = async (name: string, path: string) =>
    (
      await client.createConnector({
        name,
        steps: [
          { name: 'first', request: { url: `${upstream.url}${path}/{{input.tag}}` } },
          { name: 'second', request: { url: `${upstream.url}/second/{{input.tag}}` } },
        ],
        output: '{{steps.second.body.path}}',
      })
    ).id;
  slow = await connector('Slow', '/slow');
  fast = await connector('Fast', '/fast');
});
afterAll(async () => {
  await stack?.close();
  await upstream?.stop();
});

const cancel = (id: string) => client.call('POST', `/api/v1/executions/${id}/cancel`);
const callsOf = (tag: string) => upstream.calls.filter(({ path }) => path.endsWith(`/${tag}`));

describe('cancel', () => {
  it('ends a running execution and aborts its call in flight within 5 s, while a queued one never starts', async () => {
    const running = await client.execute(slow, { tag: 'running' });
    const call = await eventually('the call', 20 * SECOND, () => callsOf('running')[0]);
    const queued = await client.execute(fast, { tag: 'queued' });

    const cancelledQueued = await cancel(queued.id);
    expect(cancelledQueued.status).toBe(200);
    expect(dataOf(cancelledQueued)).toMatchObject({
      status: 'cancelled',
      error: { class: 'cancelled', step: null },
    });

    const from = performance.now();
    const cancelled = await cancel(running.id);
    expect(cancelled.status).toBe(200);
    expect(Execution.parse(dataOf(cancelled)).cancel_requested_at).not.toBeNull();
    await eventually('the closed connection', CANCEL_MS, () => call.closedEarly);
    const ended = await client.ended(running.id, CANCEL_MS);
    console.log(`cancelled after ${Math.round(performance.now() - from)} ms`);
    expect(performance.now() - from).toBeLessThan(CANCEL_MS);
    expect(ended).toMatchObject({ status: 'cancelled', error: { class: 'cancelled', step: 'first' } });
    expect(ended.steps.map(({ name, status }) => [name, status])).toEqual([['first', 'cancelled']]);

    // The queued one's task run has had its turn once a later execution ends.
    await client.ended((await client.execute(fast, { tag: 'later' })).id, 20 * SECOND);
    expect(callsOf('queued')).toEqual([]);
    expect((await client.execution(queued.id)).status).toBe('cancelled');
    expect(callsOf('running').map(({ path }) => path)).toEqual(['/slow/running']);
  });

  it('answers 409 for a finished execution, and leaves it as it is', async () => {
    const { id } = await client.execute(fast, { tag: 'finished' });
    const before = await client.ended(id, 20 * SECOND);
    const answer = await cancel(id);
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'execution_finished', status: 409 });
    expect(await client.execution(id)).toEqual(before);
  });

  it('may be asked for twice', async () => {
    const { id } = await client.execute(slow, { tag: 'twice' });
    await eventually('the call', 20 * SECOND, () => callsOf('twice')[0]);
    expect((await cancel(id)).status).toBe(200);
    expect((await cancel(id)).status).toBe(200);
    expect((await client.ended(id, CANCEL_MS)).status).toBe('cancelled');
    expect((await cancel(id)).status).toBe(200);
  });
});

describe('Prefer: wait', () => {
  const execute = (id: string, tag: string, wait: number) =>
    client.call('POST', `/api/v1/connectors/${id}/execute`, { input: { tag } }, { prefer: `wait=${wait}` });

  it('answers 200 with the result when the execution ends in time', async () => {
    const answer = await execute(fast, 'waited', 20);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBe('wait=20');
    expect(dataOf(answer)).toMatchObject({ status: 'succeeded', output: '/second/waited' });
  });

  it('answers 202 with what is known when it does not', async () => {
    const from = performance.now();
    const answer = await execute(slow, 'unfinished', 1);
    expect(answer.status).toBe(202);
    expect(performance.now() - from).toBeGreaterThan(900);
    const { id } = Execution.parse(dataOf(answer));
    expect(answer.headers.get('location')).toBe(`/api/v1/executions/${id}`);
    await cancel(id);
    await client.ended(id, CANCEL_MS);
  });
});
