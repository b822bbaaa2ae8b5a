import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, bench, call, effects, ended, inStatus, SECRET_KEY } from './testing.ts';

let at: Bench;
beforeAll(async () => {
  at = await bench(['basic', 'compose', 'queueing']);
});
afterAll(() => at.stop());

describe('metadata and tags', () => {
  it('starts with the metadata given, and takes every change a task makes', async () => {
    const { id } = await at.client.tasks.trigger(
      'annotates',
      {},
      { metadata: { given: { deep: [1] }, count: 1 } },
    );
    const run = await ended(at.client, id);
    expect(run.output).toEqual({ given: { deep: [1] }, count: 1 });
    expect(run.metadata).toEqual({ given: { deep: [1] }, count: 3, step: 'two', list: ['a', 'b'] });
  });

  it('keeps the tags given and those a task adds, each once', async () => {
    const { id } = await at.client.tasks.trigger('annotates', {}, { tags: ['b', 'a', 'a'] });
    expect((await ended(at.client, id)).tags).toEqual(['a', 'b', 'during']);
    expect((await at.client.runs.list({ tag: 'during', limit: 100 })).data.map((run) => run.id)).toContain(
      id,
    );
  });

  it('refuses an eleventh tag', async () => {
    const tags = Array.from({ length: 11 }, (_, n) => `t${n}`);
    await expect(at.client.tasks.trigger('echo', 1, { tags })).rejects.toThrow('10 tags');
  });

  it('refuses a metadata change that would reach a prototype', async () => {
    const { id } = await at.client.tasks.trigger('echo', 1);
    const operations = [{ type: 'set', key: '__proto__', value: { polluted: true } }];
    expect((await call(at.runtime.url, 'PUT', `/api/v1/runs/${id}/metadata`, { operations })).status).toBe(
      400,
    );
  });
});

describe('packets', () => {
  const text = 'x'.repeat(200 * 1024);

  it('carries a payload and an output of more than 128 KiB beside the run', async () => {
    const { id } = await at.client.tasks.trigger('bulky', { text });
    const run = await ended(at.client, id);
    expect(run.output).toEqual({ text: text.toUpperCase() });
    expect(run.payload).toEqual({ text });
    const { body } = await call(at.runtime.url, 'GET', `/api/v3/runs/${id}`);
    expect(body).toMatchObject({
      payloadPresignedUrl: expect.any(String),
      outputPresignedUrl: expect.any(String),
    });
  });

  it('refuses a packet URL whose signature, method, name or time was changed', async () => {
    const { body } = await call(at.runtime.url, 'PUT', '/api/v2/packets/some%2Fname', {});
    const { presignedUrl } = body as { presignedUrl: string };
    const status = async (url: string, method = 'PUT') =>
      (await fetch(url, { method, ...(method === 'PUT' && { body: '1' }) })).status;
    expect(await status(presignedUrl)).toBe(200);
    expect(await status(presignedUrl, 'GET')).toBe(403);
    expect(await status(presignedUrl.replace('name', 'nome'))).toBe(403);
    expect(await status(presignedUrl.replace(/expires=\d/, 'expires=9'))).toBe(403);
    expect(await status(presignedUrl.replace(/signature=\w+/, 'signature=00'))).toBe(403);
    expect(await status(presignedUrl.replace(/\?.*/, ''))).toBe(403);
  });
});

