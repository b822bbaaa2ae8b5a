/** How long a caller waits for its turn before it fails: longer than any request, shorter than a stuck client's patience. */
export const MUTEX_WAIT_MS = 30_000;

/**
 * First come, first served mutual exclusion. A caller that waits too long gets an error instead of hanging for ever:
 * that is how code which asks for a second turn while holding the first (a deadlock) becomes visible.
 */
export class Mutex {
  #held = false;
  readonly #waiting: Array<() => void> = [];
  readonly #waitMs: number;

  constructor(waitMs: number = MUTEX_WAIT_MS) {
    this.#waitMs = waitMs;
  }

  /** Resolves to the function that gives the turn back. Calling it twice has no effect. */
  async acquire(): Promise<() => void> {
    if (this.#held) await this.#turn();
    this.#held = true;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.#waiting.shift();
      // The turn is handed over, not freed, so that nobody can slip in between.
      if (next) next();
      else this.#held = false;
    };
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.acquire();
    try {
      return await work();
    } finally {
      release();
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(new Error(`the database connection was not free within ${this.#waitMs} ms`));
      }, this.#waitMs);
      this.#waiting.push(enter);
    });
  }
}
