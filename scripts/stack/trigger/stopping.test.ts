import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, bench, effects, ended, eventually, inStatus } from './testing.ts';

const CANCEL_GRACE_MS = 500;

let at: Bench;
beforeAll(async () => {
  at = await bench(['steering', 'basic', 'compose'], { limits: { cancelGraceMs: CANCEL_GRACE_MS } });
});
afterAll(() => at.stop());

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function start(
  task: string,
  payload: object = {},
  options = {},
): Promise<{ id: string; file: string }> {
  const file = at.file();
  const { id } = await at.client.tasks.trigger(task, { file, ...payload }, options);
  return { id, file };
}

describe('cancel', () => {
  it.each([
    ['in line', { concurrencyKey: 'full', queue: 'narrow' }],
    ['that is delayed', { delay: '1h' }],
  ])('cancels a run %s, which then never starts', async (_case, options) => {
    const holder = await at.client.tasks.trigger('holder', {}, { concurrencyKey: 'full' });
    await inStatus(at.client, holder.id, 'EXECUTING');
    const { id } = await at.client.tasks.trigger('echo', 1, options);
    await at.client.runs.cancel(id);
    expect(await at.client.runs.retrieve(id)).toMatchObject({
      status: 'CANCELED',
      isCancelled: true,
      attemptCount: 0,
    });
    await at.client.runs.cancel(holder.id);
    await ended(
      at.client,
      (await at.client.tasks.trigger('echo', 1, { concurrencyKey: 'full', queue: 'narrow' })).id,
    );
    expect((await at.client.runs.retrieve(id)).attemptCount).toBe(0);
  });

  it('aborts an executing run, calls its hook, and keeps its child when it ends in time', async () => {
    const { id, file } = await start('patient');
    await eventually(() => effects(file).includes('started'));
    const before = at.runtime.childPids();
    await at.client.runs.cancel(id);
    await eventually(() => effects(file).includes('aborted') && effects(file).includes('onCancel'));
    expect((await at.client.runs.retrieve(id)).status).toBe('CANCELED');
    expect((await ended(at.client, (await at.client.tasks.trigger('echo', 1)).id)).status).toBe('COMPLETED');
    expect(at.runtime.childPids()).toEqual(expect.arrayContaining(before));
  });

  it('kills a run that does not listen after the grace period', async () => {
    const { id, file } = await start('stubborn');
    const pid = Number((await eventually(() => effects(file)[0])).split(' ')[1]);
    await at.client.runs.cancel(id);
    expect(alive(pid)).toBe(true);
    await eventually(() => !alive(pid));
    expect(effects(file)).toHaveLength(1);
    expect((await at.client.runs.retrieve(id)).status).toBe('CANCELED');
  });

  it('cancels a run that waits, and with it the runs it started', async () => {
    const { id } = await at.client.tasks.trigger('fosters', {});
    const child = await eventually(async () => {
      const { relatedRuns } = await at.client.runs.retrieve(id);
      return relatedRuns.children?.find(({ status }) => status === 'WAITING');
    });
    await at.client.runs.cancel(id);
    expect((await ended(at.client, id)).status).toBe('CANCELED');
    expect((await ended(at.client, child.id)).status).toBe('CANCELED');
  });

  it('leaves a run that has ended as it is', async () => {
    const { id } = await at.client.tasks.trigger('echo', 1);
    await ended(at.client, id);
    await at.client.runs.cancel(id);
    expect((await at.client.runs.retrieve(id)).status).toBe('COMPLETED');
  });
});

describe('maxDuration', () => {
  it.each(['overlong', 'blocking'])('ends "%s" as TIMED_OUT, without a retry', async (task) => {
    const { id, file } = await start(task);
    const run = await ended(at.client, id);
    expect(run).toMatchObject({ status: 'TIMED_OUT', attemptCount: 1, isCompleted: false });
    expect(effects(file)).toHaveLength(1);
  });
});

describe('a lost child', () => {
  it.each(['SIGKILL', 'exit', 'uncaught'])('is retried, the loss counted as an attempt (%s)', async (how) => {
    const { id, file } = await start('mortal', { how, until: 2 });
    const run = await ended(at.client, id);
    expect(run).toMatchObject({ status: 'COMPLETED', attemptCount: 2, output: { attempt: 2 } });
    expect(effects(file)).toEqual(['attempt 1', 'attempt 2']);
  });

  it.each([
    ['SIGKILL', 'CRASHED'],
    ['uncaught', 'FAILED'],
  ])('ends the run after its last attempt (%s: %s)', async (how, status) => {
    const { id, file } = await start('mortal', { how, until: 99 }, { maxAttempts: 2 });
    expect(await ended(at.client, id)).toMatchObject({ status, attemptCount: 2 });
    expect(effects(file)).toHaveLength(2);
  });

  it('is noticed when it is killed from outside', async () => {
    const { id, file } = await start('slow', { name: 'a', ms: 300 });
    const pid = Number((await eventually(() => effects(file)[0])).split(' ').at(-1));
    process.kill(pid, 'SIGKILL');
    const run = await ended(at.client, id);
    expect(run).toMatchObject({ status: 'COMPLETED', attemptCount: 2 });
    expect(effects(file).filter((line) => line.startsWith('done'))).toHaveLength(1);
  });
});
