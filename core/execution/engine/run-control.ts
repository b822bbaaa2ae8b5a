import { EXECUTION_DEADLINE_MS, LEASE_RENEWAL_MS } from './limits.ts';
import { type Claim, type EngineDeps, LeaseLost, type LedgerAnswer } from './ports.ts';
import type { StepFailure } from './step-failure.ts';

/** A timer may fire this much before the clock says so; what is left then is no time to call anybody. */
const CLOCK_GRAIN_MS = 20;

/** Why a running execution has to stop. */
export type StopReason = 'cancelled' | 'timed_out' | 'lease_lost' | 'interrupted' | 'parked';

/** The process has to end before the execution does: a later attempt goes on. */
export class RunInterrupted extends Error {
  override readonly name = 'RunInterrupted';
}

/** Thrown where a step finds that its run has to stop. The control knows why. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';
  /** Null between two steps. */
  readonly step: string | null;
  constructor(step: string | null) {
    super('The run stops.');
    this.step = step;
  }
}

/** Watches over one run: its deadline, its lease, a wish to cancel it, and the end of its process. */
export interface RunControl {
  /** Aborts the call in flight and every wait. */
  readonly signal: AbortSignal;
  /** Why the run has to stop; undefined while it may go on. Looks at the clock as well: a timer may fire late. */
  reason(): StopReason | undefined;
  /** Throws `RunStopped` when the run has to stop. `step`: where that was found out. */
  check(step: string | null): void;
  /** Stops the run until a time (milliseconds since the epoch). */
  park(until: number): void;
  parkedUntil(): number;
  remainingMs(): number;
  /** Takes in what the ledger told with a write. */
  heed(answer: LedgerAnswer): void;
  /** What a step that was stopped failed of. */
  failure(): StepFailure;
  stop(): void;
}

/** Why whoever started a run wants it to stop: its process is about to end, or the execution that called it stops. */
export type Outer = { signal: AbortSignal; reason: () => StopReason | undefined };

/** Starts watching. */
export function controlRun(deps: EngineDeps, claim: Claim, outer: Outer): RunControl {
  const abort = new AbortController();
  const watching = new AbortController();
  const deadline = deps.clock.now() + EXECUTION_DEADLINE_MS - claim.running_for_ms;
  let reason: StopReason | undefined;
  let until = 0;

  const end = (why: StopReason) => {
    reason ??= why;
    abort.abort();
  };
  const onOuter = () => {
    const why = outer.reason();
    // What ends the caller's execution ends this one; what only ends the caller's run leaves it to a later one.
    end(why === 'cancelled' || why === 'timed_out' ? why : 'interrupted');
  };
  if (outer.signal.aborted) onOuter();
  outer.signal.addEventListener('abort', onOuter, { once: true });

  const control: RunControl = {
    signal: abort.signal,
    reason() {
      if (control.remainingMs() < CLOCK_GRAIN_MS) end('timed_out');
      return reason;
    },
    check(step) {
      if (control.reason() !== undefined) throw new RunStopped(step);
    },
    park(at) {
      if (reason !== undefined) return;
      until = at;
      end('parked');
    },
    parkedUntil: () => until,
    remainingMs: () => Math.max(0, deadline - deps.clock.now()),
    heed(answer) {
      if (answer.cancel_requested) end('cancelled');
    },
    failure: () => (reason === 'timed_out' ? EXECUTION_TIMED_OUT : CANCELLED),
    stop() {
      // With a reason of our own: the default one is an exception with a stack, made for nobody.
      watching.abort('the run has ended');
      outer.signal.removeEventListener('abort', onOuter);
    },
  };

  const watchDeadline = async () => {
    await deps.sleep(control.remainingMs(), watching.signal);
    if (!watching.signal.aborted) end('timed_out');
  };
  const watchLease = async () => {
    for (;;) {
      await deps.sleep(LEASE_RENEWAL_MS, watching.signal);
      if (watching.signal.aborted) return;
      try {
        control.heed(await deps.ledger.renew(claim));
      } catch (error) {
        // A database that does not answer may come back before the lease ends; every write is fenced anyway.
        if (error instanceof LeaseLost && !watching.signal.aborted) end('lease_lost');
      }
    }
  };
  if (claim.cancel_requested) end('cancelled');
  void watchDeadline();
  void watchLease();
  return control;
}

export const CANCELLED: StepFailure = {
  class: 'cancelled',
  code: 'cancelled',
  message: 'The execution was cancelled.',
  transient: false,
  mayHaveActed: true,
};
export const EXECUTION_TIMED_OUT: StepFailure = {
  class: 'timeout',
  code: 'execution_timeout',
  message: 'The execution took longer than five minutes.',
  transient: false,
  mayHaveActed: true,
};
