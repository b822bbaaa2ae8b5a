import { join } from 'node:path';
import { buildSync } from 'esbuild';

const ENTRY = join(import.meta.dirname, '../../../workers/api/index.ts');

/** The Worker as one ES module, as `wrangler deploy` would bundle it; not minified, so that stack traces can be read. */
export function bundleWorker(): string {
  // The asynchronous build would leave esbuild's service process running beside the stack.
  const result = buildSync({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'silent',
  });
  const [output] = result.outputFiles;
  if (!output) throw new Error('the Worker could not be bundled');
  return output.text;
}
