/**
 * `kill -9` of the task's process in executions of five steps: a read, a write, a loop of writes, a paginated list and
 * another connector.
 *
 * | promise (execution semantics) | test |
 * |---|---|
 * | none is lost, none is stuck | every case: each execution ends well within `END_MS` |
 * | no committed step runs again | every case: `callsAfterCommit`, and the rows of the ledger |
 * | no doubled effect where the Idempotency-Key is honoured | every case: `effects` |
 * | counted once, also the connector that was called | "all of them" |
 * | an execution that lost all attempts of its task run goes on | "every attempt" |
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import * as z from 'zod';
import type { Execution } from '../../core/execution/schema.ts';
import { type Client, newClient, serviceClient } from './support/client.ts';
import { type DatabaseCall, databaseProxy } from './support/database-proxy.ts';
import { eventually } from './support/eventually.ts';
import {
  ITEMS,
  type MixedUpstream,
  mixedConnector,
  nameOf,
  OUTPUT,
  placeOf,
  startMixedUpstream,
} from './support/mixed-steps.ts';
import { descendants } from './support/processes.ts';
import { LONG, MINUTE, SECOND } from './support/size.ts';
import { sweep } from './support/task-runtime.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';

/** The promise: however it is interrupted, no execution is stuck for longer. */
const END_MS = LONG ? 6 * MINUTE : MINUTE;
const RANDOM_KILLS = LONG ? 200 : 1;
const KILLS_AT_POINT = LONG ? 20 : 1;
/** Attempts of a task run: after as many lost processes, only the sweeper is left. */
const TASK_ATTEMPTS = 3;
/** Below the time between two calls of a run, so that a kill at random also hits between two of them. */
const MAX_DELAY_MS = 8;

type Moment = 'start' | 'call' | 'commit' | 'finish_execution' | 'claim_execution' | 'start_child_execution';
type Phase = 'arrived' | 'answered';
/** The named points: the moment at which the process is killed. */
const POINTS: Record<string, [Moment, Phase]> = {
  'before the call': ['start', 'arrived'],
  'before the call, its row written': ['start', 'answered'],
  'during the call': ['call', 'arrived'],
  'after the call, before the commit': ['commit', 'arrived'],
  'after the commit': ['commit', 'answered'],
  'before finish': ['finish_execution', 'arrived'],
  'after finish': ['finish_execution', 'answered'],
};

let stack: TestStack;
let upstream: MixedUpstream;
let client: Client;
let connector: { id: string; calledId: string };
const proxy = databaseProxy();
const executions: string[] = [];
let slowestMs = 0;
let kills = 0;

/** Every moment of the execution that runs, as it goes by. Answers whether the process dies at it. */
let onMoment: (name: string) => boolean = () => false;
const moment = (name: Moment, phase: Phase) => `${name} ${phase}`;

function kill(): void {
  const pid = stack.trigger.pid();
  for (const child of pid === undefined ? [] : descendants(pid)) process.kill(child.pid, 'SIGKILL');
  kills += 1;
}
function passes({ fn, writes }: DatabaseCall, phase: Phase): boolean {
  // A row at a time: what is written together has one moment for each.
  const names = writes.length > 0 ? writes.map(({ op }) => `${op} ${phase}`) : [`${fn} ${phase}`];
  return names.some((name) => onMoment(name));
}
/** An answer to a process that is gone. */
const never = new Promise<void>(() => {});

beforeAll(async () => {
  upstream = await startMixedUpstream(() => !onMoment(moment('call', 'arrived')));
  stack = await startTestStack({ taskConcurrency: 1, databaseUrlForTasks: (url) => proxy.start(url) });
  proxy.hooks = {
    onArrived: (call) => (passes(call, 'arrived') ? never : undefined),
    onAnswered: (call, status) => {
      upstream.onLedger(call, status);
      passes(call, 'answered');
    },
  };
  client = await newClient(stack);
  connector = await mixedConnector(client, upstream.url);
});
afterAll(async () => {
  await stack?.close();
  await proxy.stop();
  await upstream?.stop();
  console.log(
    `${executions.length} executions, ${kills} kills; the slowest ended after ${Math.round(slowestMs)} ms`,
  );
});

/** What the engine said of a failure that is its own. */
const engineLines = () => stack.lines.filter((line) => /the engine failed/.test(line)).slice(-5);

/** Runs one execution, killing its process once at the moment that is the `nth` of those that `counts`. */
async function runKilled(counts: (name: string) => boolean, nth: number, delayMs?: number) {
  let seen = 0;
  let at = 'nowhere';
  onTestFailed(() => console.log(`killed at ${at}, number ${nth}, ${delayMs ?? 0} ms later`, engineLines()));
  onMoment = (name) => {
    if (!counts(name) || seen > nth) return false;
    seen += 1;
    if (seen <= nth) return false;
    at = name;
    if (delayMs === undefined) kill();
    else void sleep(delayMs).then(kill);
    return delayMs === undefined;
  };
  const from = performance.now();
  const { id } = await client.execute(connector.id, { items: ITEMS });
  executions.push(id);
  const execution = await client.ended(id, END_MS);
  slowestMs = Math.max(slowestMs, performance.now() - from);
  await expectOnce(execution, 1);
  expect(at, 'a kill took place').not.toBe('nowhere');
}

const Row = z.object({
  execution_id: z.uuid(),
  step_name: z.string(),
  iteration: z.string(),
  attempt: z.int(),
  status: z.string(),
});
const Child = z.object({ id: z.uuid(), status: z.string() });

