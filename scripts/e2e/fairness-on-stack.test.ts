/**
 * A workspace whose upstream is dead costs the others nothing that they notice.
 *
 * What is measured: the time from asking for an execution to its end, on the stack's database, with the engine, the guard
 * and the egress door as the tasks have them, in four engines that share nothing but the database, as processes do. The
 * other workspaces' service answers after half a second. What is not: the queue in front of the task's processes, which
 * is the platform's, and is kept per workspace.
 *
 * The same load with and without the dead upstream, in turn, so that what else the machine does strikes both. The dead
 * one is busier than any other: every twentieth execution is its own. Half of its calls are never answered, half with
 * 503, and all are retried by the default policy.
 *
 * In the full size only: it is a figure of the machine as well. `fairness.test.ts` tells the same without one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { uuidv7 } from '../../core/ids.ts';
import { createEngine, type Engine } from '../../trigger/engine.ts';
import { loadSecrets } from '../stack/secrets.ts';
import { type Client, dataOf, newClient, serviceClient } from './support/client.ts';
import { LONG, MINUTE, SECOND } from './support/size.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';
import { json, startUpstream, type Upstream } from './support/upstream.ts';

const WORKSPACES = 500;
const ENGINES = 4;
/** Well below what an embedded database on a busy machine can take, so that no line forms by itself. */
const STARTS_PER_SECOND = 5;
const ANSWER_MS = 500;
const DEAD_EVERY = 20;
const DEAD_TIMEOUT_MS = 3 * SECOND;
/** Pairs of rounds. Medians over them; more while the machine's noise hides the answer. */
const PAIRS = 3;
const MAX_PAIRS = 5;
const MAX_GROWTH = 1.1;

type Tenant = { workspaceId: string; connectorId: string };

let stack: TestStack;
let upstream: Upstream;
let client: Client;
let engines: Engine[];
let dead = false;
let callsOfDead = 0;

beforeAll(async () => {
  if (!LONG) return;
  upstream = await startUpstream(async (call, response) => {
    if (call.path === '/busy') {
      callsOfDead += 1;
      if (dead && callsOfDead % 2 === 0) return; // Never answered.
      if (dead) return json(response, {}, 503);
    }
    await sleep(ANSWER_MS);
    json(response, { ok: true });
  });
  stack = await startTestStack();
  client = await newClient(stack);
  const env = {
    SUPABASE_URL: stack.supabaseUrl,
    SUPABASE_SECRET_KEY: stack.secretKey,
    PATCHBAY_ENCRYPTION_KEYS: loadSecrets(stack.dataDir).encryptionKeys,
    PATCHBAY_ALLOW_LOOPBACK: 'true' as const,
    PATCHBAY_EGRESS_PORTS: [],
  };
  engines = Array.from({ length: ENGINES }, () => createEngine(env));
});
afterAll(async () => {
  await stack?.close();
  await upstream?.stop();
});

const Created = z.object({ id: z.string() });
async function tenant(name: string, path: string): Promise<Tenant> {
  const created = await client.call('POST', '/api/v1/workspaces', { name });
  const workspaceId = Created.parse(dataOf(created)).id;
  const definition = {
    name,
    steps: [{ name: 'call', request: { url: `${upstream.url}${path}` }, timeout_ms: DEAD_TIMEOUT_MS }],
  };
  const connector = await client.call('POST', '/api/v1/connectors', definition, {
    'x-workspace-id': workspaceId,
  });
  return { workspaceId, connectorId: Created.parse(dataOf(connector)).id };
}

/** Accepts an execution as the API does and runs it as the task does. Answers how it ended and how long that took. */
async function execute({ workspaceId, connectorId }: Tenant, engine: Engine) {
  const executionId = uuidv7({ now: Date.now }, (length) => crypto.getRandomValues(new Uint8Array(length)));
  const startedAt = performance.now();
  const { error } = await client.supabase.rpc('accept_execution', {
    p_workspace_id: workspaceId,
    p_connector_id: connectorId,
    p_version: 1,
    p_id: executionId,
    p_input: {},
    p_trigger: { type: 'api' },
  });
  if (error) throw new Error(error.message);
  const { signal } = new AbortController();
  const outcome = await engine.run({ executionId, owner: executionId, signal });
  const end = outcome.outcome === 'ended' ? outcome.status : outcome.outcome;
  return { ms: performance.now() - startedAt, end, executionId };
}

