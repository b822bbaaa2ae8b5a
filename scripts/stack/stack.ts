import { join } from 'node:path';
import * as z from 'zod';
import { type ExampleApi, startExampleApi } from './example/start.ts';
import { loadSecrets } from './secrets.ts';
import { type ServiceProcess, startService } from './service-process.ts';
import { writeStackFile } from './stack-file.ts';
import { publicKeyOf } from './supabase/trusted-keys.ts';
import { DEFAULT_CONCURRENCY } from './trigger/options.ts';
import { type EmbeddedWorker, startWorker } from './worker/start.ts';

const ROOT = join(import.meta.dirname, '../..');
const TASK_FILES = [
  'connector-execution.ts',
  'connector-batch.ts',
  'execution-sweeper.ts',
  'credential-test.ts',
  'credential-rekey.ts',
  'housekeeping.ts',
].map((file) => join(ROOT, 'trigger', file));

export type Ports = { worker: number; database: number; trigger: number; example: number };
type Login = { email: string; password: string };

/** Any free port, for tests and for a demo beside a running stack. */
export const FREE_PORTS: Ports = { worker: 0, database: 0, trigger: 0, example: 0 };

export type StackOptions = {
  /** Everything that the stack keeps is in here. */
  dataDir: string;
  ports: Ports;
  /** A Postgres server in place of the embedded database. */
  databaseUrl?: string | undefined;
  taskConcurrency?: number;
  /** Origins that browsers may call the API from. */
  allowedOrigins?: string;
  /** Requests of one caller in ten seconds, 0 for no limit; as deployed by default. */
  rateLimit?: number;
  onLine?: (service: string, line: string) => void;
  /** Called when a part is ready, with what it took in milliseconds. */
  onReady?: (part: string, ms: number) => void;
  /** For tests: what tasks use in place of the database's own URL, such as a proxy that injects faults. */
  databaseUrlForTasks?: (url: string) => Promise<string>;
  /** Gives up a start that is under way: what has been started is stopped, then the start rejects. */
  signal?: AbortSignal;
};

const DatabaseReady = z.object({
  type: z.literal('ready'),
  url: z.url(),
  publishableKey: z.string(),
  secretKey: z.string(),
});
const TriggerReady = z.object({ type: z.literal('ready'), url: z.url() });

export interface Stack {
  url: string;
  supabaseUrl: string;
  publishableKey: string;
  secretKey: string;
  triggerUrl: string;
  triggerSecretKey: string;
  demoLogin: Login;
  /** Becomes a SaaS admin when `npm start` makes it one. */
  adminLogin: Login;
  example: ExampleApi;
  worker: EmbeddedWorker;
  database: ServiceProcess<z.infer<typeof DatabaseReady>>;
  trigger: ServiceProcess<z.infer<typeof TriggerReady>>;
  stop(): Promise<void>;
}

/**
 * The whole of Patchbay on this machine: database, task runtime, Worker and an example API to call, each listening on
 * 127.0.0.1. Stops what it started when a part does not come up.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const secrets = loadSecrets(options.dataDir);
  const onLine = options.onLine ?? (() => {});
  const { signal } = options;
  await using started = new AsyncDisposableStack();
  const timed = async <T>(part: string, start: Promise<T>): Promise<T> => {
    const from = performance.now();
    const result = await start;
    options.onReady?.(part, performance.now() - from);
    return result;
  };

  const example = await timed('example API', startExampleApi({ port: options.ports.example }));
  started.defer(() => example.stop());

  const database = await timed(
    'database',
    startService({
      name: 'database',
      entry: join(import.meta.dirname, 'supabase/service.ts'),
      env: {
        PATCHBAY_DATA_DIR: options.dataDir,
        PATCHBAY_DATABASE_PORT: String(options.ports.database),
        PATCHBAY_TRUSTED_KEYS: JSON.stringify([publicKeyOf(secrets.signingKey)]),
        ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
      },
      parseReady: (message) => DatabaseReady.parse(message),
      envOfRestart: (first) => ({ PATCHBAY_DATABASE_PORT: new URL(first.url).port }),
      onLine,
      signal,
    }),
  );
  started.defer(() => database.stop());
  const { url: supabaseUrl, publishableKey, secretKey } = database.ready;

  const taskEnv = {
    SUPABASE_URL: (await options.databaseUrlForTasks?.(supabaseUrl)) ?? supabaseUrl,
    SUPABASE_SECRET_KEY: secretKey,
    PATCHBAY_ENCRYPTION_KEYS: secrets.encryptionKeys,
    PATCHBAY_ALLOW_LOOPBACK: 'true',
    // One process is always left for a run that somebody waits for.
    PATCHBAY_BATCH_CONCURRENCY: String(Math.max(1, (options.taskConcurrency ?? DEFAULT_CONCURRENCY) - 1)),
  };
  const trigger = await timed(
    'task runtime',
    startService({
      name: 'trigger',
      entry: join(import.meta.dirname, 'trigger/service.ts'),
      env: {
        PATCHBAY_DATA_DIR: options.dataDir,
        PATCHBAY_TRIGGER_PORT: String(options.ports.trigger),
        TRIGGER_SECRET_KEY: secrets.triggerSecretKey,
        PATCHBAY_TASK_FILES: JSON.stringify(TASK_FILES),
        PATCHBAY_TASK_ENV: JSON.stringify(taskEnv),
        ...(options.taskConcurrency ? { PATCHBAY_TASK_CONCURRENCY: String(options.taskConcurrency) } : {}),
      },
      parseReady: (message) => TriggerReady.parse(message),
      envOfRestart: (first) => ({ PATCHBAY_TRIGGER_PORT: new URL(first.url).port }),
      onLine,
      signal,
    }),
  );
  started.defer(() => trigger.stop());

  const worker = await timed(
    'Worker',
    startWorker({
      dataDir: options.dataDir,
      port: options.ports.worker,
      bindings: {
        SUPABASE_URL: supabaseUrl,
        SUPABASE_PUBLISHABLE_KEY: publishableKey,
        TRIGGER_API_URL: trigger.ready.url,
        TRIGGER_SECRET_KEY: secrets.triggerSecretKey,
        PATCHBAY_ENCRYPTION_KEYS: secrets.encryptionKeys,
        PATCHBAY_SIGNING_KEY: JSON.stringify(secrets.signingKey),
        PATCHBAY_ALLOWED_ORIGINS: options.allowedOrigins ?? '',
        ...(options.rateLimit === undefined ? {} : { PATCHBAY_RATE_LIMIT: String(options.rateLimit) }),
        PATCHBAY_ALLOW_LOOPBACK: 'true',
      },
      onLine,
      signal,
    }),
  );
  started.defer(() => worker.stop());

  const logins = {
    demoLogin: { email: 'demo@example.com', password: secrets.demoPassword },
    adminLogin: { email: 'admin@example.com', password: secrets.demoPassword },
  };
  const urls = { url: worker.ready.url, supabaseUrl, triggerUrl: trigger.ready.url };
  const keys = { publishableKey, secretKey, triggerSecretKey: secrets.triggerSecretKey };
  writeStackFile(options.dataDir, {
    ...urls,
    ...keys,
    ...logins,
    exampleUrl: example.url,
  });
  const resources = started.move();
  return {
    ...urls,
    ...keys,
    ...logins,
    example,
    worker,
    database,
    trigger,
    stop: () => resources.disposeAsync(),
  };
}
