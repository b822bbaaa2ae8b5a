import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundleWorker } from './bundle.ts';

const READY_TIMEOUT_MS = 20_000;
const WRANGLER_CONFIG = join(import.meta.dirname, '../../../wrangler.toml');

export type WorkerOptions = {
  /** Where the bundle and workerd's configuration are written. */
  dataDir: string;
  /** TCP port on 127.0.0.1, 0 for a free one. */
  port: number;
  /** The Worker's variables and secrets. They reach workerd through its environment and are not written down. */
  bindings: Readonly<Record<string, string>>;
  onLine: (line: string) => void;
};

export interface EmbeddedWorker {
  url: string;
  pid(): number | undefined;
  /** Ends workerd as a crash would, and starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Runs the Worker in workerd, Cloudflare's own runtime, with nothing between it and its callers. */
export async function startWorker(options: WorkerOptions): Promise<EmbeddedWorker> {
  const folder = join(options.dataDir, 'worker');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'worker.mjs'), await bundleWorker());

  let child: ChildProcess | undefined;
  let stopping = false;
  const launch = async (port: number): Promise<number> => {
    const config = join(folder, 'config.capnp');
    writeFileSync(config, workerdConfig(port, Object.keys(options.bindings)));
    const [started, listening] = await spawnWorkerd(config, options);
    child = started;
    started.once('exit', () => {
      if (!stopping && child === started) launch(listening).catch((error) => options.onLine(String(error)));
    });
    return listening;
  };
  const port = await launch(options.port);
  const end = async () => {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill('SIGKILL');
    await gone;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    pid: () => child?.pid,
    async restart() {
      await end();
      await launch(port);
    },
    async stop() {
      stopping = true;
      await end();
    },
  };
}

/** Starts workerd and waits for the port that it listens on, which it tells through a pipe of its own. */
async function spawnWorkerd(config: string, options: WorkerOptions): Promise<[ChildProcess, number]> {
  const require = createRequire(import.meta.url);
  const { default: workerd } = require('workerd');
  const child = spawn(workerd, ['serve', config, '--control-fd=3'], {
    env: { ...options.bindings },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      tail.push(line);
      if (tail.length > 20) tail.shift();
      options.onLine(line);
    });
  }
  const control = child.stdio[3];
  const port = await new Promise<number>((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error([`workerd ${why}`, ...tail].join('\n  ')));
    };
    const timer = setTimeout(
      () => fail(`was not ready after ${READY_TIMEOUT_MS / 1000} s`),
      READY_TIMEOUT_MS,
    );
    child.once('exit', (code, signal) => fail(`ended (${signal ?? code}) before it was ready`));
    child.once('error', (error) => fail(error.message));
    if (!control || !('on' in control)) return fail('has no control pipe');
    let text = '';
    control.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (const line of text.split('\n').slice(0, -1)) {
        const event: unknown = JSON.parse(line);
        if (
          typeof event === 'object' &&
          event !== null &&
          'port' in event &&
          typeof event.port === 'number'
        ) {
          clearTimeout(timer);
          resolve(event.port);
        }
      }
    });
  });
  return [child, port];
}

/** workerd's configuration: https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp */
function workerdConfig(port: number, bindings: readonly string[]): string {
  const date = /^compatibility_date\s*=\s*"([\d-]+)"/m.exec(readFileSync(WRANGLER_CONFIG, 'utf8'))?.[1];
  if (!date) throw new Error('wrangler.toml names no compatibility_date');
  const texts = bindings.map((name) => `(name = "${name}", fromEnvironment = "${name}")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "api", worker = .api),
    (name = "network", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "api")],
);
const api :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = "${date}",
  bindings = [${texts.join(', ')}],
  globalOutbound = "network",
);
`;
}
