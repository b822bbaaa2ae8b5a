/**
 * The database is gone for a while, under load.
 *
 * | promise | check |
 * |---|---|
 * | the API says so, at once | every refusal is a 503 problem within `ANSWER_MS` |
 * | every accepted execution ends, once | `expectAllOnce` |
 * | soon after the database is back | `RECOVERY_MS` |
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { type Answer, type Client, dataOf, newClient, serviceClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { isAlive } from './support/processes.ts';
import { LONG, MINUTE, SECOND } from './support/size.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';
import { json, startUpstream, type Upstream } from './support/upstream.ts';

const DOWN_MS = LONG ? 30 * SECOND : 3 * SECOND;
const PER_SECOND = LONG ? 20 : 5;
/** The load goes on for as long before the database is gone, and after it is back. */
const AROUND_MS = LONG ? 5 * SECOND : 2 * SECOND;
const ANSWER_MS = 2 * SECOND;
const RECOVERY_MS = MINUTE;
/** As slow as a service elsewhere, so that executions are in the middle of a call when the database goes. */
const LATENCY_MS = 60;

let stack: TestStack;
let upstream: Upstream;
let client: Client;

beforeAll(async () => {
  upstream = await startUpstream(async (_call, response) => {
    await sleep(LATENCY_MS);
    json(response, { ok: true });
  });
  stack = await startTestStack();
  client = await newClient(stack);
});
afterAll(async () => {
  await stack?.close();
  await upstream?.stop();
});

/** Ends the database each time that it comes back to life, until told otherwise. */
function keepDown(): { end(): void } {
  const killed = new Set<number>();
  const kill = () => {
    const pid = stack.database.pid();
    if (pid === undefined || killed.has(pid) || !isAlive(pid)) return;
    killed.add(pid);
    process.kill(pid, 'SIGKILL');
  };
  kill();
  const timer = setInterval(kill, 10);
  return { end: () => clearInterval(timer) };
}

type Phase = 'before' | 'down' | 'after';
type Sent = { answer: Answer; ms: number; down: boolean; before: boolean };

/** Executions at a steady rate, however long each answer takes. */
function startLoad(connectorId: string, phase: () => Phase): { end(): Promise<Sent[]> } {
  const sent: Promise<Sent>[] = [];
  const start = performance.now();
  const send = async (n: number): Promise<Sent> => {
    const from = performance.now();
    const now = phase();
    const answer = await client.call('POST', `/api/v1/connectors/${connectorId}/execute`, { input: { n } });
    return { answer, ms: performance.now() - from, down: now === 'down', before: now === 'before' };
  };
  // A timer that fires late makes up for it.
  const timer = setInterval(() => {
    const due = ((performance.now() - start) / SECOND) * PER_SECOND;
    while (sent.length < due) sent.push(send(sent.length));
  }, SECOND / PER_SECOND);
  return {
    end() {
      clearInterval(timer);
      return Promise.all(sent);
    },
  };
}

const Row = z.object({ id: z.uuid(), status: z.string() });
async function rowsOf(connectorId: string) {
  const rows: z.infer<typeof Row>[] = [];
  // The API of the database answers at most 1,000 rows at a time.
  for (let from = 0; ; from += 1000) {
    const { data, error } = await serviceClient(stack)
      .from('connector_executions')
      .select('id, status')
      .eq('connector_id', connectorId)
      .order('id')
      .range(from, from + 999);
    if (error) throw new Error(error.message);
    const page = z.array(Row).parse(data);
    rows.push(...page);
    if (page.length < 1000) return rows;
  }
}

it(
  `ends all that it accepted when the database is gone for ${DOWN_MS / SECOND} s under load`,
  async () => {
    const write = (name: string, path: string, idempotent: boolean) => ({
      name,
      request: { method: 'POST' as const, url: `${upstream.url}/${path}/{{execution.id}}` },
      idempotency_key: idempotent,
    });
    const { id } = await client.createConnector({
      name: 'Three steps',
      steps: [
        { name: 'read', request: { url: `${upstream.url}/read/{{execution.id}}` } },
        write('write', 'write', true),
        write('once', 'once', false),
      ],
      output: { n: '{{input.n}}' },
    });
    let phase: Phase = 'before';
    const load = startLoad(id, () => phase);
    await sleep(AROUND_MS);
    const outage = keepDown();
    phase = 'down';
    await sleep(DOWN_MS);
    outage.end();
    phase = 'after';
    await eventually(
      'the database',
      30 * SECOND,
      async () => (await client.call('GET', '/api/v1/me')).status === 200,
    );
    const backAt = performance.now();
    await sleep(AROUND_MS);
    const sent = await load.end();

    const accepted = sent.filter(({ answer }) => answer.status === 202);
    const refused = sent.filter(({ answer }) => answer.status !== 202);
    // Once the database starts it takes calls, whose answers then wait for the rest of the start.
    const meanwhile = refused.filter(({ down }) => down);
    const times = (of: Sent[]) => Math.round(Math.max(0, ...of.map(({ ms }) => ms)));
    console.log(
      `${sent.length} sent: ${accepted.length} accepted (slowest ${times(accepted)} ms), ` +
        `${refused.length} refused (slowest ${times(refused)} ms, ${times(meanwhile)} ms while it was down)`,
    );
    expect(meanwhile.length).toBeGreaterThanOrEqual((DOWN_MS / SECOND) * PER_SECOND * 0.9);
    for (const { answer } of refused) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body).toMatchObject({ code: 'unavailable', status: 503 });
    }
    expect(Math.max(...meanwhile.map(({ ms }) => ms))).toBeLessThan(ANSWER_MS);

    const idsOf = (of: Sent[]) => of.map(({ answer }) => z.object({ id: z.uuid() }).parse(dataOf(answer)).id);
    const early = new Set(idsOf(accepted.filter(({ before }) => before)));
    const open = async () => (await rowsOf(id)).filter(({ status }) => /queued|running/.test(status));
    const ended = (what: string, withinMs: number, isMeant: (id: string) => boolean) =>
      eventually(what, withinMs, async () => !(await open()).some((row) => isMeant(row.id)), 200);
    const sinceBack = () => Math.round(performance.now() - backAt);
    await ended('the end of what the outage met', RECOVERY_MS - sinceBack(), (one) => early.has(one));
    console.log(`what the outage met ended ${sinceBack()} ms after the database was back`);
    // What came later only has to wait for its turn.
    await ended('the end of all', MINUTE, () => true);
    console.log(`all ended ${sinceBack()} ms after the database was back`);
    const rows = await rowsOf(id);
    expect(rows.map((row) => row.id)).toEqual(expect.arrayContaining(idsOf(accepted)));
    // A process that lives through the outage knows what came of its calls: nothing is left unknown.
    expect(rows.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    const callsOf = (step: string) => upstream.calls.filter(({ path }) => path.startsWith(`/${step}/`));
    expect(callsOf('once')).toHaveLength(rows.length);
    expect(new Set(callsOf('write').map(({ headers }) => headers['idempotency-key'])).size).toBe(rows.length);
    expect(await client.data(200, 'GET', `/api/v1/connectors/${id}`)).toMatchObject({
      success_count: rows.length,
      failure_count: 0,
    });
  },
  DOWN_MS + RECOVERY_MS + 3 * MINUTE,
);
