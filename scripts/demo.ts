/**
 * `npm run demo`: starts the whole stack on free ports with data of its own, runs a three-step connector end to end,
 * prints what happens and leaves nothing behind. `-- --live` runs keyless connectors against public APIs instead.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import type { Execution } from '../core/execution/schema.ts';
import { apiClient } from './demo/api.ts';
import { enrichLead, publicRepository, publicWeather } from './demo/connectors.ts';
import { runConnector } from './demo/run-connector.ts';
import { bold, dim, green, milliseconds, red, Spinner } from './demo/terminal.ts';
import { timelinePrinter, whereTimeWent } from './demo/timeline.ts';
import { ensureWorkspace, signIn } from './demo/users.ts';
import { FREE_PORTS, type Stack, startStack } from './stack/stack.ts';

/** What a call fails with when the machine has no way out. */
const NO_INTERNET: ReadonlySet<string> = new Set([
  'dns_failed',
  'connect_failed',
  'connect_refused',
  'connect_timeout',
]);

const spinner = new Spinner();
const dataDir = mkdtempSync(join(tmpdir(), 'patchbay-demo-'));
const lines: string[] = [];
const interrupt = new AbortController();
let starting: Promise<Stack> | undefined;
let ending = false;
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.on(signal, () => {
    interrupt.abort();
    void cleanUp(code, 'interrupted');
  });

try {
  console.log(bold('Patchbay demo') + dim(process.argv.includes('--live') ? ' against public APIs' : ''));
  spinner.show('starting database, task runtime and Worker …');
  starting = startStack({
    dataDir,
    ports: FREE_PORTS,
    signal: interrupt.signal,
    onLine: (service, line) => lines.push(`${service}: ${line}`),
    onReady: (part, ms) => spinner.line(`  ${green('✔')} ${part} ${dim(milliseconds(ms))}`),
  });
  const stack = await starting;
  const ok = process.argv.includes('--live') ? await live(stack) : await local(stack);
  await cleanUp(ok ? 0 : 1);
} catch (error) {
  // After an interruption, a call that fails because its other side has stopped is no news.
  if (!ending) {
    spinner.stop();
    console.error(red(error instanceof Error ? error.message : String(error)));
    console.error(dim(lines.slice(-15).join('\n')));
    await cleanUp(1);
  }
}

async function cleanUp(code: number, why?: string): Promise<void> {
  if (ending) return;
  ending = true;
  spinner.stop();
  if (why) console.log(why);
  const stack = await starting?.catch(() => undefined);
  await stack?.stop();
  rmSync(dataDir, { recursive: true, force: true });
  process.exit(code);
}

async function login(stack: Stack) {
  const token = await signIn(stack, stack.demoLogin);
  const workspaceId = await ensureWorkspace(stack.url, token, 'Demo');
  spinner.line(`\nSigned in as ${stack.demoLogin.email}, workspace Demo. The API is at ${stack.url}`);
  return { token, api: apiClient(stack.url, token, workspaceId) };
}

async function local(stack: Stack): Promise<boolean> {
  const { token, api } = await login(stack);
  const example = enrichLead(stack.example.url);
  spinner.line(`Running "${example.connector.name}" with ${JSON.stringify(example.input)}\n`);
  const execution = await runConnector(api, example, timelinePrinter(spinner));
  spinner.stop();
  printEnd(execution);

  const database = createClient(stack.supabaseUrl, stack.publishableKey, {
    accessToken: async () => token,
  });
  const { data: contacts } = await database.from('contacts').select('fields').limit(1);
  console.log(`\n${bold('Contact')}  ${JSON.stringify(contacts?.[0]?.fields)}`);
  const { data: runs } = await database
    .from('connector_step_runs')
    .select('duration_ms')
    .eq('execution_id', execution.id);
  const callsMs = (runs ?? []).reduce((sum, run) => sum + Number(run.duration_ms ?? 0), 0);
  console.log(`\n${bold('Where the time went')}`);
  for (const line of whereTimeWent(execution, callsMs, 'the example API')) console.log(`  ${line}`);
  console.log(dim('\nNext: npm start keeps the same stack running.'));
  return execution.status === 'succeeded';
}

async function live(stack: Stack): Promise<boolean> {
  const { api } = await login(stack);
  for (const example of [publicRepository(), publicWeather()]) {
    spinner.line(`\nRunning "${example.connector.name}" with ${JSON.stringify(example.input)}`);
    const execution = await runConnector(api, example, timelinePrinter(spinner));
    spinner.stop();
    if (execution.error && NO_INTERNET.has(execution.error.code)) {
      console.log(
        `\nThere is no internet here (${execution.error.code}), so nothing public can be called. npm run demo needs none.`,
      );
      return false;
    }
    printEnd(execution);
    if (execution.status !== 'succeeded') return false;
  }
  return true;
}

function printEnd(execution: Execution): void {
  const succeeded = execution.status === 'succeeded';
  console.log(`\n${bold('Status')}   ${succeeded ? green(execution.status) : red(execution.status)}`);
  console.log(`${bold('Output')}   ${JSON.stringify(execution.output)}`);
  if (execution.error) console.log(`${bold('Error')}    ${execution.error.code}: ${execution.error.message}`);
}
