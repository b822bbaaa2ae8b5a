/** The promise of durable executions: whatever dies, and whenever, every execution ends and no committed step runs again. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../json/json.ts';
import { type Bench, bench, get, post } from './testing/bench.ts';
import { broken, json } from './testing/script-egress.ts';

/** The process is gone: nothing that it still does reaches the database or another service. */
const never = () => new Promise<never>(() => {});

const CALLS = [
  'claim',
  ...['startStep', 'call', 'commitStep'],
  ...['startStep', 'call', 'commitStep'],
  ...['startStep', 'call', 'commitStep'],
  'finish',
] as const;

/** Before and after each call to the ledger and each call upstream of a three-step run. */
const PLACES = CALLS.flatMap((fn, index) => {
  const nth = CALLS.slice(0, index + 1).filter((other) => other === fn).length;
  return (['before', 'after'] as const).map((phase) => ({ fn, phase, nth }));
});

/** A run whose process dies at the place. Answers when it is dead, or when it has ended without reaching the place. */
async function runUntil(
  at: Bench,
  place: { fn: string; phase: string; nth: number },
): Promise<'died' | 'ended'> {
  let seen = 0;
  let dead = false;
  let die: () => void = () => {};
  const died = new Promise<'died'>((resolve) => {
    die = () => {
      dead = true;
      resolve('died');
    };
  });
  const arriveAt = async (crossing: { fn: string; phase: string }) => {
    if (dead) return never();
    if (crossing.fn !== place.fn || crossing.phase !== place.phase) return;
    seen += 1;
    if (seen !== place.nth) return;
    die();
    return never();
  };
  at.ledger.crossing = arriveAt;
  const send = at.egress.send.bind(at.egress);
  const egress = {
    send: async (request: Parameters<typeof send>[0]) => {
      await arriveAt({ fn: 'call', phase: 'before' });
      const answer = await send(request);
      await arriveAt({ fn: 'call', phase: 'after' });
      return answer;
    },
  };
  Object.assign(at.deps, { egress });
  const outcome = await at.time.until(Promise.race([died, at.start('run_1').then(() => 'ended' as const)]));
  at.ledger.crossing = () => {};
  Object.assign(at.deps, { egress: at.egress });
  return outcome;
}

const callsOf = (at: Bench) => at.egress.requests.map(({ url }) => url.split('/').at(-1));
const count = (list: readonly unknown[], item: unknown) => list.filter((other) => other === item).length;

const PROGRAMS: [name: string, steps: JsonObject[]][] = [
  ['three reads', [get('a'), get('b'), get('c')]],
  ['a write in the middle', [get('a'), post('b'), get('c')]],
  ['writes that may be sent again', ['a', 'b', 'c'].map((name) => post(name, { idempotency_key: true }))],
];
const output = { a: '{{steps.a.body.call}}', c: '{{steps.c.status}}' };

describe.each(PROGRAMS)('with %s', (_, steps) => {
  const open = () => bench({ steps, definition: { output }, answer: (_request, call) => json({ call }) });
  const isLoneWrite = (name: string) =>
    steps.some((step) => step.name === name && isWrite(step) && !step.idempotency_key);

  test.each(PLACES)('a process that dies $phase $fn number $nth is taken over to the end', async (place) => {
    const at = await open();
    expect(await runUntil(at, place)).toBe('died');
    const committed = at.steps.filter(({ resume_state }) => resume_state !== null).map((s) => s.step_name);
    const before = callsOf(at);
    const interrupted = at.steps.find(({ status }) => status === 'running')?.step_name;

    const outcome = await at.run({ owner: 'run_1' });

    const later = callsOf(at).slice(before.length);
    for (const name of committed) expect(later).not.toContain(name);
    if (place.fn === 'finish' && place.phase === 'after') {
      expect(outcome).toEqual({ outcome: 'finished' });
    } else if (interrupted !== undefined && isLoneWrite(interrupted)) {
      expect(outcome).toMatchObject({
        status: 'failed',
        error: { code: 'outcome_unknown', step: interrupted },
      });
      expect(later).not.toContain(interrupted);
    } else {
      expect(outcome).toMatchObject({ outcome: 'ended', status: 'succeeded' });
      expect(at.execution.end?.output).toEqual({ a: expect.any(Number), c: 200 });
      for (const name of ['a', 'b', 'c']) expect(count(callsOf(at), name)).toBeLessThanOrEqual(2);
    }
    expect(at.steps.filter(({ status }) => status === 'running')).toEqual([]);
  });

  test('a process that dies at every place in turn still ends, and no answered call is made again', async () => {
    const at = await open();
    for (const place of PLACES) await runUntil(at, { ...place, nth: 1 });
    const last = await at.run();
    expect(['ended', 'finished']).toContain(last.outcome);
    expect(['succeeded', 'failed']).toContain(at.execution.status);
  });
});

const isWrite = (step: JsonObject) =>
  typeof step.request === 'object' && Reflect.get(step.request ?? {}, 'method') === 'POST';

