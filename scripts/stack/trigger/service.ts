/**
 * The runtime as a process of its own. Reads its settings from the environment, prints one JSON line per
 * event, tells a parent its URL (`{ type: 'ready', url }`), and stops cleanly on SIGTERM, SIGINT or when
 * the parent that forked it is gone.
 *
 *   PATCHBAY_DATA_DIR          folder of trigger.db
 *   PATCHBAY_TRIGGER_PORT      port on 127.0.0.1, 0 or unset for a free one
 *   TRIGGER_SECRET_KEY         the API key
 *   PATCHBAY_TASK_FILES        JSON array of absolute paths of task files
 *   PATCHBAY_TASK_CONFIG       absolute path of a trigger.config.ts, optional
 *   PATCHBAY_TASK_CONCURRENCY  runs at a time, optional
 *   PATCHBAY_TASK_ENV          JSON object: the environment of the tasks, optional
 */
import * as z from 'zod';
import { jsonLogger } from './log.ts';
import { startRuntime } from './start.ts';

const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text, issue): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        issue.addIssue('not valid JSON');
        return z.NEVER;
      }
    })
    .pipe(schema);

const Environment = z.object({
  PATCHBAY_DATA_DIR: z.string().min(1),
  PATCHBAY_TRIGGER_PORT: z.coerce.number().int().min(0).max(65535).default(0),
  TRIGGER_SECRET_KEY: z.string().min(1),
  PATCHBAY_TASK_FILES: json(z.array(z.string().startsWith('/')).min(1)),
  PATCHBAY_TASK_CONFIG: z.string().startsWith('/').optional(),
  PATCHBAY_TASK_CONCURRENCY: z.coerce.number().int().min(1).max(64).optional(),
  PATCHBAY_TASK_ENV: json(z.record(z.string(), z.string())).default({}),
});

// Nobody reads any more: the parent is going, and the disconnect below ends this process properly.
process.stdout.on('error', () => {});

const logger = jsonLogger((line) => process.stdout.write(line));

function fail(message: string): never {
  logger('error', message);
  process.exit(1);
}

const parsed = Environment.safeParse(process.env);
if (!parsed.success) fail(z.prettifyError(parsed.error));
const env = parsed.data;

const runtime = await startRuntime({
  dataDir: env.PATCHBAY_DATA_DIR,
  port: env.PATCHBAY_TRIGGER_PORT,
  secretKey: env.TRIGGER_SECRET_KEY,
  taskFiles: env.PATCHBAY_TASK_FILES,
  env: env.PATCHBAY_TASK_ENV,
  logger,
  ...(env.PATCHBAY_TASK_CONFIG && { configFile: env.PATCHBAY_TASK_CONFIG }),
  ...(env.PATCHBAY_TASK_CONCURRENCY && { concurrency: env.PATCHBAY_TASK_CONCURRENCY }),
}).catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));

let stopping = false;
async function stop(reason: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  logger('info', 'runtime stops', { reason });
  await runtime.close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop('SIGTERM'));
process.on('SIGINT', () => void stop('SIGINT'));
if (process.connected) process.on('disconnect', () => void stop('the parent is gone'));

process.send?.({ type: 'ready', url: runtime.url });
