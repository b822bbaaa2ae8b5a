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
const RUNS = 10;
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
    const naps = join(folder.path, 'naps');
    const first = await startService();
    const nap = await first.client.tasks.trigger(
      'naps',
      { seconds: 5.2, file: naps, key: 'nap' },
      { maxAttempts: 3 },
    );
    await inStatus(first.client, nap.id, 'WAITING');
    const options = { maxAttempts: 1 };
    const last = await first.client.tasks.trigger('slow', { file, name: 'last', ms: 60_000 }, options);
    await eventually(() => pidsIn(file).length === 1);
    const ids: string[] = [];
    for (let n = 0; n < RUNS; n += 1) {
      ids.push((await first.client.tasks.trigger('slow', { file, name: `n${n}`, ms: 150 })).id);
    }
    const delayed = await first.client.tasks.trigger('echo', 1, { delay: '2s', idempotencyKey: 'kept' });
    const cron = '0 4 * * *';
    const schedule = await first.client.schedules.create({ task: 'on-demand', cron, deduplicationKey: 'k' });
    await eventually(() => pidsIn(file).length >= 4);
    await kill(first.service, 'SIGKILL');
    await eventually(() => pidsIn(file).every((pid) => !alive(pid)));

    const { client } = await startService();
    expect((await client.tasks.trigger('echo', 1, { idempotencyKey: 'kept' })).id).toBe(delayed.id);
    expect(await client.schedules.retrieve(schedule.id)).toEqual(schedule);
    expect(await ended(client, last.id)).toMatchObject({ status: 'FAILED', attemptCount: 1 });
    expect(await ended(client, delayed.id)).toMatchObject({ status: 'COMPLETED', attemptCount: 1 });

    const lines = (text: string) => effects(file).filter((line) => line.startsWith(text)).length;
    let interrupted = 0;
    for (const [n, id] of ids.entries()) {
      const { status, attemptCount } = await ended(client, id);
      expect(status).toBe('COMPLETED');
      expect(lines(`start n${n} `)).toBeGreaterThanOrEqual(1);
      expect(lines(`start n${n} `)).toBeLessThanOrEqual(attemptCount);
      expect(lines(`done n${n}`)).toBeGreaterThanOrEqual(1);
      if (attemptCount === 1) expect(lines(`done n${n}`)).toBe(1);
      else interrupted += 1;
    }
    expect(interrupted).toBeLessThanOrEqual(CONCURRENCY);
    expect(lines('done last')).toBe(0);

    // The wait has an idempotency key: it ends at its first time, though run() started again.
    const napped = await ended(client, nap.id);
    expect(napped).toMatchObject({ status: 'COMPLETED', attemptCount: 2 });
    expect(napped.output.waited).toBeLessThan(4700);
    expect(effects(naps)).toEqual(['attempt 1', 'attempt 2']);
  });

  it('leaves no child behind that could execute a run a second time, even a blocked one', async () => {
    const file = join(folder.path, 'effects');
    const first = await startService();
    await first.client.tasks.trigger('blocking', { file }, { maxDuration: 600, maxAttempts: 1 });
    const pid = Number((await eventually(() => effects(file)[0])).split(' ')[1]);
    await kill(first.service, 'SIGKILL');
    expect(alive(pid)).toBe(true);
    const second = await startService();
    await eventually(() => !alive(pid));
    expect(second.output()).toContain('ended a child of an earlier runtime');
  });
});

describe('the service', () => {
  it('stops on SIGTERM, lets executing runs end, and takes up the rest at the next start', async () => {
    const file = join(folder.path, 'effects');
    const first = await startService();
    const long = await first.client.tasks.trigger('slow', { file, name: 'long', ms: 60_000 });
    await eventually(() => pidsIn(file).length === 1);
    const quick = await first.client.tasks.trigger('slow', { file, name: 'quick', ms: 400 });
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
