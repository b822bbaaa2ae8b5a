import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that crashed is started again after this long, milliseconds, growing up to the second number. */
const RESTART_FIRST_MS = 250;
const RESTART_MAX_MS = 5_000;
/** Two slow cores that make a database for the first time need their time; a process that hangs needs an end. */
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 8_000;
/** Lines kept of a process's output, to explain why it did not come up. */
const TAIL_LINES = 20;

export type SuperviseOptions = {
  name: string;
  /** Gets each line that the process prints. */
  onLine: (service: string, line: string) => void;
  /** How the process is asked to end. */
  stopSignal: 'SIGTERM' | 'SIGKILL';
  /** Gives up a start that is under way. */
  signal?: AbortSignal | undefined;
};

/** Starts the process, at a restart with what it answered at its first start, so that its URL stays. */
export type Launch<Ready> = (first: Ready | undefined) => { child: ChildProcess; ready: Promise<Ready> };

/** A part of the stack that runs in a process of its own, and is started again when it crashes. */
export interface Supervised<Ready> {
  readonly ready: Ready;
  pid(): number | undefined;
  /** Ends the process as a crash would (SIGKILL) or politely, and waits until it is back. */
  restart(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Resolves when the process is gone, and will not come back. */
  stop(): Promise<void>;
}

/** Rejects, leaving no process, when the first start fails. */
export async function supervise<Ready>(
  options: SuperviseOptions,
  launch: Launch<Ready>,
): Promise<Supervised<Ready>> {
  const { name, onLine, stopSignal } = options;
  const stopping = new AbortController();
  let child: ChildProcess | undefined;
  let relaunched: Promise<void> = Promise.resolve();

  async function start(first: Ready | undefined, signal: AbortSignal | undefined): Promise<Ready> {
    signal?.throwIfAborted();
    const started = launch(first);
    child = started.child;
    const tail = followLines(started.child, (line) => onLine(name, line));
    try {
      return await readyInTime(started, signal);
    } catch (error) {
      await end(started.child, 'SIGKILL');
      const why = error instanceof Error ? error.message : String(error);
      throw new Error([`${name} ${why}`, ...tail].join('\n  '));
    }
  }

  /** Without an `await` between the start's end and this, so that no exit is missed. */
  function watch(watched: ChildProcess | undefined, first: Ready): void {
    watched?.once('exit', () => {
      if (!stopping.signal.aborted) relaunched = relaunch(first);
    });
  }

  async function relaunch(first: Ready): Promise<void> {
    for (let delay = RESTART_FIRST_MS; ; delay = Math.min(delay * 2, RESTART_MAX_MS)) {
      await sleep(delay, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      try {
        await start(first, stopping.signal);
        return watch(child, first);
      } catch (error) {
        if (!stopping.signal.aborted) onLine(name, error instanceof Error ? error.message : String(error));
      }
    }
  }

  const ready = await start(undefined, options.signal);
  watch(child, ready);
  return {
    ready,
    pid: () => child?.pid,
    async restart(signal = 'SIGKILL') {
      await end(child, signal);
      await relaunched;
    },
    async stop() {
      stopping.abort();
      await end(child, stopSignal);
      await relaunched;
    },
  };
}

async function readyInTime<Ready>(
  { child, ready }: { child: ChildProcess; ready: Promise<Ready> },
  signal: AbortSignal | undefined,
): Promise<Ready> {
  const failed = Promise.withResolvers<never>();
  const fail = (why: string) => failed.reject(new Error(why));
  const timer = setTimeout(() => fail(`was not ready after ${READY_TIMEOUT_MS / 1000} s`), READY_TIMEOUT_MS);
  const onAbort = () => fail('was stopped while it started');
  signal?.addEventListener('abort', onAbort, { once: true });
  child.once('error', failed.reject);
  child.once('exit', (code, killed) => fail(`ended (${killed ?? code}) before it was ready`));
  try {
    return await Promise.race([ready, failed.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // From here on an exit is a matter of its own.
    failed.promise.catch(() => {});
  }
}

/** Ends a process, by force when it does not heed the signal, and resolves when it is gone. */
async function end(child: ChildProcess | undefined, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!child || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(timer);
}

/** Passes each line on, and answers the latest ones, which change as more arrive. */
function followLines(child: ChildProcess, onLine: (line: string) => void): readonly string[] {
  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      onLine(line);
    });
  }
  return tail;
}