describe('batches', () => {
  it('runs every item, with its own options, and reports the whole', async () => {
    const { batchId, runCount } = await at.client.tasks.batchTrigger('echo', [
      { payload: 1, options: { tags: ['first'] } },
      { payload: 2 },
      { payload: 3, options: { delay: '1h' } },
    ]);
    expect(runCount).toBe(3);
    const open = await at.client.batch.retrieve(batchId);
    expect(open.status).toBe('PENDING');
    for (const id of open.runs.slice(0, 2))
      expect(await ended(at.client, id)).toMatchObject({ status: 'COMPLETED', batchId });
    expect((await at.client.runs.retrieve(open.runs[0] ?? '')).tags).toEqual(['first']);
    expect((await at.client.runs.retrieve(open.runs[2] ?? '')).status).toBe('DELAYED');
    await at.client.runs.cancel(open.runs[2] ?? '');
    expect((await at.client.batch.retrieve(batchId)).status).toBe('COMPLETED');
  });

  it('takes an item sent twice once, and seals when all are there', async () => {
    const url = at.runtime.url;
    const { body } = await call(url, 'POST', '/api/v3/batches', { runCount: 2 });
    const path = `/api/v3/batches/${(body as { id: string }).id}/items`;
    const item = (index: number) => JSON.stringify({ index, task: 'echo', payload: String(index) });
    expect((await call(url, 'POST', path, item(0))).body).toMatchObject({
      itemsAccepted: 1,
      sealed: false,
      expectedCount: 2,
    });
    expect((await call(url, 'POST', path, `${item(0)}\n${item(1)}\n`)).body).toMatchObject({
      itemsAccepted: 1,
      itemsDeduplicated: 1,
      sealed: true,
    });
  });

  it('takes all items of a request or none', async () => {
    const url = at.runtime.url;
    const { body } = await call(url, 'POST', '/api/v3/batches', { runCount: 2 });
    const { id } = body as { id: string };
    const lines = [
      { index: 0, task: 'echo', payload: '1' },
      { index: 7, task: 'echo', payload: '1' },
    ];
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    expect((await call(url, 'POST', `/api/v3/batches/${id}/items`, text)).status).toBe(400);
    expect((await at.client.batch.retrieve(id)).runs).toEqual([]);
  });
});

describe('replay', () => {
  it('runs the same payload again, as a run of its own', async () => {
    const original = await at.client.tasks.trigger(
      'echo',
      { n: 1 },
      { tags: ['r'], idempotencyKey: 'replayed' },
    );
    await ended(at.client, original.id);
    const { id } = await at.client.runs.replay(original.id);
    expect(id).not.toBe(original.id);
    expect(await ended(at.client, id)).toMatchObject({
      status: 'COMPLETED',
      tags: ['r'],
      output: { payload: { n: 1 } },
    });
  });

  it('takes another payload', async () => {
    const original = await at.client.tasks.trigger('echo', { n: 1 });
    const { id } = await at.client.runs.replay(original.id, { payload: { n: 2 } });
    expect((await ended(at.client, id)).output).toMatchObject({ payload: { n: 2 } });
  });
});

describe('lists', () => {
  it('pages through runs, newest first, by cursor', async () => {
    const tag = 'paged';
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push((await at.client.tasks.trigger('echo', n, { tags: [tag] })).id);
    const first = await at.client.runs.list({ tag, limit: 2 });
    expect(first.data.map((run) => run.id)).toEqual([ids[4], ids[3]]);
    const second = await first.getNextPage();
    expect(second.data.map((run) => run.id)).toEqual([ids[2], ids[1]]);
    const back = await second.getPreviousPage();
    expect(back.data.map((run) => run.id)).toEqual([ids[4], ids[3]]);
    const all: string[] = [];
    for await (const run of at.client.runs.list({ tag, limit: 2 })) all.push(run.id);
    expect(all).toEqual(ids.toReversed());
  });

  it('filters by status, task, time and batch', async () => {
    const tag = 'filtered';
    const good = await at.client.tasks.trigger('echo', 1, { tags: [tag] });
    const bad = await at.client.tasks.trigger('aborts', 1, { tags: [tag] });
    await Promise.all([ended(at.client, good.id), ended(at.client, bad.id)]);
    const list = async (query: object) =>
      (await at.client.runs.list({ tag, ...query })).data.map((run) => run.id);
    expect(await list({ status: 'FAILED' })).toEqual([bad.id]);
    expect(await list({ status: ['FAILED', 'COMPLETED'] })).toEqual([bad.id, good.id]);
    expect(await list({ taskIdentifier: 'echo' })).toEqual([good.id]);
    expect(await list({ period: '1h' })).toHaveLength(2);
    expect(await list({ to: new Date(Date.now() - 3_600_000) })).toEqual([]);
    expect(await list({ batch: 'batch_other' })).toEqual([]);
  });

  it.each([
    'page[size]=0',
    'page[size]=1000',
    'filter[createdAt][period]=soon',
    'filter[createdAt][from]=then',
  ])('refuses %s', async (query) => {
    expect((await call(at.runtime.url, 'GET', `/api/v1/runs?${query}`)).status).toBe(400);
  });
});

