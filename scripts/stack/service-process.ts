import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A crashed service is started again after this long, milliseconds, growing up to the second number. */
const RESTART_FIRST_MS = 250;
const RESTART_MAX_MS = 5_000;
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 8_000;

export type ServiceOptions = {
  name: string;
  /** Absolute path of a `service.ts` that says `{ type: 'ready', ... }` to its parent. */
  entry: string;
  env: Readonly<Record<string, string>>;
  /** Gets each line that the service prints. */
  onLine: (service: string, line: string) => void;
};

/** A part of the stack that runs in a process of its own. */
export interface ServiceProcess<Ready> {
  readonly ready: Ready;
  pid(): number | undefined;
  /** Ends the process as a crash would (SIGKILL) or politely, and waits until it is back. */
  restart(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a service, waits until it is ready, and starts it again when it crashes. The same port is asked for again, so
 * that its URL stays.
 */
export async function startService<Ready>(
  options: ServiceOptions,
  parseReady: (message: unknown) => Ready,
  /** What to add to the environment at a restart, from the first start's answer. */
  envOf: (ready: Ready) => Readonly<Record<string, string>>,
): Promise<ServiceProcess<Ready>> {
  let stopping = false;
  let child: ChildProcess;
  let restartDelay = RESTART_FIRST_MS;
  let running: Promise<unknown>;

  async function launch(extra: Readonly<Record<string, string>>): Promise<Ready> {
    const started = fork(options.entry, [], {
      env: { ...inheritedEnv(), ...options.env, ...extra },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child = started;
    const tail: string[] = [];
    for (const stream of [started.stdout, started.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        tail.push(line);
        if (tail.length > 20) tail.shift();
        options.onLine(options.name, line);
      });
    }
    const ready = await new Promise<Ready>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${options.name} was not ready after ${READY_TIMEOUT_MS / 1000} s`));
        started.kill('SIGKILL');
      }, READY_TIMEOUT_MS);
      started.once('message', (message) => {
        clearTimeout(timer);
        resolve(parseReady(message));
      });
      started.once('exit', (code, signal) => {
        clearTimeout(timer);
        reject(
          new Error([`${options.name} ended (${signal ?? code}) before it was ready`, ...tail].join('\n  ')),
        );
      });
    });
    started.once('exit', () => {
      if (!stopping) running = relaunch(ready);
    });
    return ready;
  }

  async function relaunch(ready: Ready): Promise<void> {
    while (!stopping) {
      await new Promise((resolve) => setTimeout(resolve, restartDelay));
      restartDelay = Math.min(restartDelay * 2, RESTART_MAX_MS);
      try {
        await launch(envOf(ready));
        restartDelay = RESTART_FIRST_MS;
        return;
      } catch (error) {
        options.onLine(options.name, error instanceof Error ? error.message : String(error));
      }
    }
  }

  const ready = await launch({});
  return {
    ready,
    pid: () => child.pid,
    async restart(signal = 'SIGKILL') {
      const gone = exited(child);
      child.kill(signal);
      await gone;
      await running;
    },
    async stop() {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = exited(child);
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}

function exited(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
}

/** What every program needs, and nothing of the caller's secrets. */
function inheritedEnv(): Record<string, string> {
  return Object.fromEntries(
    ['PATH', 'HOME', 'TZ', 'LANG', 'TMPDIR'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