/** Starts executions at an even pace, whatever becomes of them. Answers the times of the others' and the busy one's ends. */
async function round(others: readonly Tenant[], busy: Tenant) {
  const jobs = others;
  const ends: ReturnType<typeof execute>[] = [];
  const busyEnds: ReturnType<typeof execute>[] = [];
  const engineOf = (n: number) => engines[n % ENGINES] as Engine;
  const startedAt = performance.now();
  const total = jobs.length + Math.floor(jobs.length / (DEAD_EVERY - 1));
  for (let n = 0; n < total; n += 1) {
    const due = startedAt + (n * SECOND) / STARTS_PER_SECOND;
    await sleep(Math.max(0, due - performance.now()));
    if (n % DEAD_EVERY === DEAD_EVERY - 1) busyEnds.push(execute(busy, engineOf(busyEnds.length)));
    else {
      const job = jobs[ends.length];
      if (job) ends.push(execute(job, engineOf(ends.length)));
    }
  }
  const [of, ofBusy] = await Promise.all([Promise.all(ends), Promise.all(busyEnds)]);
  expect(of.filter(({ end }) => end !== 'succeeded')).toEqual([]);
  // What waits for the circuit would go on in the next round.
  for (const { executionId } of ofBusy.filter(({ end }) => end === 'waiting')) {
    const { error } = await client.supabase.rpc('cancel_execution', {
      p_workspace_id: busy.workspaceId,
      p_id: executionId,
    });
    if (error) throw new Error(error.message);
  }
  return {
    p95: quantile(
      of.map(({ ms }) => ms),
      0.95,
    ),
    busyEnds: tally(ofBusy.map(({ end }) => end)),
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
const tally = (ends: readonly string[]) => {
  const counts = [...Map.groupBy(ends, (end) => end)].map(([end, all]) => `${all.length} ${end}`);
  return counts.sort().join(', ');
};

it.runIf(LONG)(
  `the other of ${WORKSPACES} workspaces get no slower when one has a dead upstream`,
  async () => {
    const others: Tenant[] = [];
    for (let n = 1; n < WORKSPACES; n += 1) others.push(await tenant(`Other ${n}`, `/other/${n}`));
    const busy = await tenant('Busy', '/busy');
    // Connections, compiled connectors and the database's plans are made in the first round.
    await round(others, busy);

    const healthy: number[] = [];
    const beside: number[] = [];
    const growth = () => quantile(beside, 0.5) / quantile(healthy, 0.5);
    for (let pair = 1; pair <= MAX_PAIRS; pair += 1) {
      dead = false;
      await circuitsClosed();
      const before = await round(others, busy);
      healthy.push(before.p95);
      expect(before.busyEnds).toMatch(/^\d+ succeeded$/);
      dead = true;
      const calls = callsOfDead;
      const { p95, busyEnds } = await round(others, busy);
      beside.push(p95);
      expect(busyEnds).not.toMatch(/succeeded/);
      console.log(
        `p95 ms: healthy ${before.p95.toFixed(0)}, beside a dead upstream ${p95.toFixed(0)} (its own: ${busyEnds}; ${callsOfDead - calls} calls)`,
      );
      if (pair >= PAIRS && growth() < MAX_GROWTH) break;
    }
    console.log(`medians of p95 over ${beside.length} pairs grew by ${((growth() - 1) * 100).toFixed(1)} %`);
    expect(growth()).toBeLessThan(MAX_GROWTH);
  },
  30 * MINUTE,
);

/** A round without a dead upstream begins without what the last one left behind. */
async function circuitsClosed(): Promise<void> {
  const { error } = await serviceClient(stack).from('circuits').delete().gte('failures', 0);
  if (error) throw new Error(error.message);
  // Engines hear of it within five seconds.
  if (callsOfDead > 0) await sleep(6 * SECOND);
}
