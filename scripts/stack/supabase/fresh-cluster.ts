import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import * as z from 'zod';
import { keepingExitCode } from './exit-code.ts';

/** Beside the dependency it was made from, so that `npm ci` removes both. */
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/patchbay');

async function pgliteVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const text = await readFile(join(dirname(entry), '../package.json'), 'utf8');
  return z.object({ version: z.string().regex(/^[\w.+-]+$/) }).parse(JSON.parse(text)).version;
}

function makeCluster(): Promise<Blob> {
  return keepingExitCode(async () => {
    const pglite = await PGlite.create();
    await pglite.exec('checkpoint');
    const dump = await pglite.dumpDataDir('gzip');
    await pglite.close();
    return dump;
  });
}

/**
 * An empty cluster as PGlite's `loadDataDir` takes it. Making one (`initdb`) costs 2.4 s of CPU, loading one 0.5 s: the
 * first start keeps it for all later ones. It holds no data and no keys.
 */
export async function freshCluster(cache: string = CACHE, make = makeCluster): Promise<Blob> {
  const file = join(cache, `pglite-${await pgliteVersion()}.tar.gz`);
  const kept = await readFile(file).catch(() => undefined);
  if (kept) return new Blob([kept]);

  const dump = await make();
  const draft = `${file}.${process.pid}.${crypto.randomUUID()}`;
  try {
    await mkdir(cache, { recursive: true });
    await writeFile(draft, dump.stream());
    // Whole or not at all: another process may be reading.
    await rename(draft, file);
  } catch {
    // A cache that cannot be written costs time, nothing else.
    await rm(draft, { force: true }).catch(() => {});
  }
  return dump;
}
