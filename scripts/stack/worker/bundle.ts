import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');
const ARGUMENTS = [
  'workers/api/index.ts',
  '--bundle',
  '--format=esm',
  '--target=es2024',
  '--conditions=workerd,worker,browser',
  '--log-level=error',
];
/** The bundle is some 600 KB. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The Worker as one ES module, as `wrangler deploy` would bundle it; not minified, so that stack traces can be read.
 * By esbuild's command: its JavaScript API keeps a service process running for as long as its caller lives.
 */
export async function bundleWorker(): Promise<string> {
  const esbuild = join(ROOT, 'node_modules/.bin/esbuild');
  const { stdout } = await promisify(execFile)(esbuild, ARGUMENTS, { cwd: ROOT, maxBuffer: MAX_BYTES });
  return stdout;
}
