/**
 * `npm start`: the whole stack on this machine, staying up until Ctrl-C. Data persists in `.patchbay/`.
 *
 * | variable | meaning | default |
 * |---|---|---|
 * | `PATCHBAY_DATA_DIR` | folder for everything that the stack keeps | `.patchbay` |
 * | `PATCHBAY_WORKER_PORT`, `PATCHBAY_DATABASE_PORT`, `PATCHBAY_TRIGGER_PORT`, `PATCHBAY_EXAMPLE_PORT` | ports on 127.0.0.1 | 8787, 54321, 3030, 8790 |
 * | `DATABASE_URL` | a Postgres server in place of the embedded database | none |
 * | `PATCHBAY_ALLOWED_ORIGINS` | origins that browsers may call the API from, comma separated | none |
 * | `PATCHBAY_TASK_CONCURRENCY` | task processes at a time | 2 |
 */
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { bold, dim, green, milliseconds, red } from './demo/terminal.ts';
import { ensureWorkspace, signIn, signInAsSaasAdmin } from './demo/users.ts';
import { logLine } from './stack/log-line.ts';
import { type Stack, startStack } from './stack/stack.ts';
import { loadOfficialTemplates, summary } from './templates/load.ts';

const port = (byDefault: number) => z.coerce.number().int().min(0).max(65_535).default(byDefault);
const Environment = z.object({
  PATCHBAY_DATA_DIR: z
    .string()
    .min(1)
    .default(join(import.meta.dirname, '../.patchbay')),
  PATCHBAY_WORKER_PORT: port(8787),
  PATCHBAY_DATABASE_PORT: port(54_321),
  PATCHBAY_TRIGGER_PORT: port(3030),
  PATCHBAY_EXAMPLE_PORT: port(8790),
  PATCHBAY_ALLOWED_ORIGINS: z.string().default(''),
  PATCHBAY_TASK_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2),
  DATABASE_URL: z.string().min(1).optional(),
});

const parsed = Environment.safeParse(process.env);
if (!parsed.success) {
  console.error(red(z.prettifyError(parsed.error)));
  process.exit(2);
}
const env = parsed.data;

const stopping = new AbortController();
let starting: Promise<Stack> | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));

async function stop(code: number): Promise<void> {
  if (stopping.signal.aborted) return;
  console.log(dim('stopping'));
  stopping.abort();
  const stack = await starting?.catch(() => undefined);
  await stack?.stop();
  process.exit(code);
}

console.log(bold('Patchbay') + dim(' starting; Ctrl-C ends it'));
try {
  starting = startStack({
    dataDir: resolve(env.PATCHBAY_DATA_DIR),
    ports: {
      worker: env.PATCHBAY_WORKER_PORT,
      database: env.PATCHBAY_DATABASE_PORT,
      trigger: env.PATCHBAY_TRIGGER_PORT,
      example: env.PATCHBAY_EXAMPLE_PORT,
    },
    databaseUrl: env.DATABASE_URL,
    allowedOrigins: env.PATCHBAY_ALLOWED_ORIGINS,
    taskConcurrency: env.PATCHBAY_TASK_CONCURRENCY,
    signal: stopping.signal,
    onReady: (part, ms) => console.log(`  ${green('✔')} ${part} ${dim(milliseconds(ms))}`),
    onLine: (service, line) => {
      const text = logLine(service, line);
      if (text !== undefined) console.log(text);
    },
  });
  const stack = await starting;
  const token = await signIn(stack, stack.demoLogin);
  await ensureWorkspace(stack.url, token, 'Demo');
  await signInAsSaasAdmin(stack, stack.adminLogin);
  const loaded = await loadOfficialTemplates({ url: stack.supabaseUrl, secretKey: stack.secretKey });
  console.log(`  ${green('✔')} ${summary(loaded)}`);
  console.log(`
  API            ${bold(stack.url)}
  Database API   ${stack.supabaseUrl}   publishable key ${stack.publishableKey}
  Task runtime   ${stack.triggerUrl}   list runs with: npm run runs
  Example API    ${stack.example.url}
  Reference      ${stack.url}/docs
  Demo login     ${stack.demoLogin.email} / ${stack.demoLogin.password}   (token: npm run token)
  SaaS admin     ${stack.adminLogin.email} / ${stack.adminLogin.password}   (token: npm run token -- --admin)
`);
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(red(error instanceof Error ? error.message : String(error)));
    await stop(1);
  }
}
