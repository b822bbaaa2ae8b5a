import { fork } from 'node:child_process';
import { type Supervised, supervise } from './supervise.ts';

export type ServiceOptions<Ready> = {
  name: string;
  /** Absolute path of a `service.ts` that says `{ type: 'ready', ... }` to its parent, and ends when the parent is gone. */
  entry: string;
  env: Readonly<Record<string, string>>;
  parseReady: (message: unknown) => Ready;
  /** What to add to the environment at a restart, from the first start's answer: its port, so that its URL stays. */
  envOfRestart: (first: Ready) => Readonly<Record<string, string>>;
  /** Gets each line that the service prints. */
  onLine: (service: string, line: string) => void;
  signal?: AbortSignal | undefined;
};
export type ServiceProcess<Ready> = Supervised<Ready>;

/** Starts a service of our own as a process, waits until it is ready, and starts it again when it crashes. */
export function startService<Ready>(options: ServiceOptions<Ready>): Promise<ServiceProcess<Ready>> {
  const { name, onLine, signal } = options;
  return supervise({ name, onLine, signal, stopSignal: 'SIGTERM' }, (first) => {
    const child = fork(options.entry, [], {
      env: { ...inheritedEnv(), ...options.env, ...(first === undefined ? {} : options.envOfRestart(first)) },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A process group of its own: Ctrl-C is for the one who decides in which order the parts end.
      detached: true,
    });
    const ready = new Promise<unknown>((resolve) => child.once('message', resolve));
    return { child, ready: ready.then(options.parseReady) };
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
