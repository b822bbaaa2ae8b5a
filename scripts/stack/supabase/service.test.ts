import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { client, FIXTURE_MIGRATIONS, PASSWORD, temporaryFolder } from './test-support.ts';

const Ready = z.object({
  type: z.literal('ready'),
  url: z.url(),
  publishableKey: z.string(),
  secretKey: z.string(),
});

interface Service extends AsyncDisposable {
  process: ChildProcess;
  ready: Promise<z.infer<typeof Ready>>;
  exited: Promise<number | NodeJS.Signals>;
  /** Lines of JSON written so far. */
  log: () => Record<string, unknown>[];
}

function run(dataDir: string, environment: Record<string, string> = {}): Service {
  const child = fork(join(import.meta.dirname, 'service.ts'), {
    env: {
      PATH: process.env.PATH,
      PATCHBAY_DATA_DIR: dataDir,
      PATCHBAY_DATABASE_PORT: '0',
      PATCHBAY_MIGRATIONS_DIR: FIXTURE_MIGRATIONS,
      PATCHBAY_SEED_FILE: join(FIXTURE_MIGRATIONS, 'no-seed'),
      ...environment,
    },
    execArgv: [],
    silent: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 0));
  });
  const ready = new Promise<z.infer<typeof Ready>>((resolve, reject) => {
    child.once('message', (message) => resolve(Ready.parse(message)));
    exited.then(() => reject(new Error(`the service ended before it was ready: ${output}`)));
  });
  ready.catch(() => {});
  return {
    process: child,
    ready,
    exited,
    log: () =>
      output
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const portOf = (url: string) => new URL(url).port;

describe('the service', () => {
  it('keeps every acknowledged row, its keys and its sessions when it is killed under load', async () => {
    await using folder = await temporaryFolder();
    await using first = run(folder.path);
    const before = await first.ready;
    const admin = client(before.url, before.secretKey);
    await admin.auth.admin.createUser({ email: 'a@example.com', password: PASSWORD, email_confirm: true });
    const user = client(before.url, before.publishableKey);
    const { data: session } = await user.auth.signInWithPassword({
      email: 'a@example.com',
      password: PASSWORD,
    });

    const acknowledged: string[] = [];
    const WRITERS = 8;
    const ROWS_BEFORE_KILL = 200;
    const write = async () => {
      for (;;) {
        const id = crypto.randomUUID();
        const { error } = await user.from('notes').insert({ id, title: 'load' });
        if (error) return;
        acknowledged.push(id);
        if (acknowledged.length === ROWS_BEFORE_KILL) first.process.kill('SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
    expect(await first.exited).toBe('SIGKILL');
    expect(acknowledged.length).toBeGreaterThanOrEqual(ROWS_BEFORE_KILL);

    await using second = run(folder.path, { PATCHBAY_DATABASE_PORT: portOf(before.url) });
    expect(await second.ready).toEqual(before);
    const read = await fetch(`${before.url}/rest/v1/notes?select=id`, {
      headers: { apikey: before.publishableKey, authorization: `Bearer ${session.session?.access_token}` },
    });
    const rows = z.array(z.object({ id: z.string() })).parse(await read.json());
    const survived = new Set(rows.map(({ id }) => id));
    expect(acknowledged.filter((id) => !survived.has(id))).toEqual([]);
    const refreshed = await client(before.url, before.publishableKey).auth.refreshSession({
      refresh_token: session.session?.refresh_token ?? '',
    });
    expect(refreshed.error).toBeNull();

    // The folder is taken while the second one lives, and free once it has ended.
    await using third = run(folder.path);
    expect(await third.exited).toBe(1);
    expect(third.log()).toMatchObject([
      {
        level: 'error',
        event: 'supabase_failed',
        message: expect.stringContaining(`in use by process ${second.process.pid}`),
      },
    ]);
    second.process.kill('SIGTERM');
    expect(await second.exited).toBe(0);
    expect(second.log()).toMatchObject([
      { level: 'info', event: 'supabase_ready', url: before.url, database: 'pglite', applied: [] },
      { level: 'info', event: 'supabase_stopping', reason: 'SIGTERM' },
    ]);
    expect(existsSync(join(folder.path, 'lock'))).toBe(false);

    // A parent that dies without a word takes the service with it.
    await using orphan = run(folder.path);
    await orphan.ready;
    orphan.process.disconnect();
    expect(await orphan.exited).toBe(0);
    expect(orphan.log().at(-1)).toMatchObject({ reason: 'parent gone' });
  });

  it.each([
    ['a port that is no number', { PATCHBAY_DATABASE_PORT: 'http' }, 'PATCHBAY_DATABASE_PORT'],
    [
      'an address that is not of a Postgres server',
      { DATABASE_URL: 'mysql://root@127.0.0.1/x' },
      'DATABASE_URL',
    ],
    ['a folder without migrations', { PATCHBAY_MIGRATIONS_DIR: '/nonexistent' }, '/nonexistent'],
  ])('says what is wrong with %s, and ends', async (_name, environment, mentioned) => {
    await using service = run('memory', environment);
    expect(await service.exited).toBe(1);
    expect(service.log()).toHaveLength(1);
    expect(service.log()[0]).toMatchObject({
      level: 'error',
      event: 'supabase_failed',
      message: expect.stringContaining(mentioned),
    });
  });
});
