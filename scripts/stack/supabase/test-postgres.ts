import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';

const INSTALLED = '/usr/lib/postgresql';
const READY_WAIT_MS = 15_000;

export interface TestPostgres extends AsyncDisposable {
  /** URL of `database` for `user`, by default the superuser's. */
  url(database?: string, user?: string): string;
}

/** Why no Postgres server can be started here, or undefined when one can. */
export function postgresMissing(): string | undefined {
  if (serverFolder() === undefined) return `no Postgres server found in PATH or ${INSTALLED}`;
  if (process.getuid?.() === 0 && serverUser() === undefined) return 'Postgres refuses to run as root';
  return undefined;
}

function serverFolder(): string | undefined {
  const inPath = spawnSync('which', ['initdb'], { encoding: 'utf8' }).stdout.trim();
  if (inPath !== '') return join(inPath, '..');
  if (!existsSync(INSTALLED)) return undefined;
  const folders = readdirSync(INSTALLED).map((version) => join(INSTALLED, version, 'bin'));
  return folders.filter((folder) => existsSync(join(folder, 'initdb'))).at(-1);
}

/** Postgres does not start as root; then the account that its package made runs it. */
function serverUser(): { uid: number; gid: number } | undefined {
  const id = (flag: string) =>
    Number.parseInt(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout, 10);
  const user = { uid: id('-u'), gid: id('-g') };
  return Number.isSafeInteger(user.uid) && Number.isSafeInteger(user.gid) ? user : undefined;
}

/** Starts a server with an empty cluster in a folder of its own, on a free port of 127.0.0.1. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const bin = serverFolder();
  if (bin === undefined) throw new Error(postgresMissing());
  const as = process.getuid?.() === 0 ? serverUser() : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-postgres-'));
  if (as) chownSync(folder, as.uid, as.gid);
  const data = join(folder, 'data');
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    {
      ...as,
      cwd: folder,
      stdio: 'ignore',
    },
  );
  const port = await freePort();
  const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: folder, fsync: 'off' };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...flags], {
    ...as,
    cwd: folder,
    stdio: 'ignore',
  });
  const url = (database = 'postgres', user = 'postgres') =>
    `postgres://${user}@127.0.0.1:${port}/${database}`;
  const stop = async () => {
    await stopped(server);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answers(url());
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, [Symbol.asyncDispose]: stop };
}

async function answers(url: string): Promise<void> {
  const deadline = Date.now() + READY_WAIT_MS;
  for (;;) {
    const client = postgres(url, { max: 1, connect_timeout: 1, onnotice: () => {} });
    try {
      await client`select 1`;
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end({ timeout: 1 });
    }
  }
}

function stopped(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    server.once('exit', () => resolve());
    // "Fast shutdown": open connections are ended, and the server waits for nobody.
    server.kill('SIGINT');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
