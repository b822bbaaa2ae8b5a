/**
 * A wait that is too long to sit through in a process.
 *
 * | promise | test |
 * |---|---|
 * | while it is parked, no process holds it and no slot is taken | "leaves its process" |
 * | it ends on time, whatever was killed meanwhile | "killed while it is parked" |
 * | also when its process died before it could ask for its own continuation | "killed just after it was parked" |
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import type { Execution } from '../../core/execution/schema.ts';
import { type Client, newClient, serviceClient } from './support/client.ts';
import { databaseProxy } from './support/database-proxy.ts';
import { eventually } from './support/eventually.ts';
import { descendants } from './support/processes.ts';
import { LONG, MINUTE, SECOND } from './support/size.ts';
import { taskRuntime } from './support/task-runtime.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';
import { json, startUpstream, type Upstream } from './support/upstream.ts';

/** Just long enough that it is not slept through. */
const WAIT_SECONDS = 12;
/** What starting a process again takes on a machine that has other things to do. */
const LATE_MS = 15 * SECOND;

let stack: TestStack;
let upstream: Upstream;
let client: Client;
const proxy = databaseProxy();

beforeAll(async () => {
  upstream = await startUpstream((_call, response) => json(response, { at: new Date().toISOString() }));
  // One at a time: a parked execution that kept its process would keep all others from running.
  stack = await startTestStack({ taskConcurrency: 1, databaseUrlForTasks: (url) => proxy.start(url) });
  client = await newClient(stack);
});
afterAll(async () => {
  await stack?.close();
  await proxy.stop();
  await upstream?.stop();
});

const connector = async () =>
  (
    await client.createConnector({
      name: 'Call, wait, call',
      steps: [
        { name: 'before', request: { url: `${upstream.url}/before/{{execution.id}}` } },
        { name: 'pause', wait: { seconds: WAIT_SECONDS } },
        {
          name: 'after',
          request: { method: 'POST', url: `${upstream.url}/after/{{execution.id}}` },
        },
      ],
      output: '{{steps.before.body.at}}',
    })
  ).id;

const Held = z.object({
  status: z.literal('running'),
  lease_owner: z.null(),
  lease_expires_at: z.null(),
  resume_at: z.string(),
});

/** Waits until the execution is parked; answers when it goes on. Fails when somebody holds it. */
async function parked(id: string): Promise<number> {
  await eventually('the pause', 30 * SECOND, async () => (await client.execution(id)).waiting_until !== null);
  const row = await serviceClient(stack)
    .from('connector_executions')
    .select('status, lease_owner, lease_expires_at, resume_at')
    .eq('id', id)
    .single();
  return Date.parse(Held.parse(row.data).resume_at);
}

async function expectEndOnTime(id: string, due: number): Promise<Execution> {
  const execution = await client.ended(id, Math.max(0, due - Date.now()) + 2 * LATE_MS);
  expect(execution).toMatchObject({ status: 'succeeded', error: null });
  const lateMs = Date.parse(execution.finished_at ?? '') - due;
  console.log(`ended ${lateMs} ms after its wait was over`);
  expect(lateMs).toBeLessThan(LATE_MS);
  const [before, , after] = execution.steps;
  const pausedMs = Date.parse(after?.started_at ?? '') - Date.parse(before?.started_at ?? '');
  expect(pausedMs).toBeGreaterThanOrEqual(WAIT_SECONDS * SECOND);
  const calls = upstream.calls.filter(({ path }) => path.endsWith(id)).map(({ path }) => path.split('/')[1]);
  expect(calls).toEqual(['before', 'after']);
  expect(execution.steps.map(({ name, status, attempts }) => [name, status, attempts])).toEqual([
    ['before', 'succeeded', 1],
    ['pause', 'succeeded', 1],
    ['after', 'succeeded', 1],
  ]);
  return execution;
}

const Runs = z.object({ data: z.array(z.object({ status: z.string() })) });
async function statusesOfRuns(): Promise<string[]> {
  const { text } = await taskRuntime(
    stack,
    'GET',
    '/api/v1/runs?filter%5BtaskIdentifier%5D=connector-execution',
  );
  return Runs.parse(JSON.parse(text)).data.map(({ status }) => status);
}

it.runIf(LONG)(
  'leaves its process to others while it waits',
  async () => {
    const { id } = await client.execute(await connector());
    const resumeAt = await parked(id);
    await eventually('the end of its run', 5 * SECOND, async () =>
      (await statusesOfRuns()).every((status) => /COMPLETED|DELAYED/.test(status)),
    );
    const short = await client.createConnector({
      name: 'One call',
      steps: [{ name: 'call', request: { url: `${upstream.url}/short` } }],
    });
    const other = await client.ended((await client.execute(short.id)).id, MINUTE);
    expect(other.status).toBe('succeeded');
    const { finished_at } = await expectEndOnTime(id, resumeAt);
    expect(Date.parse(other.finished_at ?? '')).toBeLessThan(Date.parse(finished_at ?? ''));
  },
  2 * MINUTE,
);

it(
  'ends on time when the task runtime, the Worker and the database are killed while it is parked',
  async () => {
    const { id } = await client.execute(await connector());
    const resumeAt = await parked(id);
    await Promise.all([
      stack.trigger.restart('SIGKILL'),
      stack.worker.restart('SIGKILL'),
      stack.database.restart('SIGKILL'),
    ]);
    console.log(`all back ${Math.round(resumeAt - Date.now())} ms before its wait was over`);
    // Where starting it all again takes longer than the wait, it is due as soon as there is somebody to run it.
    await expectEndOnTime(id, Math.max(resumeAt, Date.now()));
  },
  2 * MINUTE,
);

it.runIf(LONG)(
  'ends on time when its process is killed just after it was parked',
  async () => {
    let killed = false;
    proxy.hooks = {
      onAnswered: ({ fn }) => {
        if (fn !== 'park_execution' || killed) return;
        killed = true;
        for (const child of descendants(stack.trigger.pid() ?? 0)) process.kill(child.pid, 'SIGKILL');
      },
    };
    const { id } = await client.execute(await connector());
    const resumeAt = await parked(id);
    expect(killed).toBe(true);
    await expectEndOnTime(id, resumeAt);
  },
  2 * MINUTE,
);
