/**
 * `npm test`: types, lint and format, then every test project. `-- --long` runs the long proofs at their full size.
 * The last line is `N passed, N failed`, from Vitest's own report; a check that fails counts as one failure.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';

const Report = z.object({
  success: z.boolean(),
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  /** Files that could not even be loaded have no tests to count. */
  testResults: z.array(
    z.object({ name: z.string(), status: z.string(), assertionResults: z.array(z.unknown()) }),
  ),
});

const long = process.argv.includes('--long');
const bin = join(import.meta.dirname, '../node_modules/.bin');
const env = { ...process.env, ...(long ? { PATCHBAY_TEST_LONG: '1' } : {}) };

function run(title: string, command: string, args: string[]): boolean {
  console.log(`\n$ ${command} ${args.join(' ')}`);
  const from = performance.now();
  const { status } = spawnSync(join(bin, command), args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  console.log(
    `${title}: ${status === 0 ? 'ok' : 'FAILED'} (${((performance.now() - from) / 1000).toFixed(1)} s)`,
  );
  return status === 0;
}

let failedChecks = 0;
if (!long) {
  if (!run('types', 'tsc', ['--noEmit', '-p', '.'])) failedChecks += 1;
  if (!run('lint and format', 'biome', ['ci', '--error-on-warnings', '.'])) failedChecks += 1;
}

const folder = mkdtempSync(join(tmpdir(), 'patchbay-test-'));
const file = join(folder, 'report.json');
const ok = run('tests', 'vitest', [
  'run',
  '--reporter=default',
  // What a passing test prints is of no use to anybody.
  '--silent=passed-only',
  '--reporter=json',
  `--outputFile.json=${file}`,
]);
let passed = 0;
let failed = failedChecks;
try {
  const report = Report.parse(JSON.parse(readFileSync(file, 'utf8')));
  const unloadable = report.testResults.filter(
    (r) => r.status === 'failed' && r.assertionResults.length === 0,
  ).length;
  passed = report.numPassedTests;
  failed += report.numFailedTests + unloadable;
  if (report.numPendingTests > 0) console.log(`${report.numPendingTests} skipped; each says why above`);
} catch (error) {
  console.error('The test runner left no readable report.', error);
}
rmSync(folder, { recursive: true, force: true });
// A runner that failed for a reason that no test shows must not pass for a success.
if (!ok && failed === 0) failed = 1;
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
