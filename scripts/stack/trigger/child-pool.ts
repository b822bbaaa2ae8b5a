import { Child, type ChildListener } from './child-process.ts';
import type { Logger } from './log.ts';
import type { RuntimeLimits } from './options.ts';

/** Children are not forked again at once when they keep dying before they are ready. */
const FORK_BACKOFF_MS = [0, 250, 1000, 5000];

export interface PoolOptions {
  readonly taskFiles: readonly string[];
  readonly configFile: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly heartbeatMs: number;
  readonly cacheDir: string;
  readonly limits: RuntimeLimits;
  readonly logger: Logger;
  /** Remembers which processes are ours, so that a later runtime can end leftovers. */
  readonly ledger: { add(pid: number, token: string): void; remove(pid: number): void };
}

/** The forked children: one always warm, more on demand, idle surplus ended. */
export class ChildPool {
  readonly #options: PoolOptions;
  readonly #listener: ChildListener;
  readonly #children = new Set<Child>();
  #failedStarts = 0;
  #forkTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PoolOptions, listener: ChildListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Children that execute or could execute runs. */
  get size(): number {
    let size = 0;
    for (const child of this.#children) if (child.state !== 'ended') size += 1;
    return size;
  }

  get pids(): number[] {
    return [...this.#children].flatMap((child) => child.pid ?? []);
  }

  idle(): Child | undefined {
    for (const child of this.#children) if (child.state === 'idle') return child;
    return undefined;
  }

  /** Forks one more child unless one is starting already or `most` exist. */
  grow(most: number): void {
    if (this.#closed || this.#forkTimer || this.size >= most) return;
    for (const child of this.#children) if (child.state === 'starting') return;
    const backoff = FORK_BACKOFF_MS[Math.min(this.#failedStarts, FORK_BACKOFF_MS.length - 1)] ?? 0;
    if (backoff === 0) {
      this.#fork();
      return;
    }
    this.#forkTimer = setTimeout(() => {
      this.#forkTimer = undefined;
      if (!this.#closed) this.#fork();
    }, backoff);
  }

  /** A child has its tasks loaded. */
  ready(child: Child): void {
    this.#failedStarts = 0;
    this.#rest(child);
  }

  /** A child is through with its run: it waits for the next one, or is replaced when it has had its share. */
  release(child: Child): void {
    if (child.state !== 'busy') return;
    if (child.runs >= this.#options.limits.runsPerChild) this.#dismiss(child);
    else this.#rest(child);
  }

  exited(child: Child, wasStarting: boolean): void {
    this.#children.delete(child);
    if (wasStarting) this.#failedStarts += 1;
    if (child.pid !== undefined) this.#options.ledger.remove(child.pid);
  }

  /** Ends idle children beyond the first that have had nothing to do for a while. */
  trim(now: number): void {
    const spare = [...this.#children].filter((child) => child.state === 'idle');
    for (const child of spare) {
      if (this.size <= 1) return;
      if (now - child.idleSince >= this.#options.limits.idleChildMs) this.#dismiss(child);
    }
  }

  /** Kills all children and resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#forkTimer);
    const gone = [...this.#children].map((child) => child.gone);
    for (const child of this.#children) child.kill();
    await Promise.all(gone);
  }

  #dismiss(child: Child): void {
    child.state = 'ended';
    child.dismiss();
  }

  #rest(child: Child): void {
    child.state = 'idle';
    child.idleSince = Date.now();
  }

  #fork(): void {
    const { taskFiles, configFile, cacheDir, heartbeatMs, env, logger, ledger, limits } = this.#options;
    const child = new Child({
      setup: { taskFiles: [...taskFiles], heartbeatMs, ...(configFile && { configFile }) },
      env,
      cacheDir,
      logger,
      listener: this.#listener,
      startMs: limits.childStartMs,
    });
    this.#children.add(child);
    if (child.pid !== undefined) ledger.add(child.pid, child.token);
  }
}