describe('waits', () => {
  it('waits up to five seconds in the process', async () => {
    const { id } = await at.client.tasks.trigger('naps', { seconds: 0.2 });
    const run = await ended(at.client, id);
    expect(run.output.waited).toBeGreaterThanOrEqual(200);
  });

  it('waits longer as WAITING, which frees its slot of a queue', async () => {
    const file = at.file();
    const { id } = await at.client.tasks.trigger('naps', { seconds: 5.2 }, { queue: 'one-at-a-time' });
    expect(await inStatus(at.client, id, 'WAITING')).toMatchObject({ isWaiting: true, isExecuting: false });
    const other = await at.client.tasks.trigger('single', { file, name: 'other', ms: 1 });
    expect((await ended(at.client, other.id)).status).toBe('COMPLETED');
    expect((await at.client.runs.retrieve(id)).status).toBe('WAITING');
    const run = await ended(at.client, id);
    expect(run.status).toBe('COMPLETED');
    expect(run.output.waited).toBeGreaterThanOrEqual(5200);
    expect(effects(file)).toHaveLength(2);
  });
});

describe('the inspector', () => {
  const CLI = fileURLToPath(new URL('./runs.ts', import.meta.url));
  const cli = (args: string[], env: Record<string, string>) =>
    promisify(execFile)(process.execPath, [CLI, ...args], { env: { PATH: process.env.PATH ?? '', ...env } });

  it('lists and shows runs, with access from the environment or from stack.json', async () => {
    const { id } = await at.client.tasks.trigger('flaky', { succeedsAt: 2 }, { tags: ['inspected'] });
    await ended(at.client, id);
    const env = { TRIGGER_API_URL: at.runtime.url, TRIGGER_SECRET_KEY: SECRET_KEY };
    const list = (await cli(['list', '--tag', 'inspected', '--status', 'COMPLETED'], env)).stdout
      .trim()
      .split('\n');
    expect(list).toHaveLength(2);
    expect(list[1]).toMatch(new RegExp(`^${id} +COMPLETED +flaky .* inspected$`));

    writeFileSync(
      join(at.dir, 'stack.json'),
      JSON.stringify({ triggerUrl: at.runtime.url, triggerSecretKey: SECRET_KEY }),
    );
    const shown = JSON.parse((await cli(['show', id], { PATCHBAY_DATA_DIR: at.dir })).stdout);
    expect(shown.attempts).toMatchObject([
      { number: 1, status: 'FAILED', error: { message: 'attempt 1 fails' } },
      { number: 2, status: 'COMPLETED' },
    ]);
  });

  it('says what is missing or wrong, and fails', async () => {
    await expect(cli(['list'], { PATCHBAY_DATA_DIR: join(at.dir, 'nowhere') })).rejects.toThrow('stack.json');
    await expect(cli(['dance'], {})).rejects.toThrow('usage');
    const env = { TRIGGER_API_URL: at.runtime.url, TRIGGER_SECRET_KEY: 'wrong' };
    await expect(cli(['show', 'run_x'], env)).rejects.toThrow('401');
  });
});
