import type { EngineDeps } from './ports.ts';
import type { RunControl } from './run-control.ts';

/** A pause of this length is worth a new process; a shorter one is slept through. */
export const PARK_FROM_MS = 10_000;

/**
 * The pauses of a run whose steps may run side by side. When all that goes on is waiting, and for long, the run is parked:
 * its process is given back, and another one goes on when the first pause is over.
 */
export class Pauses {
  readonly #deps: Pick<EngineDeps, 'clock' | 'sleep'>;
  readonly #control: RunControl;
  readonly #ends = new Set<{ at: number }>();
  /** Threads of steps: one, and more while steps run side by side. */
  #threads = 1;

  constructor(deps: Pick<EngineDeps, 'clock' | 'sleep'>, control: RunControl) {
    this.#deps = deps;
    this.#control = control;
  }

  /** Resolves at the time (milliseconds since the epoch). Throws `RunStopped` when the run has to stop first. */
  async until(at: number, step: string): Promise<void> {
    this.#control.check(step);
    const end = { at };
    this.#ends.add(end);
    try {
      this.#parkIfIdle();
      for (let left = this.#left(at); left > 0; left = this.#left(at)) {
        this.#control.check(step);
        await this.#deps.sleep(left, this.#control.signal);
      }
      this.#control.check(step);
    } finally {
      this.#ends.delete(end);
    }
  }

  for(ms: number, step: string): Promise<void> {
    return ms > 0 ? this.until(this.#deps.clock.now() + ms, step) : Promise.resolve();
  }

  /**
   * Runs each task for each item, at most `atOnce` at a time and in order of their start. Waits for all of them, also
   * when one rejects: nothing goes on behind its caller's back. Rejects with the first error.
   */
  async sideBySide<T>(
    items: readonly T[],
    atOnce: number,
    run: (item: T, index: number) => Promise<void>,
  ): Promise<void> {
    const queue = items.entries();
    const errors: unknown[] = [];
    let running = Math.min(atOnce, items.length);
    if (running === 0) return;
    this.#threads += running - 1;
    const thread = async () => {
      try {
        for (const [index, item] of queue) {
          if (errors.length > 0) return;
          await run(item, index);
        }
      } catch (error) {
        errors.push(error);
      } finally {
        running -= 1;
        // The last one is its caller's again, which goes on.
        if (running > 0) {
          this.#threads -= 1;
          this.#parkIfIdle();
        }
      }
    };
    await Promise.all(Array.from({ length: running }, thread));
    if (errors.length > 0) throw errors[0];
  }

  #left(at: number): number {
    return at - this.#deps.clock.now();
  }

  #parkIfIdle(): void {
    if (this.#ends.size < this.#threads) return;
    const first = Math.min(...[...this.#ends].map(({ at }) => at));
    if (this.#left(first) >= PARK_FROM_MS) this.#control.park(first);
  }
}
