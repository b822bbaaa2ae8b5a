import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** What must not get into the Worker: each would be most of its size and cold start, or does not run in workerd. */
const FORBIDDEN = [
  /^node_modules\/@supabase\/(?!postgrest-js\/)/,
  /^node_modules\/@trigger\.dev\//,
  /^node_modules\/undici\//,
  /^node_modules\/re2js\//,
  /^(?:trigger|scripts|supabase)\//,
  /^core\/execution\/engine\//,
  /^workers\/api\/openapi\//,
];

/** A ceiling that a careless import breaks. */
const MAX_GZIP_KIB = 180;

let metafile: Metafile;
let text: string;
beforeAll(async () => {
  const result = await build({
    entryPoints: ['workers/api/index.ts'],
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    // Kept as imports, so that the test can name them.
    external: ['node:*'],
    logLevel: 'silent',
  });
  metafile = result.metafile;
  text = result.outputFiles[0]?.text ?? '';
});

describe("the Worker's bundle", () => {
  it.each(FORBIDDEN)('holds nothing of %s', (pattern) => {
    expect(Object.keys(metafile.inputs).filter((path) => pattern.test(path))).toEqual([]);
  });

  it('imports nothing at run time', () => {
    const outputs = Object.values(metafile.outputs);
    expect(outputs.flatMap(({ imports }) => imports.map(({ path }) => path))).toEqual([]);
  });

  it('stays small', () => {
    const gzip = gzipSync(text, { level: 9 }).length / 1024;
    console.log(`The Worker: ${(text.length / 1024).toFixed(1)} KiB minified, ${gzip.toFixed(1)} KiB gzip.`);
    for (const [name, bytes] of heaviest())
      console.log(`  ${(bytes / 1024).toFixed(1).padStart(7)} KiB  ${name}`);
    expect(gzip).toBeLessThan(MAX_GZIP_KIB);
  });
});

/** Minified bytes by package, the largest first. */
function heaviest(): [string, number][] {
  const bytes = new Map<string, number>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name =
        /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.split('/').slice(0, 2).join('/');
      bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...bytes].sort((a, b) => b[1] - a[1]).slice(0, 14);
}
