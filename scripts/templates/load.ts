/**
 * `npm run templates`: loads the official templates into a deployment; safe to run again at any time.
 *
 * | variable | meaning | default |
 * |---|---|---|
 * | `SUPABASE_URL`, `SUPABASE_SECRET_KEY` | the deployment, and a key that row level security does not hold back | those of the stack that runs on this machine |
 * | `PATCHBAY_DATA_DIR` | folder of that stack | `.patchbay` |
 */
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { readStackFile } from '../stack/stack-file.ts';
import { officialTemplates } from './official.ts';
import { type Published, publishTemplate } from './publish.ts';
import type { TemplateFile } from './schema.ts';
import { storedTemplates } from './stored.ts';

export type Deployment = { url: string; secretKey: string };
export type LoadReport = Record<Published, string[]>;

/** Loads the official templates, one after the other; answers the slugs by what became of them. */
export async function loadOfficialTemplates(
  { url, secretKey }: Deployment,
  templates: readonly TemplateFile[] = officialTemplates(),
): Promise<LoadReport> {
  const db = createClient(url, secretKey, { auth: { persistSession: false, autoRefreshToken: false } });
  const report: LoadReport = { created: [], 'new version': [], changed: [], unchanged: [], taken: [] };
  const stored = await storedTemplates(
    db,
    templates.map(({ slug }) => slug),
  );
  for (const template of templates) {
    report[await publishTemplate(db, template, stored.get(template.slug))].push(template.slug);
  }
  return report;
}

/** Where to load to: the environment's deployment, or the stack on this machine. */
export function deploymentOf(env: NodeJS.ProcessEnv): Deployment {
  const { SUPABASE_URL: url, SUPABASE_SECRET_KEY: secretKey } = env;
  if (url && secretKey) return { url, secretKey };
  if (url || secretKey) throw new Error('set both SUPABASE_URL and SUPABASE_SECRET_KEY, or neither');
  const dataDir = env.PATCHBAY_DATA_DIR || join(import.meta.dirname, '../../.patchbay');
  let stack: ReturnType<typeof readStackFile>;
  try {
    stack = readStackFile(dataDir);
  } catch {
    throw new Error(
      `no stack has run in ${dataDir}: start one with npm start, or set SUPABASE_URL and SUPABASE_SECRET_KEY`,
    );
  }
  return { url: stack.supabaseUrl, secretKey: stack.secretKey };
}

/** One line for people: how many templates there are, and what changed. */
export function summary(report: LoadReport): string {
  const counts = Object.entries(report).flatMap(([what, slugs]) =>
    slugs.length > 0 ? [`${slugs.length} ${what}`] : [],
  );
  const taken = report.taken.map(
    (slug) => `\n  ${slug} is taken by a template that is not official, and was left alone`,
  );
  return `official templates: ${counts.join(', ')}${taken.join('')}`;
}

if (import.meta.main) {
  try {
    console.log(summary(await loadOfficialTemplates(deploymentOf(process.env))));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
