import type { Clock } from '../../../ids.ts';

type Sleeper = { at: number; wake: () => void };

/** Time that passes only when everybody waits for it: a test of five minutes takes no time, and always the same way. */
export class VirtualTime implements Clock {
  #now: number;
  #held = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** How many sleep now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** As the engine's port: resolves after `ms` of virtual time, or at once when the signal aborts. */
  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { at: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  };

  /** Time passes without anybody noticing: a process that was stopped, or a machine that slept. */
  skip(ms: number): void {
    this.#now += ms;
  }

  /** Time stands still while such work is under way: what runs in other threads, as WebCrypto does. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held += 1;
    try {
      return await work;
    } finally {
      this.#held -= 1;
    }
  }

  /** Lets time pass, sleeper by sleeper, until `work` has settled. Fails when nobody would ever wake it. */
  async until<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    work.then(done, done);
    for (;;) {
      do await quiet();
      while (this.#held > 0);
      if (settled) return work;
      const [next] = [...this.#sleepers].sort((a, b) => a.at - b.at);
      if (next === undefined) throw new Error('everything waits, and nothing is left that time would wake');
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }
}

const QUIET_TURNS = 3;

/** Long enough for everything that waits for neither a timer nor another thread. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < QUIET_TURNS; turn += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
