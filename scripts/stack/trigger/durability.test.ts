import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { startRuntime } from './start.ts';
import {
  clientOf,
  effects,
  ended,
  eventually,
  fixture,
  inStatus,
  SECRET_KEY,
  temporaryFolder,
} from './testing.ts';

const SERVICE = fileURLToPath(new URL('./service.ts', import.meta.url));
const CONCURRENCY = 2;
const RUNS = 12;
const Ready = z.object({ type: z.literal('ready'), url: z.url() });

let folder: ReturnType<typeof temporaryFolder>;
let running: ChildProcess[] = [];
beforeEach(() => {
  folder = temporaryFolder();
  running = [];
});
afterEach(async () => {
  for (const service of running) await kill(service, 'SIGKILL');
  folder.remove();
});

async function startService(extra: Record<string, string> = {}) {
  const service = fork(SERVICE, [], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      PATCHBAY_DATA_DIR: join(folder.path, 'data'),
      TRIGGER_SECRET_KEY: SECRET_KEY,
      PATCHBAY_TASK_FILES: JSON.stringify(['basic', 'steering', 'compose', 'scheduled'].map(fixture)),
      PATCHBAY_TASK_CONCURRENCY: String(CONCURRENCY),
      ...extra,
    },
  });
  running.push(service);
  let output = '';
  service.stdout?.on('data', (text) => {
    output += text;
  });
  service.stderr?.resume();
  const message = await Promise.race([
    once(service, 'message').then(([first]) => first),
    once(service, 'exit').then(() => Promise.reject(new Error(`the service ended: ${output}`))),
  ]);
  const { url } = Ready.parse(message);
  return { service, url, client: clientOf(url), output: () => output };
}

async function kill(service: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  const gone = once(service, 'exit');
  service.kill(signal);
  await gone;
}

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const pidsIn = (file: string): number[] =>
  effects(file)
    .filter((line) => line.startsWith('start'))
    .map((line) => Number(line.split(' ').at(-1)));

describe('kill -9 of the runtime', () => {
  it('loses no accepted run: queued, executing, delayed and waiting ones all end', async () => {
    const file = join(folder.path, 'effects');
    const first = await startService();
    const ids: string[] = [];
    for (let n = 0; n < RUNS; n += 1) {
      ids.push((await first.client.tasks.trigger('slow', { file, name: `n${n}`, ms: 150 })).id);
    }
    ids.push((await first.client.tasks.trigger('echo', 1, { delay: '2s' })).id);
    await eventually(() => effects(file).length >= 3);
    await kill(first.service, 'SIGKILL');
    await eventually(() => pidsIn(file).every((pid) => !alive(pid)));

    const second = await startService();
    for (const id of ids) expect((await ended(second.client, id)).status).toBe('COMPLETED');
    const starts = (name: string) => effects(file).filter((line) => line.startsWith(`start ${name} `)).length;
    const ends = (name: string) => effects(file).filter((line) => line === `done ${name}`).length;
    let interrupted = 0;
    for (const [n, id] of ids.slice(0, RUNS).entries()) {
      const { attemptCount } = await second.client.runs.retrieve(id);
      expect(starts(`n${n}`)).toBeGreaterThanOrEqual(1);
      expect(starts(`n${n}`)).toBeLessThanOrEqual(attemptCount);
      expect(ends(`n${n}`)).toBeGreaterThanOrEqual(1);
      if (attemptCount === 1) expect(ends(`n${n}`)).toBe(1);
      else interrupted += 1;
    }
    expect(interrupted).toBeGreaterThanOrEqual(1);
    expect(interrupted).toBeLessThanOrEqual(CONCURRENCY);
  });

  it('counts as an attempt of a run that was executing, the last one included', async () => {
    const file = join(folder.path, 'effects');
    const first = await startService();
    const { id } = await first.client.tasks.trigger(
      'slow',
      { file, name: 'only', ms: 60_000 },
      { maxAttempts: 1 },
    );
    await eventually(() => effects(file).length === 1);
    await kill(first.service, 'SIGKILL');
    const second = await startService();
    expect(await ended(second.client, id)).toMatchObject({ status: 'FAILED', attemptCount: 1 });
    expect(effects(file)).toHaveLength(1);
  });

  it('leaves no child behind that could execute a run a second time, even a blocked one', async () => {
    const file = join(folder.path, 'effects');
    const first = await startService();
    await first.client.tasks.trigger('blocking', { file }, { maxDuration: 600 });
    const pid = Number((await eventually(() => effects(file)[0])).split(' ')[1]);
    await kill(first.service, 'SIGKILL');
    expect(alive(pid)).toBe(true);
    const second = await startService();
    await eventually(() => !alive(pid));
    expect(second.output()).toContain('ended a child of an earlier runtime');
  });

  it('ends a wait with an idempotency key at its first time, though run() starts again', async () => {
    const file = join(folder.path, 'effects');
    const start = Date.now();
    const first = await startService();
    const { id } = await first.client.tasks.trigger(
      'naps',
      { seconds: 6, file, key: 'nap' },
      { maxAttempts: 3 },
    );
    await inStatus(first.client, id, 'WAITING');
    await kill(first.service, 'SIGKILL');
    const second = await startService();
    expect(await ended(second.client, id)).toMatchObject({ status: 'COMPLETED', attemptCount: 2 });
    expect(Date.now() - start).toBeLessThan(11_000);
    expect(effects(file)).toEqual(['attempt 1', 'attempt 2']);
  });

  it('keeps schedules and idempotency keys', async () => {
    const first = await startService();
    const schedule = await first.client.schedules.create({
      task: 'on-demand',
      cron: '0 4 * * *',
      deduplicationKey: 'k',
    });
    const { id } = await first.client.tasks.trigger('echo', 1, { idempotencyKey: 'kept' });
    await kill(first.service, 'SIGKILL');
    const second = await startService();
    expect(await second.client.schedules.retrieve(schedule.id)).toEqual(schedule);
    expect((await second.client.tasks.trigger('echo', 1, { idempotencyKey: 'kept' })).id).toBe(id);
  });
});

