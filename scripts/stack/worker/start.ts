import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { type Supervised, supervise } from '../supervise.ts';
import { copyReferenceAssets } from './assets.ts';
import { bundleWorker } from './bundle.ts';
import { workerdConfig } from './config.ts';
import { endWithThisProcess } from './watchdog.ts';

export type WorkerOptions = {
  /** Where the bundle and workerd's configuration are written. */
  dataDir: string;
  /** TCP port on 127.0.0.1, 0 for a free one. */
  port: number;
  /** The Worker's variables and secrets. They reach workerd through its environment and are not written down. */
  bindings: Readonly<Record<string, string>>;
  onLine: (service: string, line: string) => void;
  signal?: AbortSignal | undefined;
};

export type EmbeddedWorker = Supervised<{ port: number; url: string }>;

const CONTROL_FD = 3;
/** A line that workerd writes to its control pipe for each socket it listens on. */
const Listening = z.object({ event: z.literal('listen'), port: z.int() });

/** Runs the Worker in workerd, Cloudflare's own runtime, with nothing between it and its callers. */
export async function startWorker(options: WorkerOptions): Promise<EmbeddedWorker> {
  const folder = join(options.dataDir, 'worker');
  mkdirSync(folder, { recursive: true });
  copyReferenceAssets();
  writeFileSync(join(folder, 'worker.mjs'), await bundleWorker());
  const config = join(folder, 'config.capnp');
  const { onLine, signal } = options;

  return supervise({ name: 'worker', onLine, signal, stopSignal: 'SIGKILL' }, (first) => {
    writeFileSync(config, workerdConfig(first?.port ?? options.port, Object.keys(options.bindings)));
    const child = spawn(workerdPath(), ['serve', config, `--control-fd=${CONTROL_FD}`], {
      env: { ...options.bindings },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    endWithThisProcess(child);
    return { child, ready: listeningPort(child).then((port) => ({ port, url: `http://127.0.0.1:${port}` })) };
  });
}

function workerdPath(): string {
  const { default: path } = createRequire(import.meta.url)('workerd');
  return z.string().parse(path);
}

function listeningPort(child: ChildProcess): Promise<number> {
  const control = child.stdio[CONTROL_FD];
  return new Promise((resolve, reject) => {
    if (!control || !('read' in control)) return reject(new Error('has no control pipe'));
    createInterface({ input: control }).on('line', (line) => {
      const event = Listening.safeParse(JSON.parse(line));
      if (event.success) resolve(event.data.port);
    });
  });
}
