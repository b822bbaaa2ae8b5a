/**
 * Lists and shows runs, through the runtime's REST API.
 *
 *   node scripts/stack/trigger/runs.ts list [--status FAILED] [--task id] [--tag tag] [--limit 25]
 *   node scripts/stack/trigger/runs.ts show <runId>
 *
 * Where the runtime is: TRIGGER_API_URL and TRIGGER_SECRET_KEY, else `stack.json`
 * ({ triggerUrl, triggerSecretKey }) in PATCHBAY_DATA_DIR, which is `.patchbay` when unset.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';

const USAGE = 'usage: runs.ts list [--status S] [--task ID] [--tag T] [--limit N] | show <runId>';

const StackFile = z.object({ triggerUrl: z.url(), triggerSecretKey: z.string() });

const Item = z.object({
  id: z.string(),
  status: z.string(),
  taskIdentifier: z.string(),
  createdAt: z.string(),
  durationMs: z.number(),
  tags: z.array(z.string()),
});
const List = z.object({ data: z.array(Item) });

interface Access {
  readonly url: string;
  readonly key: string;
}

function access(): Access {
  const { TRIGGER_API_URL: url, TRIGGER_SECRET_KEY: key, PATCHBAY_DATA_DIR: dir } = process.env;
  if (url && key) return { url, key };
  const file = join(dir ?? '.patchbay', 'stack.json');
  if (!existsSync(file))
    throw new Error(`TRIGGER_API_URL and TRIGGER_SECRET_KEY are not set, and there is no ${file}`);
  const stack = StackFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  return { url: stack.triggerUrl, key: stack.triggerSecretKey };
}

async function get({ url, key }: Access, path: string): Promise<unknown> {
  const response = await fetch(new URL(path, url), { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

async function list(values: Readonly<Record<string, string | undefined>>): Promise<string> {
  const query = new URLSearchParams();
  const filters = {
    status: 'filter[status]',
    task: 'filter[taskIdentifier]',
    tag: 'filter[tag]',
    limit: 'page[size]',
  };
  for (const [option, name] of Object.entries(filters)) {
    const value = values[option];
    if (value !== undefined) query.set(name, value);
  }
  const { data } = List.parse(await get(access(), `/api/v1/runs?${query}`));
  const rows = data.map((run) => [
    run.id,
    run.status,
    run.taskIdentifier,
    run.createdAt,
    `${run.durationMs} ms`,
    run.tags.join(','),
  ]);
  return table([['ID', 'STATUS', 'TASK', 'CREATED', 'DURATION', 'TAGS'], ...rows]);
}

/** Columns as wide as their widest cell. */
function table(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

async function main(): Promise<string> {
  const string = { type: 'string' } as const;
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { status: string, task: string, tag: string, limit: string },
  });
  const [command, runId] = positionals;
  if (command === 'list') return list(values);
  if (command === 'show' && runId) {
    return JSON.stringify(await get(access(), `/api/v3/runs/${encodeURIComponent(runId)}`), null, 2);
  }
  throw new Error(USAGE);
}

try {
  console.log(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
