import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, bench, call, effects, ended, inStatus } from './testing.ts';

let at: Bench;
beforeAll(async () => {
  at = await bench(['queueing', 'basic'], { concurrency: 3 });
});
afterAll(() => at.stop());

async function triggerAll(task: string, file: string, each: readonly { name: string; options?: object }[]) {
  const ids: string[] = [];
  for (const { name, options } of each) {
    ids.push((await at.client.tasks.trigger(task, { file, name }, options)).id);
  }
  for (const id of ids) await ended(at.client, id);
}

/** The most steps that were open at the same time, by a part of their name. */
function overlap(lines: readonly string[], group: (name: string) => string = () => ''): number {
  const open = new Map<string, number>();
  let most = 0;
  for (const line of lines) {
    const key = group(line.slice(1));
    const now = (open.get(key) ?? 0) + (line.startsWith('+') ? 1 : -1);
    open.set(key, now);
    most = Math.max(most, now);
  }
  return most;
}

const names = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }));

describe('concurrency', () => {
  it('runs tasks without a limit side by side', async () => {
    const file = at.file();
    const ids: string[] = [];
    for (const { name } of names.slice(0, 3)) {
      ids.push((await at.client.tasks.trigger('free', { file, name, ms: 1500 })).id);
    }
    for (const id of ids) await ended(at.client, id);
    expect(overlap(effects(file))).toBeGreaterThan(1);
  });

  it.each(['single', 'inline'])('keeps to the limit of the queue of "%s", in order', async (task) => {
    const file = at.file();
    await triggerAll(task, file, names);
    expect(effects(file)).toEqual(names.flatMap(({ name }) => [`+${name}`, `-${name}`]));
  });

  it('keeps to a limit for each value of a concurrency key', async () => {
    const file = at.file();
    const keyed = ['x1', 'y1', 'x2', 'y2', 'x3', 'y3'].map((name) => ({
      name,
      options: { concurrencyKey: name.slice(0, 1) },
    }));
    await triggerAll('single', file, keyed);
    const lines = effects(file);
    expect(lines).toHaveLength(12);
    expect(overlap(lines, (name) => name.slice(0, 1))).toBe(1);
    expect(overlap(lines)).toBe(2);
  });

  it('lets other queues pass a full one', async () => {
    const file = at.file();
    const long = await at.client.tasks.trigger('single', { file, name: 'long', ms: 400 });
    const blocked = await at.client.tasks.trigger('single', { file, name: 'blocked' });
    await ended(at.client, (await at.client.tasks.trigger('free', { file, name: 'other', ms: 1 })).id);
    expect((await at.client.runs.retrieve(blocked.id)).status).toBe('QUEUED');
    await Promise.all([ended(at.client, long.id), ended(at.client, blocked.id)]);
  });

  it('starts runs of a higher priority first: each unit is a second of waiting', async () => {
    const file = at.file();
    const options = (priority: number) => ({ priority });
    await triggerAll('single', file, [
      { name: 'first' },
      { name: 'low' },
      { name: 'high', options: options(10) },
      { name: 'higher', options: options(20) },
    ]);
    const order = effects(file).filter((line) => line.startsWith('+'));
    expect(order).toEqual(['+first', '+higher', '+high', '+low']);
  });
});

describe('delay and TTL', () => {
  it('starts a delayed run when its time has come', async () => {
    const date = new Date(Date.now() + 400);
    const { id } = await at.client.tasks.trigger('echo', 1, { delay: date });
    expect(await at.client.runs.retrieve(id)).toMatchObject({
      status: 'DELAYED',
      isQueued: true,
      delayedUntil: date,
    });
    const run = await ended(at.client, id);
    expect(run.status).toBe('COMPLETED');
    const late = (run.startedAt?.getTime() ?? 0) - date.getTime();
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(1500);
  });

  it('reschedules a delayed run, and only a delayed one', async () => {
    const { id } = await at.client.tasks.trigger('echo', 1, { delay: '1h' });
    await at.client.runs.reschedule(id, { delay: new Date(Date.now() + 50) });
    expect((await ended(at.client, id)).status).toBe('COMPLETED');
    await expect(at.client.runs.reschedule(id, { delay: '1h' })).rejects.toThrow('not delayed');
  });

  it('expires a run that stood in line longer than its TTL', async () => {
    const file = at.file();
    const holder = await at.client.tasks.trigger('single', { file, name: 'holder', ms: 1500 });
    await inStatus(at.client, holder.id, 'EXECUTING');
    const byCaller = await at.client.tasks.trigger('single', { file, name: 'late' }, { ttl: 1 });
    const byTask = await at.client.tasks.trigger('fleeting', { file, name: 'late too' });
    for (const { id } of [byCaller, byTask]) {
      const run = await ended(at.client, id);
      expect(run).toMatchObject({ status: 'EXPIRED', isCompleted: false, attemptCount: 0 });
      expect(run.expiredAt).toBeInstanceOf(Date);
    }
    await ended(at.client, holder.id);
    expect(effects(file)).toEqual(['+holder', '-holder']);
  });
});

describe('idempotency keys', () => {
  const trigger = (key: string, options = {}) =>
    at.client.tasks.trigger('echo', 1, { idempotencyKey: key, ...options });

  it('returns the run of the key, also after it has completed', async () => {
    const first = await trigger('key-1');
    expect((await trigger('key-1')).id).toBe(first.id);
    await ended(at.client, first.id);
    expect((await trigger('key-1')).id).toBe(first.id);
    expect((await trigger('key-2')).id).not.toBe(first.id);
  });

  it('says so in the answer, and does not mix tasks', async () => {
    const body = { payload: '1', options: { idempotencyKey: 'shared' } };
    const url = at.runtime.url;
    expect((await call(url, 'POST', '/api/v1/tasks/echo/trigger', body)).body).toMatchObject({
      isCached: false,
    });
    expect((await call(url, 'POST', '/api/v1/tasks/echo/trigger', body)).body).toMatchObject({
      isCached: true,
    });
    expect((await call(url, 'POST', '/api/v1/tasks/flaky/trigger', body)).body).toMatchObject({
      isCached: false,
    });
  });

  it('takes one run of many triggers at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => trigger('rush')));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  });

  it('frees the key after its TTL', async () => {
    const first = await trigger('brief', { idempotencyKeyTTL: '1s' });
    expect((await trigger('brief')).id).toBe(first.id);
    await sleep(1050);
    expect((await trigger('brief')).id).not.toBe(first.id);
  });

  it('frees the key when the run fails', async () => {
    const failing = () => at.client.tasks.trigger('aborts', {}, { idempotencyKey: 'failing' });
    const first = await failing();
    await ended(at.client, first.id);
    expect((await failing()).id).not.toBe(first.id);
  });

  it('frees the key on reset, and answers 404 when nothing has it', async () => {
    const path = '/api/v1/idempotencyKeys/plain-key/reset';
    const body = { payload: '1', options: { idempotencyKey: 'plain-key' } };
    const post = () => call(at.runtime.url, 'POST', '/api/v1/tasks/echo/trigger', body);
    const first = await post();
    const reset = await call(at.runtime.url, 'POST', path, { taskIdentifier: 'echo' });
    expect(reset).toEqual({ status: 200, body: { id: 'plain-key' } });
    expect((await post()).body).not.toEqual(first.body);
    expect((await call(at.runtime.url, 'POST', path, { taskIdentifier: 'flaky' })).status).toBe(404);
  });
});