/** The execution has done all that it had to, each part of it once, as the other side and the ledger tell. */
async function expectOnce(execution: Execution, times: number): Promise<void> {
  expect(execution).toMatchObject({ status: 'succeeded', output: OUTPUT, error: null });
  const service = serviceClient(stack);
  const found = await service.from('connector_executions').select('id, status').eq('parent_id', execution.id);
  const children = z.array(Child).parse(found.data);
  expect(children.map(({ status }) => status)).toEqual(['succeeded']);
  const ids = [execution.id, ...children.map(({ id }) => id)];
  const ledger = await service
    .from('connector_step_runs')
    .select('execution_id, step_name, iteration, attempt, status')
    .in('execution_id', ids)
    .order('attempt');
  const rows = Map.groupBy(z.array(Row).parse(ledger.data), (row) =>
    nameOf({ execution: row.execution_id, step: row.step_name, iteration: row.iteration }),
  );
  // Ends as it should, with no more attempts than there were processes; none is left open, none follows a success.
  for (const [place, attempts] of rows) {
    const statuses = attempts.map(({ status }) => status);
    expect(statuses.at(-1), place).toBe('succeeded');
    expect(statuses.slice(0, -1), place).toEqual(statuses.slice(0, -1).map(() => 'interrupted'));
    expect(statuses.length, place).toBeLessThanOrEqual(times + 1);
  }
  // Three containers (a loop, a list, a called connector), and a call for every place inside and beside them.
  const calls = Map.groupBy(
    upstream.calls.filter((call) => ids.includes(placeOf(call).execution)),
    (call) => nameOf(placeOf(call)),
  );
  for (const [place, made] of calls) {
    expect(made.length, place).toBeLessThanOrEqual(times + 1);
    expect(new Set(made.map(({ headers }) => headers['idempotency-key'])).size, place).toBe(1);
  }
  const containers = ['each', 'list', 'call'].map((step) =>
    nameOf({ execution: execution.id, step, iteration: '' }),
  );
  expect([...calls.keys(), ...containers].sort()).toEqual([...rows.keys()].sort());
  expect(upstream.callsAfterCommit).toEqual([]);
  expect([...upstream.effects].filter(([, times]) => times !== 1)).toEqual([]);
}

/** The moments of a run that nobody interrupts, in order. */
let calm: string[] = [];

it('without a kill, does everything once', async () => {
  calm = [];
  onMoment = (name) => {
    calm.push(name);
    return false;
  };
  const { id } = await client.execute(connector.id, { items: ITEMS });
  executions.push(id);
  await expectOnce(await client.ended(id, END_MS), 0);
  calm = calm.filter((name) => !name.startsWith('renew_lease'));
  console.log(`${calm.length} moments in a run`);
  for (const [name, phase] of Object.values(POINTS)) expect(calm).toContain(moment(name, phase));
});

/** In the small size some of them: crash.test.ts goes through all. */
const TRIED = Object.keys(POINTS).filter((_, index) => LONG || index % 3 === 0);
describe.each(TRIED)('killed %s', (point) => {
  it.each(Array.from({ length: KILLS_AT_POINT }, (_, n) => n + 1))(
    'ends, with nothing done twice (%i)',
    async () => {
      const [name, phase] = POINTS[point] ?? ['call', 'arrived'];
      const wanted = moment(name, phase);
      // At any of the steps and items that get there.
      const times = calm.filter((one) => one === wanted).length;
      await runKilled((one) => one === wanted, Math.floor(Math.random() * times));
    },
    2 * END_MS,
  );
});

describe('killed at random', () => {
  it.each(Array.from({ length: RANDOM_KILLS }, (_, n) => n + 1))(
    'ends, with nothing done twice (%i)',
    async () => {
      const nth = Math.floor(Math.random() * calm.length * 0.95);
      await runKilled((name) => !name.startsWith('renew_lease'), nth, Math.random() * MAX_DELAY_MS);
    },
    2 * END_MS,
  );
});

it(
  'killed in every attempt of its task run: the sweeper starts it again',
  async () => {
    let left = TASK_ATTEMPTS;
    const before = upstream.calls.length;
    let alive = false;
    onMoment = (name) => {
      if (name === moment('claim_execution', 'answered')) alive = true;
      // From the loop on: what comes before it is committed.
      if (left === 0 || name !== moment('call', 'arrived') || upstream.calls.length - before < 3)
        return false;
      // Of two items at once both may have called.
      if (alive) {
        alive = false;
        left -= 1;
        kill();
      }
      return true;
    };
    const from = performance.now();
    const { id } = await client.execute(connector.id, { items: ITEMS });
    executions.push(id);
    await eventually('the last attempt', MINUTE, () => left === 0);
    if (!LONG) {
      // As if the time had passed after which its lease counts as lost.
      await sleep(5 * SECOND);
      const aged = await serviceClient(stack)
        .from('connector_executions')
        .update({ lease_expires_at: new Date(Date.now() - MINUTE).toISOString() })
        .eq('id', id);
      expect(aged.error).toBeNull();
      await sweep(stack);
    }
    const execution = await client.ended(id, END_MS);
    slowestMs = Math.max(slowestMs, performance.now() - from);
    await expectOnce(execution, TASK_ATTEMPTS);
  },
  2 * END_MS,
);

it('counted all of them once, and the connector that they call as often', async () => {
  const count = { success_count: executions.length, failure_count: 0 };
  expect(await client.data(200, 'GET', `/api/v1/connectors/${connector.id}`)).toMatchObject(count);
  expect(await client.data(200, 'GET', `/api/v1/connectors/${connector.calledId}`)).toMatchObject(count);
  // A write, three in the loop, and one in the connector that is called.
  expect(upstream.effects.size).toBe(5 * executions.length);
});
