/** Timers lie when a machine sleeps or its clock is set; the due list is looked at this often regardless. */
const LONGEST_SLEEP_MS = 5000;

/**
 * Calls `work` soon after `now()` was asked for, and again when the time it returns has come. Calls never
 * overlap, and many wake-ups in one turn of the event loop make one call.
 */
export class WakeUp {
  readonly #clock: () => number;
  readonly #work: () => number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #asked = false;
  #closed = false;

  constructor(clock: () => number, work: () => number | undefined) {
    this.#clock = clock;
    this.#work = work;
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
    const due = this.#work();
    const sleep = due === undefined ? LONGEST_SLEEP_MS : Math.max(1, due - this.#clock());
    this.#timer = setTimeout(() => this.now(), Math.min(sleep, LONGEST_SLEEP_MS));
  }
}