describe('the service', () => {
  it('stops on SIGTERM, lets executing runs end, and takes up the rest at the next start', async () => {
    const file = join(folder.path, 'effects');
    const first = await startService();
    const long = await first.client.tasks.trigger('slow', { file, name: 'long', ms: 5000 });
    await eventually(() => pidsIn(file).length === 1);
    const quick = await first.client.tasks.trigger('slow', { file, name: 'quick', ms: 700 });
    await eventually(() => pidsIn(file).length === 2);
    await kill(first.service, 'SIGTERM');
    expect(first.service.exitCode).toBe(0);
    expect(pidsIn(file).filter(alive)).toEqual([]);
    const second = await startService();
    expect(await ended(second.client, quick.id)).toMatchObject({ status: 'COMPLETED', attemptCount: 1 });
    expect(await ended(second.client, long.id)).toMatchObject({ status: 'COMPLETED', attemptCount: 2 });
  });

  it('stops when the process that forked it is gone', async () => {
    const { service } = await startService();
    const gone = once(service, 'exit');
    service.disconnect();
    expect((await gone)[0]).toBe(0);
  });

  it('prints one JSON line per event', async () => {
    const { client, output } = await startService();
    const { id } = await client.tasks.trigger('echo', 1);
    await ended(client, id);
    const lines = output()
      .trim()
      .split('\n')
      .map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
    const end = lines.find((line) => line.runId === id && line.message === 'run completed');
    expect(end).toMatchObject({
      level: 'info',
      taskIdentifier: 'echo',
      attempt: 1,
      durationMs: expect.any(Number),
    });
    expect(Date.parse(String(end?.time))).not.toBeNaN();
  });

  it('names the settings that are missing or wrong, and ends', async () => {
    await expect(startService({ PATCHBAY_TASK_FILES: '["relative.ts"]' })).rejects.toThrow(
      'PATCHBAY_TASK_FILES',
    );
    await expect(startService({ TRIGGER_SECRET_KEY: '' })).rejects.toThrow('TRIGGER_SECRET_KEY');
  });

  it('refuses a folder that another runtime uses', async () => {
    await startService();
    await expect(startService()).rejects.toThrow('another runtime is using');
    const inThisProcess = startRuntime({
      dataDir: join(folder.path, 'data'),
      secretKey: SECRET_KEY,
      taskFiles: [fixture('basic')],
    });
    await expect(inThisProcess).rejects.toThrow('another runtime is using');
  });
});
