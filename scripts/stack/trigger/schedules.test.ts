import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startRuntime } from './start.ts';
import {
  type Bench,
  bench,
  clientOf,
  effects,
  ended,
  eventually,
  fixture,
  SECRET_KEY,
  temporaryFolder,
} from './testing.ts';

describe('schedules', () => {
  let at: Bench;
  beforeAll(async () => {
    at = await bench(['scheduled']);
  });
  afterAll(() => at.stop());

  it('takes declarative schedules from the task files, in their time zone', async () => {
    const { data } = await at.client.schedules.list();
    const declared = data.filter(({ type }) => type === 'DECLARATIVE');
    expect(declared.map(({ task, generator, timezone }) => [task, generator.expression, timezone])).toEqual(
      expect.arrayContaining([
        ['every-minute', '* * * * *', 'UTC'],
        ['in-berlin', '30 9 * * 1', 'Europe/Berlin'],
      ]),
    );
    expect(declared).toHaveLength(2);
  });

  it('creates, reads, changes, switches and deletes a schedule', async () => {
    const made = await at.client.schedules.create({
      task: 'on-demand',
      cron: '0 4 * * *',
      timezone: 'Asia/Tokyo',
      externalId: 'user-1',
      deduplicationKey: 'life',
    });
    expect(made).toMatchObject({
      type: 'IMPERATIVE',
      active: true,
      externalId: 'user-1',
      deduplicationKey: 'life',
    });
    expect(made.nextRun?.getUTCHours()).toBe(19);

    const again = await at.client.schedules.create({
      task: 'on-demand',
      cron: '0 5 * * *',
      deduplicationKey: 'life',
    });
    expect(again.id).toBe(made.id);
    expect(again).toMatchObject({ timezone: 'UTC', generator: { expression: '0 5 * * *' } });

    const changed = await at.client.schedules.update(made.id, { task: 'on-demand', cron: '0 6 * * *' });
    expect(changed.generator.expression).toBe('0 6 * * *');
    expect(await at.client.schedules.deactivate(made.id)).toMatchObject({ active: false, nextRun: null });
    expect(await at.client.schedules.activate(made.id)).toMatchObject({
      active: true,
      nextRun: expect.any(Date),
    });
    expect(await at.client.schedules.retrieve(made.id)).toMatchObject({ id: made.id, active: true });
    await at.client.schedules.del(made.id);
    await expect(at.client.schedules.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
  });

  it.each([
    ['a task that is not scheduled', { task: 'plain', cron: '* * * * *' }],
    ['a task that does not exist', { task: 'nobody', cron: '* * * * *' }],
    ['seconds', { task: 'on-demand', cron: '* * * * * *' }],
    ['a time zone that does not exist', { task: 'on-demand', cron: '* * * * *', timezone: 'Mars/Olympus' }],
  ])('refuses %s with 422', async (_case, options) => {
    const made = at.client.schedules.create({ ...options, deduplicationKey: 'refused' });
    await expect(made).rejects.toMatchObject({ status: 422 });
  });

  it('refuses to change or delete what a task file declares', async () => {
    const { data } = await at.client.schedules.list();
    const id = data.find(({ type }) => type === 'DECLARATIVE')?.id ?? '';
    await expect(
      at.client.schedules.update(id, { task: 'on-demand', cron: '0 6 * * *' }),
    ).rejects.toMatchObject({ status: 422 });
    await expect(at.client.schedules.del(id)).rejects.toMatchObject({ status: 422 });
  });
});

describe('a schedule that comes due', () => {
  /** A clock that stands `ms` before the next full minute, and goes on from there. */
  const clockBefore = (minute: number, ms: number) => {
    const offset = minute - ms - Date.now();
    return () => Date.now() + offset;
  };

  it('fires once, on time, with dates in its payload; then not again after a restart, but for missed times once', async () => {
    const folder = temporaryFolder();
    onTestFinished(folder.remove);
    const file = join(folder.path, 'effects');
    const minute = Date.parse('2026-05-04T10:00:00Z');
    const start = (clock: () => number) =>
      startRuntime({
        dataDir: join(folder.path, 'data'),
        secretKey: SECRET_KEY,
        taskFiles: [fixture('scheduled')],
        env: { EFFECTS_FILE: file },
        clock,
      });
    const first = await start(clockBefore(minute, 3000));
    try {
      const client = clientOf(first.url);
      await eventually(() => effects(file).length === 1);
      expect(effects(file)).toEqual(['2026-05-04T10:00:00.000Z']);
      const run = (await client.runs.list({ taskIdentifier: 'every-minute' })).data[0];
      const { output, schedule } = await ended(client, run?.id ?? '');
      expect(output).toMatchObject({
        isDate: true,
        type: 'DECLARATIVE',
        timezone: 'UTC',
        scheduleId: schedule?.id,
      });
      expect(output.upcoming).toHaveLength(5);
      expect(output.upcoming[0]).toBe('2026-05-04T10:01:00.000Z');
    } finally {
      await first.close();
    }
    const sameMinute = await start(clockBefore(minute + 60_000, 50_000));
    await sameMinute.close();
    expect(effects(file)).toHaveLength(1);
    const muchLater = await start(clockBefore(minute + 10 * 60_000, 30_000));
    try {
      await eventually(() => effects(file).length === 2);
      expect(readFileSync(file, 'utf8')).toContain('2026-05-04T10:01:00.000Z');
    } finally {
      await muchLater.close();
    }
    expect(effects(file)).toHaveLength(2);
  });
});
