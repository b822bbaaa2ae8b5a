import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, bench, call, clientOf, effects, ended, eventually } from './testing.ts';

describe('running tasks', () => {
  let at: Bench;
  beforeAll(async () => {
    at = await bench(['basic', 'compose'], { env: { GIVEN: 'yes' }, concurrency: 1 });
  });
  afterAll(() => at.stop());

  const result = async (task: string, payload: unknown, options = {}) =>
    ended(at.client, (await at.client.tasks.trigger(task, payload, options)).id);

  it('runs a task with its payload, dates included, and returns its output', async () => {
    const run = await result('echo', { text: 'hi', date: new Date(0), list: [1, null] });
    expect(run.status).toBe('COMPLETED');
    expect(run.output).toMatchObject({
      payload: { text: 'hi', date: '1970-01-01T00:00:00.000Z', list: [1, null] },
      attempt: 1,
      environment: 'PRODUCTION',
      run: run.id,
    });
    expect(run).toMatchObject({ isCompleted: true, isSuccess: true, isFailed: false, attemptCount: 1 });
    expect(run.finishedAt?.getTime()).toBeGreaterThanOrEqual(run.startedAt?.getTime() ?? Number.NaN);
  });

  it.each([[undefined], ['plain text'], [0], [[]], [{ nested: { ü: '☃' } }]])(
    'passes on the payload %j',
    async (payload) => {
      const run = await result('echo', payload);
      const { payload: got } = { payload: undefined, ...(run.output as object) };
      expect(got).toEqual(payload);
    },
  );

  it('retries a failing task as its settings say, until it succeeds', async () => {
    const run = await result('flaky', { succeedsAt: 3 });
    expect(run).toMatchObject({ status: 'COMPLETED', attemptCount: 3, output: { attempts: 3 } });
  });

  it('fails a run after its last attempt, with the error of that attempt', async () => {
    const run = await result('flaky', { succeedsAt: 99 });
    expect(run).toMatchObject({ status: 'FAILED', attemptCount: 4, isFailed: true });
    expect(run.error).toMatchObject({ name: 'Error', message: 'attempt 4 fails' });
  });

  it('lets the caller limit the attempts, for this run only', async () => {
    expect(await result('flaky', { succeedsAt: 99 }, { maxAttempts: 2 })).toMatchObject({ attemptCount: 2 });
    expect(await result('flaky', { succeedsAt: 4 })).toMatchObject({ status: 'COMPLETED', attemptCount: 4 });
  });

  it('does not retry an aborted run', async () => {
    expect(await result('aborts', {})).toMatchObject({ status: 'FAILED', attemptCount: 1 });
  });

  it('does not retry a payload that breaks its schema, and coerces one that keeps it', async () => {
    expect(await result('strict', { email: 'no', count: '1' })).toMatchObject({
      status: 'FAILED',
      attemptCount: 1,
    });
    expect((await result('strict', { email: 'a@b.ch', count: '1' })).output).toEqual({
      email: 'a@b.ch',
      count: 1,
    });
  });

  it('calls the hooks of a run that succeeds and of one that fails', async () => {
    const good = at.file();
    await result('hooked', { file: good, fail: false });
    expect(effects(good)).toEqual(['onStart', 'run 1', 'onSuccess']);
    const bad = at.file();
    await result('hooked', { file: bad, fail: true });
    expect(effects(bad)).toEqual([
      'onStart',
      'run 1',
      'catchError retry',
      'run 2',
      'catchError last',
      'onFailure',
    ]);
  });

  it('fails a run of a task that no file exports', async () => {
    expect(await result('nobody', {})).toMatchObject({ status: 'SYSTEM_FAILURE', attemptCount: 1 });
  });

  it('keeps one child warm and gives it one run after the other', async () => {
    const [first, second] = [await result('counting', {}), await result('counting', {})];
    expect(second.output).toEqual({ pid: first.output.pid, runs: first.output.runs + 1 });
  });

  it('gives a child PATH, HOME, TZ, what it was given and its access, and nothing else', async () => {
    const { output } = await result('environment', {});
    const allowed = [
      'GIVEN',
      'HOME',
      'PATH',
      'TZ',
      'TRIGGER_API_URL',
      'TRIGGER_SECRET_KEY',
      'NODE_CHANNEL_FD',
    ];
    expect(output).toContain('GIVEN');
    expect(
      output.filter((name: string) => !allowed.includes(name) && !name.startsWith('NODE_CHANNEL')),
    ).toEqual([]);
  });

  it('turns what a task logs, by logger or console, into lines that name the run', async () => {
    const run = await result('echo', {});
    const lines = at.log.filter(({ fields }) => fields.runId === run.id).map(({ message }) => message);
    expect(lines).toEqual(['attempt started', 'echoing', 'said on the console', 'run completed']);
    const end = at.log.find(({ fields, message }) => fields.runId === run.id && message === 'run completed');
    expect(end?.fields).toMatchObject({ taskIdentifier: 'echo', attempt: 1, durationMs: expect.any(Number) });
  });

  it('resumes a task that waits for another, though they share one slot', async () => {
    const run = await result('parent', { n: 4 });
    expect(run.output).toEqual({ got: 8 });
    expect(run.metadata).toEqual({ doubled: 1, last: 4 });
    expect(run.relatedRuns.children).toMatchObject([
      { taskIdentifier: 'double', triggerFunction: 'triggerAndWait' },
    ]);
  });

  it('tells a waiting task that the other failed', async () => {
    expect((await result('parent', { n: 4, fail: true })).output).toEqual({
      error: 'Error: cannot double 4',
    });
  });

  it('resumes a task that waits for a batch, results in order', async () => {
    expect((await result('many', { count: 4 })).output).toEqual([0, 2, 4, 6]);
  });

  it('scopes an idempotency key made in a task as it asks', async () => {
    const [a1, a2] = (await result('starts', { scope: 'run' })).output;
    const [b1] = (await result('starts', { scope: 'run' })).output;
    expect(a1).toBe(a2);
    expect(b1).not.toBe(a1);
    const [c1] = (await result('starts', { scope: 'global' })).output;
    const [d1] = (await result('starts', { scope: 'global' })).output;
    expect(d1).toBe(c1);
  });
});

