import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TriggerClient } from '@trigger.dev/sdk';
import type { LogFields, LogLevel } from './log.ts';
import type { RuntimeLimits, RuntimeOptions } from './options.ts';
import { type EmbeddedRuntime, startRuntime } from './start.ts';

export const SECRET_KEY = 'tr_prod_test';
const POLL_MS = 10;
const PATIENCE_MS = 20_000;

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`./fixtures/${name}.ts`, import.meta.url));

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** A client of its own, which does not retry: a failure shows at once. */
export function clientOf(url: string, accessToken = SECRET_KEY): TriggerClient {
  return new TriggerClient({ baseURL: url, accessToken, requestOptions: { retry: { maxAttempts: 1 } } });
}

/** A temporary folder that is gone after the test file. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'patchbay-trigger-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** What a task wrote by `record` in the fixtures: one entry per line. */
export function effects(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

/** Looks until `probe` gives something; fails after twenty seconds. */
export async function eventually<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    await sleep(POLL_MS);
  }
  throw new Error('waited in vain');
}

const ENDED = new Set([
  'COMPLETED',
  'CANCELED',
  'FAILED',
  'CRASHED',
  'SYSTEM_FAILURE',
  'EXPIRED',
  'TIMED_OUT',
]);

export type Client = TriggerClient;

/** The run once it has ended, however it did. */
export function ended(client: Client, id: string) {
  return eventually(async () => {
    const run = await client.runs.retrieve(id);
    return ENDED.has(run.status) && run;
  });
}

/** The run once it has the status. */
export function inStatus(client: Client, id: string, status: string) {
  return eventually(async () => {
    const run = await client.runs.retrieve(id);
    return run.status === status && run;
  });
}

export interface Bench {
  readonly runtime: EmbeddedRuntime;
  readonly client: Client;
  readonly dir: string;
  readonly log: LogLine[];
  /** A new empty file for effects. */
  readonly file: () => string;
  stop(): Promise<void>;
}

export type BenchOptions = Partial<Omit<RuntimeOptions, 'limits'>> & { limits?: Partial<RuntimeLimits> };

/** A runtime on a folder of its own with the given fixture files. */
export async function bench(fixtures: readonly string[], options: BenchOptions = {}): Promise<Bench> {
  const folder = temporaryFolder();
  const log: LogLine[] = [];
  let files = 0;
  const runtime = await startRuntime({
    dataDir: join(folder.path, 'data'),
    secretKey: SECRET_KEY,
    taskFiles: fixtures.map(fixture),
    logger: (level, message, fields = {}) => log.push({ level, message, fields }),
    ...options,
  }).catch((error: unknown) => {
    folder.remove();
    throw error;
  });
  return {
    runtime,
    client: clientOf(runtime.url),
    dir: folder.path,
    log,
    file: () => join(folder.path, `effects-${++files}`),
    async stop() {
      await runtime.close();
      folder.remove();
    },
  };
}

/** A plain REST call, for what the SDK would not send. */
export async function call(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { authorization: `Bearer ${SECRET_KEY}`, 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json: unknown = text === '' ? undefined : JSON.parse(text);
  return { status: response.status, body: json };
}
