/** Why a call must end before it is done. */
export type StopCause = 'deadline' | 'aborted';

/** One deadline and one abort signal for a whole call, however many hops it takes. */
export interface Stop {
  readonly cause: StopCause | null;
  /** Calls back once when the call must end, at once if it already must. Replaces the listener before it. */
  listen(listener: (cause: StopCause) => void): void;
  dispose(): void;
}

/** Longest delay that a timer takes; anything above would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function createStop(signal: AbortSignal, timeoutMs: number): Stop {
  let cause: StopCause | null = null;
  let listener: ((cause: StopCause) => void) | null = null;

  function stop(why: StopCause): void {
    if (cause !== null) return;
    cause = why;
    listener?.(why);
  }

  const onAbort = () => stop('aborted');
  const timer = setTimeout(() => stop('deadline'), Math.min(Math.max(timeoutMs, 0), MAX_TIMER_MS));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) stop('aborted');

  return {
    get cause() {
      return cause;
    },
    listen(next) {
      listener = next;
      if (cause !== null) next(cause);
    },
    dispose() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      listener = null;
    },
  };
}