describe('the REST border', () => {
  let at: Bench;
  beforeAll(async () => {
    at = await bench(['basic']);
  });
  afterAll(() => at.stop());

  const trigger = '/api/v1/tasks/echo/trigger';

  it.each([
    ['no header', {}],
    ['another key', { authorization: 'Bearer tr_prod_other' }],
    ['an empty key', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic tr_prod_test' }],
    ['the bare key', { authorization: 'tr_prod_test' }],
  ])('refuses %s with 401', async (_case, headers) => {
    for (const [method, path] of [
      ['POST', trigger],
      ['GET', '/api/v3/runs/run_x'],
      ['GET', '/api/v1/runs'],
      ['POST', '/api/v1/schedules'],
      ['PUT', '/api/v2/packets/x'],
    ] as const) {
      const answer = await fetch(new URL(path, at.runtime.url), { method, headers: new Headers(headers) });
      expect([path, answer.status, await answer.json()]).toEqual([path, 401, { error: 'Invalid API key' }]);
    }
  });

  it('refuses the SDK with a wrong key', async () => {
    await expect(clientOf(at.runtime.url, 'wrong').tasks.trigger('echo', {})).rejects.toThrow(
      'Invalid API key',
    );
  });

  it.each([
    ['a body that is no JSON', '{'],
    ['a body that is no object', []],
    ['options of the wrong type', { options: { maxAttempts: 'three' } }],
    ['a queue without a name', { options: { queue: {} } }],
    ['a delay that is none', { options: { delay: 'tomorrow-ish' } }],
    ['a ttl that is none', { options: { ttl: 'soon' } }],
    ['an idempotency TTL that is none', { options: { idempotencyKey: 'k', idempotencyKeyTTL: 'soon' } }],
    ['metadata that is no object', { options: { metadata: [1] } }],
    ['a stored payload with no name', { options: { payloadType: 'application/store' } }],
    ['an option that is not supported', { options: { debounce: { key: 'k', delay: '1s' } } }],
  ])('refuses %s with 400 and stores nothing', async (_case, body) => {
    const answer = await call(at.runtime.url, 'POST', trigger, body);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.any(String) } });
    expect((await at.client.runs.list()).data).toEqual([]);
  });

  it('answers 404 for what is not there', async () => {
    for (const [method, path] of [
      ['GET', '/api/v3/runs/run_x'],
      ['POST', '/api/v2/runs/run_x/cancel'],
      ['POST', '/api/v1/runs/run_x/replay'],
      ['GET', '/api/v2/batches/batch_x'],
      ['GET', '/api/v1/schedules/sched_x'],
      ['GET', '/nowhere'],
    ] as const) {
      expect([path, (await call(at.runtime.url, method, path)).status]).toEqual([path, 404]);
    }
  });

  it('takes a repeated request of one client call as one run', async () => {
    const headers = { 'x-trigger-request-idempotency-key': 'request-1' };
    const first = await call(at.runtime.url, 'POST', trigger, { payload: '1' }, headers);
    const second = await call(at.runtime.url, 'POST', trigger, { payload: '1' }, headers);
    expect(second).toEqual(first);
  });

  it('takes a payload that is an object, as a plain REST caller may send it', async () => {
    const { body } = await call(at.runtime.url, 'POST', trigger, { payload: { n: 1 } });
    const run = await ended(at.client, String((body as { id: string }).id));
    expect(run.output).toMatchObject({ payload: { n: 1 } });
  });

  it('takes and drops telemetry', async () => {
    for (const signal of ['traces', 'logs', 'metrics']) {
      expect(await call(at.runtime.url, 'POST', `/v1/${signal}`, {})).toEqual({ status: 200, body: {} });
    }
  });
});

describe('starting', () => {
  it('refuses to start with a task file that cannot be imported, and names it', async () => {
    await expect(bench(['broken'])).rejects.toThrow(/broken\.ts.*this file cannot be imported/s);
  });

  it('forks children on demand up to the concurrency, and ends idle surplus ones', async () => {
    const at = await bench(['queueing'], { concurrency: 3, limits: { idleChildMs: 300 } });
    try {
      expect(at.runtime.childPids()).toHaveLength(1);
      const file = at.file();
      const started = Array.from({ length: 6 }, (_, n) =>
        at.client.tasks.trigger('free', { file, name: String(n), ms: 600 }),
      );
      const runs = await Promise.all(started);
      await eventually(() => at.runtime.childPids().length === 3);
      for (const { id } of runs) expect((await ended(at.client, id)).status).toBe('COMPLETED');
      await eventually(() => at.runtime.childPids().length === 1);
    } finally {
      await at.stop();
    }
  });
});
