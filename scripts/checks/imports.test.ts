import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Who may import whom.
 *
 * | rule | why |
 * |---|---|
 * | core imports nothing of workers, trigger or scripts | it serves them all |
 * | core uses no node:*, cloudflare:*, process, Buffer or global fetch | it runs in workerd, Node and tests alike |
 * | workers and trigger import only types of each other | they are deployed apart |
 * | neither imports scripts | scripts are for this machine only |
 * | no fetch or http client in core and trigger but the egress door | every outbound call is checked there |
 * | a schema.ts reaches no package but zod | browsers import them |
 */
const ROOT = join(import.meta.dirname, '../..');
const IMPORT =
  /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

type Import = { from: string; target: string; typeOnly: boolean };
type Source = { path: string; text: string; imports: Import[] };

function isTestSupport(path: string): boolean {
  return /\.test\.ts$|\/testing[./-]|\/test\/|\/fixtures\/|test-support/.test(path);
}

function sourcesOf(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name))
    .filter((path) => !isTestSupport(path))
    .map((path) => readSource(path, readFileSync(join(ROOT, path), 'utf8')));
}

function readSource(path: string, text: string): Source {
  const imports = [...text.matchAll(IMPORT)].map(([, typeOnly, target, dynamic]) => {
    const name = target ?? dynamic ?? '';
    const resolved = name.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(path), name)) : name;
    return { from: path, target: resolved, typeOnly: typeOnly !== undefined };
  });
  return { path, text, imports };
}

/** The code without comments and texts, so that a word in them is not taken for a use. */
function codeOf(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|[^:])\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''");
}

function offences({ path, text, imports }: Source): string[] {
  const found: string[] = [];
  const area = path.split('/')[0];
  const forbid = (rule: string, hit: boolean) => {
    if (hit) found.push(`${path}: ${rule}`);
  };
  for (const { target, typeOnly } of imports) {
    if (area === 'core') {
      forbid(`core imports ${target}`, /^(workers|trigger|scripts)\//.test(target));
      forbid(
        `core imports ${target}`,
        /^(node|cloudflare):|^undici$|^@trigger\.dev|^@supabase\/supabase-js$/.test(target),
      );
    }
    if (area === 'workers') {
      forbid(
        `workers imports ${target}`,
        /^(trigger|scripts)\//.test(target) && !(typeOnly && target.startsWith('trigger/')),
      );
      forbid(
        `workers imports ${target}`,
        /^node:|^undici$|^@trigger\.dev|^@supabase\/supabase-js$/.test(target) && !typeOnly,
      );
    }
    if (area === 'trigger') {
      forbid(
        `trigger imports ${target}`,
        /^(workers|scripts)\//.test(target) && !(typeOnly && target.startsWith('workers/')),
      );
      forbid(
        `${target} outside the egress door`,
        /^(undici|node:https?)$/.test(target) && !path.startsWith('trigger/egress/'),
      );
    }
  }
  if (path.endsWith('/schema.ts')) {
    for (const name of packagesReached(imports)) forbid(`a schema reaches ${name}`, name !== 'zod');
  }
  const code = codeOf(text);
  if (area === 'core')
    forbid('core uses process, Buffer or require', /(^|[^.\w])(process|Buffer|require)\s*[.(]/m.test(code));
  if (area === 'core' || (area === 'trigger' && !path.startsWith('trigger/egress/'))) {
    forbid(
      'a fetch that does not go through the egress door',
      /(^|[^.\w])(globalThis\.)?fetch\s*\(/m.test(code),
    );
  }
  return found;
}

/** The packages that come along when these files are imported, through however many files of the project. */
function packagesReached(imports: readonly Import[], seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  for (const { target, typeOnly } of imports) {
    if (typeOnly || seen.has(target)) continue;
    seen.add(target);
    if (!target.endsWith('.ts')) packages.add(target);
    else {
      const file = join(ROOT, target);
      const next = existsSync(file) ? readSource(target, readFileSync(file, 'utf8')).imports : [];
      for (const name of packagesReached(next, seen)) packages.add(name);
    }
  }
  return packages;
}

describe('import rules', () => {
  it.each(['core', 'workers', 'trigger'])('hold in every file of %s', (folder) => {
    const sources = sourcesOf(folder);
    expect(sources.length).toBeGreaterThan(3);
    expect(sources.flatMap(offences)).toEqual([]);
  });

  it.each([
    ['core/a/b.ts', "import { x } from '../../workers/api/app.ts';"],
    ['core/a/b.ts', "import { readFileSync } from 'node:fs';"],
    ['core/a/b.ts', "export * from 'cloudflare:workers';"],
    ['core/a/b.ts', 'const env = process.env;'],
    ['core/a/b.ts', "const answer = await fetch('https://example.com');"],
    ['trigger/a.ts', "const answer = await fetch('https://example.com');"],
    ['trigger/a.ts', "import { request } from 'undici';"],
    ['trigger/a.ts', "import { app } from '../workers/api/app.ts';"],
    ['workers/api/a.ts', "import { task } from '../../trigger/task.ts';"],
    ['workers/api/a.ts', "import { readFileSync } from 'node:fs';"],
    ['workers/api/a.ts', "const sdk = await import('@trigger.dev/sdk');"],
    ['core/connector/schema.ts', "import { checkDefinition } from './check/index.ts';"],
    ['core/a/schema.ts', "import jsonata from 'jsonata';"],
  ])('are broken by %s: %s', (path, text) => {
    expect(offences(readSource(path, text))).not.toEqual([]);
  });
});
