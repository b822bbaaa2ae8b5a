import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FREE_PORTS, type Stack, type StackOptions, startStack } from '../../stack/stack.ts';
import { descendants, stillAlive } from './processes.ts';

/** What a process gets to be gone from the system's table after it was waited for. */
const GONE_MS = 2_000;

export interface TestStack extends Stack {
  dataDir: string;
  /** Every line that any service printed, as `service: line`. */
  lines: string[];
  /** Stops the stack, and fails when it leaves a process behind. */
  close(): Promise<void>;
}

/** A whole stack on free ports, with data of its own. */
export async function startTestStack(options: Partial<StackOptions> = {}): Promise<TestStack> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'patchbay-e2e-'));
  const before = new Set(descendants(process.pid).map(({ pid }) => pid));
  const lines: string[] = [];
  const stack = await startStack({
    ports: FREE_PORTS,
    // Tests ask as fast as they can.
    rateLimit: 0,
    onLine: (service, line) => lines.push(`${service}: ${line}`),
    ...options,
    dataDir,
  });
  return {
    ...stack,
    dataDir,
    lines,
    async close() {
      const started = descendants(process.pid).filter(({ pid }) => !before.has(pid));
      await stack.stop();
      const left = await stillAlive(
        started.map(({ pid }) => pid),
        GONE_MS,
      );
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
      if (left.length > 0)
        throw new Error(
          `left behind: ${started.filter(({ pid }) => left.includes(pid)).map((one) => one.command)}`,
        );
    },
  };
}