test('every place is reached: the run in one piece makes exactly these calls', async () => {
  const at = await bench({ steps: [get('a'), get('b'), get('c')] });
  const seen: string[] = [];
  at.ledger.crossing = ({ fn, phase }) => void (phase === 'before' && seen.push(fn));
  await at.run();
  expect(seen).toEqual(CALLS.filter((fn) => fn !== 'call'));
});

describe('what a resumed execution finds', () => {
  test('the recorded outputs, headers and mapped fields of committed steps, unredacted', async () => {
    const token = 'tok-1234567890';
    const at = await bench({
      steps: [
        get('a', { response: { map: { mine: 'body.token' } } }),
        post('b', {
          idempotency_key: true,
          request: {
            method: 'POST',
            url: 'https://api.example.com/{{steps.a.headers.x}}',
            body: { type: 'json', content: { t: '{{steps.a.mine}}', whole: '{{steps.a.body}}' } },
          },
        }),
      ],
      answer: (_request, call) => (call === 1 ? json({ token }, 200, [['x', token]]) : json({})),
    });
    await runUntil(at, { fn: 'call', phase: 'before', nth: 2 });
    await at.run();
    expect(at.egress.requests.at(-1)).toMatchObject({
      url: `https://api.example.com/${token}`,
      body: JSON.stringify({ t: token, whole: { token } }),
    });
  });

  test('a step that failed for good has failed: it is not sent again', async () => {
    const at = await bench({
      steps: [get('a', { continue_on_error: true }), get('b')],
      definition: { output: '{{steps.a.error.code}}' },
      answer: ({ url }) => json({}, url.endsWith('/a') ? 404 : 200),
    });
    await runUntil(at, { fn: 'startStep', phase: 'before', nth: 2 });
    await at.run();
    expect(count(callsOf(at), 'a')).toBe(1);
    expect(at.execution.end).toMatchObject({ status: 'succeeded', output: 'http_404' });
  });

  test('a step that failed for good ends the execution without another call', async () => {
    const at = await bench({ steps: [get('a')], answer: () => json({}, 404) });
    await runUntil(at, { fn: 'finish', phase: 'before', nth: 1 });
    expect(await at.run()).toMatchObject({ status: 'failed', error: { code: 'http_404', step: 'a' } });
    expect(callsOf(at)).toEqual(['a']);
  });

  test('a step that was skipped stays skipped', async () => {
    const at = await bench({ steps: [get('a', { condition: 'false' }), get('b')] });
    await runUntil(at, { fn: 'startStep', phase: 'after', nth: 1 });
    await at.run();
    expect(at.steps.map(({ step_name, status }) => [step_name, status])).toEqual([
      ['a', 'skipped'],
      ['b', 'interrupted'],
      ['b', 'succeeded'],
    ]);
  });

  test('a step that was started has met its condition, whatever the condition says now', async () => {
    const at = await bench({
      steps: [get('a', { condition: `$millis() < ${Date.now() + 50}` })],
    });
    await runUntil(at, { fn: 'call', phase: 'after', nth: 1 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(at.steps.map(({ status }) => status)).toEqual(['interrupted', 'succeeded']);
  });

  test('the attempts that failed count on, and the crashed one does not', async () => {
    const retry = { max_attempts: 3, base_ms: 10, max_ms: 10 };
    const at = await bench({ steps: [get('a', { retry })], answer: () => json({}, 503) });
    await runUntil(at, { fn: 'call', phase: 'after', nth: 2 });
    expect(await at.run()).toMatchObject({ status: 'failed', error: { code: 'http_503' } });
    expect(at.steps.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 'failed'],
      [2, 'interrupted'],
      [3, 'failed'],
      [4, 'failed'],
    ]);
  });

  test('a write that failed before anything was sent may be sent after a crash', async () => {
    const at = await bench({
      steps: [post('a')],
      answer: (_request, call) => (call === 1 ? broken('connect_refused', false) : json({})),
    });
    await runUntil(at, { fn: 'commitStep', phase: 'after', nth: 1 });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
  });

  test('an Idempotency-Key that is the same in every attempt, and another in every step', async () => {
    const at = await bench({
      steps: [post('a', { idempotency_key: true }), post('b', { idempotency_key: true })],
      answer: (_request, call) => json({}, call === 1 ? 503 : 200),
    });
    await runUntil(at, { fn: 'call', phase: 'after', nth: 3 });
    await at.run();
    const keys = at.egress.requests.map(({ url, headers }) => [
      url.split('/').at(-1),
      headers.find(([name]) => name === 'Idempotency-Key')?.[1],
    ]);
    expect(keys.map(([name]) => name)).toEqual(['a', 'a', 'b', 'b']);
    const [a, b] = ['a', 'b'].map((name) => new Set(keys.filter(([n]) => n === name).map(([, key]) => key)));
    expect([a?.size, b?.size]).toEqual([1, 1]);
    expect(a).not.toEqual(b);
  });
});
