/** Timers lie when a machine sleeps or its clock is set; the due list is looked at this often regardless. */
const LONGEST_SLEEP_MS = 5000;
/** After a fault (a full disk, say) the next look waits so long. */
const FAULT_PAUSE_MS = 1000;

/**
 * Calls `work` soon after `now()` was asked for, and again when the time it returns has come. Calls never
 * overlap, and many wake-ups in one turn of the event loop make one call.
 */
export class WakeUp {
  readonly #clock: () => number;
  readonly #work: () => number | undefined;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #asked = false;
  #closed = false;

  constructor(clock: () => number, work: () => number | undefined, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#work = work;
    this.#onError = onError;
  }

  now(): void {
    if (this.#asked || this.#closed) return;
    this.#asked = true;
    setImmediate(() => {
      this.#asked = false;
      if (!this.#closed) this.#run();
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), this.#sleep());
  }

  #sleep(): number {
    try {
      const due = this.#work();
      return due === undefined ? LONGEST_SLEEP_MS : clamp(due - this.#clock());
    } catch (error) {
      this.#onError(error);
      return FAULT_PAUSE_MS;
    }
  }
}

const clamp = (ms: number): number => Math.min(Math.max(1, ms), LONGEST_SLEEP_MS);
