/**
 * `kill -9` of the task's process at every point of a three-step run.
 *
 * | promise (execution semantics) | test |
 * |---|---|
 * | every execution ends | each case of the table |
 * | a committed step never runs again | `callsAfterCommit` of each case |
 * | steps are at-least-once, and the ledger says how often | `rows` and `calls` of each case |
 * | one Idempotency-Key a step over all attempts | `keys` of each case |
 * | counted once, one contact | `success_count`, `contacts` of each case |
 * | an unsafe step without opt-in is never sent twice | "a POST that may not be repeated" |
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Connector } from '../../core/connector/schema.ts';
import type { Execution } from '../../core/execution/schema.ts';
import { type Client, newClient, serviceClient } from './support/client.ts';
import { type DatabaseCall, databaseProxy } from './support/database-proxy.ts';
import { descendants } from './support/processes.ts';
import { LONG, MINUTE, SECOND } from './support/size.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';
import { type Call, json, startUpstream, type Upstream } from './support/upstream.ts';

/** However a run is interrupted, its execution ends within this. */
const END_MS = MINUTE;
const STEPS: readonly string[] = ['read', 'write', 'report'];
/** The full size goes through the table this often. */
const ROUNDS = LONG ? 5 : 1;

/** Where a run is when its process is killed. */
type Point =
  | 'before the call'
  | 'before the call, its row written'
  | 'during the call'
  | 'after the call, before the commit'
  | 'after the commit'
  | 'before finish'
  | 'after finish';
/** What a step may leave behind: its rows in the ledger, and the calls that the other side saw. */
type Trace = { rows: readonly number[]; calls: readonly number[] };
const UNTOUCHED: Trace = { rows: [1], calls: [1] };

const CASES: { point: Point; step: number; trace: Trace }[] = STEPS.flatMap((_name, step) => {
  // A read may be under way while its row is written, so that the kill can hit before or after either.
  const read = step === 0;
  return [
    { point: 'before the call', step, trace: { rows: [1], calls: read ? [1, 2] : [1] } },
    { point: 'before the call, its row written', step, trace: { rows: [2], calls: read ? [1, 2] : [1] } },
    { point: 'during the call', step, trace: { rows: read ? [1, 2] : [2], calls: [2] } },
    { point: 'after the call, before the commit', step, trace: { rows: [2], calls: [2] } },
    { point: 'after the commit', step, trace: UNTOUCHED },
  ] as const;
});
CASES.push(
  { point: 'before finish', step: 2, trace: UNTOUCHED },
  { point: 'after finish', step: 2, trace: UNTOUCHED },
);

let stack: TestStack;
let upstream: Upstream;
let client: Client;
const proxy = databaseProxy();
/** What happened, in order: a commit that took effect, or a call that arrived. */
let events: { kind: 'call' | 'commit'; execution: string; step: number }[] = [];
/** What a kill can wait for: a function of the ledger, a row that is written, a call that has reached the other side. */
type Moment = { of: string; phase: 'arrived' | 'answered'; step: number };
/** Kills when it is asked about its own point, once. */
let trap: ((at: Moment) => boolean) | undefined;

/** The task's processes: all that the runtime has forked. */
function killTasks(): void {
  const pid = stack.trigger.pid();
  for (const child of pid === undefined ? [] : descendants(pid)) process.kill(child.pid, 'SIGKILL');
}
function springs(moments: readonly Moment[]): boolean {
  if (!trap || !moments.some(trap)) return false;
  trap = undefined;
  killTasks();
  return true;
}
function momentsOf({ fn, writes }: DatabaseCall, phase: Moment['phase']): Moment[] {
  const rows = writes.map(({ op, step_index: step }) => ({ of: op, phase, step }));
  return [{ of: fn, phase, step: -1 }, ...rows];
}
/** An answer to a process that is gone. */
const never = new Promise<void>(() => {});

function stepOf({ path }: Pick<Call, 'path'>): { step: number; execution: string } {
  const [, name = '', execution = ''] = path.split('/');
  return { step: STEPS.indexOf(name), execution };
}

beforeAll(async () => {
  upstream = await startUpstream((call, response) => {
    const { step, execution } = stepOf(call);
    events.push({ kind: 'call', step, execution });
    if (!springs([{ of: 'call', phase: 'arrived', step }])) json(response, { n: step });
  });
  stack = await startTestStack({ taskConcurrency: 1, databaseUrlForTasks: (url) => proxy.start(url) });
  proxy.hooks = {
    onArrived: (call) => {
      if (springs(momentsOf(call, 'arrived'))) return never;
    },
    onAnswered: (call, status) => {
      for (const { op, status: ended, step_index: step } of status < 300 ? call.writes : []) {
        if (op === 'commit' && ended === 'succeeded') {
          events.push({ kind: 'commit', step, execution: call.execution });
        }
      }
      springs(momentsOf(call, 'answered'));
    },
  };
  client = await newClient(stack);
});
afterAll(async () => {
  await stack?.close();
  await proxy.stop();
  await upstream?.stop();
});

function trapFor(point: Point, step: number): NonNullable<typeof trap> {
  const is = (of: string, phase: Moment['phase']) => (at: Moment) =>
    at.of === of && at.phase === phase && (at.step === step || at.step === -1);
  switch (point) {
    case 'before the call':
      return is('start', 'arrived');
    case 'before the call, its row written':
      return is('start', 'answered');
    case 'during the call':
      return is('call', 'arrived');
    case 'after the call, before the commit':
      return is('commit', 'arrived');
    case 'after the commit':
      return is('commit', 'answered');
    case 'before finish':
      return is('finish_execution', 'arrived');
    case 'after finish':
      return is('finish_execution', 'answered');
  }
}

