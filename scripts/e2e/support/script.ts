import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
/** A script that hangs is a failed test, and must not outlive it. */
const GIVE_UP_MS = 90_000;

export interface Script {
  pid: number;
  /** What it has printed so far, on both outputs. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>;
}

/** Runs one of the project's scripts as the npm command does, with its output piped. */
export function runScript(file: string, args: readonly string[], env: Record<string, string> = {}): Script {
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'LANG', 'TMPDIR'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(ROOT, file), ...args],
    { cwd: ROOT, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const giveUp = setTimeout(() => child.kill('SIGKILL'), GIVE_UP_MS);
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(giveUp);
      resolve(signal ?? code);
    });
  });
  if (child.pid === undefined) throw new Error(`${file} could not be started`);
  return { pid: child.pid, output: () => output, signal: (name) => child.kill(name), ended };
}