const connector = (idempotent: boolean): Promise<Connector> =>
  client.createConnector({
    name: 'Three steps',
    steps: STEPS.map((name, index) => ({
      name,
      request: {
        method: index === 0 ? 'GET' : 'POST',
        url: `${upstream.url}/${name}/{{execution.id}}`,
        ...(index === 0 ? {} : { body: { type: 'json' as const, content: { tag: '{{input.tag}}' } } }),
      },
      response: { map: { n: 'body.n' } },
      idempotency_key: idempotent && index > 0,
    })),
    output: { sum: '{{steps.read.n + steps.write.n + steps.report.n}}' },
    contact_mapping: { match: ['tag'], fields: { tag: '{{input.tag}}', n: '{{steps.report.n}}' } },
  });

const Row = z.object({ step_index: z.int(), attempt: z.int(), status: z.string() });

async function observe(execution: Execution) {
  const calls = upstream.calls.filter((call) => stepOf(call).execution === execution.id);
  const ledger = await serviceClient(stack)
    .from('connector_step_runs')
    .select('step_index, attempt, status')
    .eq('execution_id', execution.id)
    .order('attempt');
  const rows = z.array(Row).parse(ledger.data);
  const mine = events.filter((event) => event.execution === execution.id);
  const callsAfterCommit = mine.filter(
    (event, at) =>
      event.kind === 'call' &&
      mine.slice(0, at).some(({ kind, step }) => kind === 'commit' && step === event.step),
  );
  return {
    callsAfterCommit,
    perStep: STEPS.map((_name, index) => {
      const own = calls.filter((call) => stepOf(call).step === index);
      return {
        calls: own.length,
        keys: new Set(own.map(({ headers }) => headers['idempotency-key'])).size,
        rows: rows.filter((row) => row.step_index === index).map(({ status }) => status),
      };
    }),
  };
}

let slowestMs = 0;
afterAll(() => console.log(`the slowest execution ended after ${Math.round(slowestMs)} ms`));

describe.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))('round %i: killed', (round) => {
  // In the small size every other one.
  const tried = CASES.filter((_, index) => LONG || index % 2 === 0);
  it.each(tried.map((one) => ({ ...one, name: STEPS[one.step] })))(
    '$point of "$name"',
    async ({ point, step, trace }) => {
      events = [];
      const { id } = await connector(true);
      const tag = `${round} ${point} ${step}`;
      trap = trapFor(point, step);
      const from = performance.now();
      const accepted = await client.execute(id, { tag });
      const execution = await client.ended(accepted.id, END_MS);
      slowestMs = Math.max(slowestMs, performance.now() - from);
      expect(trap, 'the kill took place').toBeUndefined();

      expect(execution).toMatchObject({ status: 'succeeded', output: { sum: 3 }, error: null });
      const { perStep, callsAfterCommit } = await observe(execution);
      expect(callsAfterCommit).toEqual([]);
      for (const [index, seen] of perStep.entries()) {
        const expected = index === step ? trace : UNTOUCHED;
        expect(expected.calls, `calls of step ${index}`).toContain(seen.calls);
        expect(expected.rows, `rows of step ${index}: ${seen.rows}`).toContain(seen.rows.length);
        expect(seen.rows.at(-1)).toBe('succeeded');
        expect(seen.rows.slice(0, -1).every((status) => status === 'interrupted')).toBe(true);
        expect(seen.keys, `keys of step ${index}`).toBe(1);
      }
      expect(await client.data(200, 'GET', `/api/v1/connectors/${id}`)).toMatchObject({
        success_count: 1,
        failure_count: 0,
      });
      const contacts = await client.supabase.from('contacts').select('fields').contains('fields', { tag });
      expect(contacts.data).toEqual([{ fields: { tag, n: 2 } }]);
    },
  );
});

describe('a POST that may not be repeated', () => {
  it.each([
    { point: 'during the call', calls: 1 },
    { point: 'after the call, before the commit', calls: 1 },
    // Whether the call had left is not known to whoever comes next.
    { point: 'before the call, its row written', calls: 0 },
  ] as const)(
    'killed $point: fails with outcome_unknown, sent no second time',
    async ({ point, calls }) => {
      events = [];
      const { id } = await connector(false);
      trap = trapFor(point, 1);
      const accepted = await client.execute(id, { tag: `unsafe ${point}` });
      const execution = await client.ended(accepted.id, END_MS);
      expect(execution).toMatchObject({
        status: 'failed',
        error: { class: 'internal', code: 'outcome_unknown', step: 'write' },
      });
      const { perStep } = await observe(execution);
      expect(perStep.map((step) => step.calls)).toEqual([1, calls, 0]);
      expect(await client.data(200, 'GET', `/api/v1/connectors/${id}`)).toMatchObject({
        success_count: 0,
        failure_count: 1,
      });
    },
    2 * END_MS,
  );
});

it('without a kill, calls each step once', async () => {
  events = [];
  const { id } = await connector(true);
  const execution = await client.ended((await client.execute(id, { tag: 'calm' })).id, 20 * SECOND);
  expect((await observe(execution)).perStep).toEqual(
    STEPS.map(() => ({ calls: 1, keys: 1, rows: ['succeeded'] })),
  );
});
