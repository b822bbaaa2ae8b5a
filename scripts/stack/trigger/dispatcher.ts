import { setTimeout as sleep } from 'node:timers/promises';
import {
  FlushedRunMetadata,
  parsePacket,
  type TaskRunError,
  type TaskRunExecution,
  type TaskRunExecutionResult,
} from '@trigger.dev/core/v3';
import { type ActiveRun, ActiveRuns, executedMs } from './active-runs.ts';
import type { ChildPool } from './child-pool.ts';
import type { Child, ChildExit } from './child-process.ts';
import { executionOf } from './execution.ts';
import type { Logger } from './log.ts';
import { applyMetadata } from './metadata.ts';
import type { RuntimeLimits } from './options.ts';
import { type AttemptFacts, type Outcome, outcomeOf, outcomeOfLoss } from './outcome.ts';
import { isFinal, type Run } from './run.ts';
import type { RunStore } from './run-store.ts';
import { RunWaits } from './run-waits.ts';
import type { TaskRegistry } from './task-registry.ts';

/** The child measures maxDuration itself, once a second; this is for one that cannot. */
const OVERTIME_SLACK_MS = 2500;
const DRAIN_POLL_MS = 10;

export interface DispatcherDeps {
  readonly runs: RunStore;
  readonly registry: TaskRegistry;
  readonly clock: () => number;
  readonly concurrency: number;
  readonly limits: RuntimeLimits;
  readonly logger: Logger;
  /** Asks for a look at the queue. */
  readonly wake: () => void;
}

/** Claims runs, hands them to children and stores what becomes of them. The only writer of run states. */
export class Dispatcher {
  readonly active = new ActiveRuns();
  readonly waits: RunWaits;
  readonly #deps: DispatcherDeps;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    this.waits = new RunWaits((parentId, waitpoint) => this.active.get(parentId)?.child.resolve(waitpoint));
  }

  /** At start: runs that were executing when the runtime was lost count as stalled attempts. */
  recover(): void {
    for (const run of this.#deps.runs.interrupted()) {
      this.#store(run, outcomeOfLoss(stalledError(run), this.#facts(run), this.#deps.limits.stalledRetryMs));
    }
  }

  /** Starts what may start now. */
  dispatch(pool: ChildPool): void {
    const { runs, registry, clock, concurrency, limits } = this.#deps;
    while (this.active.busy < concurrency) {
      const full = this.active.fullGroups((queue) => registry.queueLimit(queue));
      const child = pool.idle();
      if (!child) {
        const waiting = Math.min(this.active.size - this.active.busy, limits.maxWaitingChildren);
        if (runs.hasClaimable(clock(), full)) pool.grow(concurrency + waiting);
        return;
      }
      const run = runs.claim(clock(), full);
      if (!run) return;
      this.active.add(run, child);
      this.#log('info', 'attempt started', run);
      child.execute(executionOf(run, registry, clock()));
    }
  }

  /** Ends runs that stood in line longer than their TTL. */
  expireOverdue(): void {
    for (const run of this.#deps.runs.overdue(this.#deps.clock())) {
      const raw = `Run expired because the TTL (${run.ttl}) was reached`;
      this.#store(run, { kind: 'end', end: { status: 'EXPIRED', error: { type: 'STRING_ERROR', raw } } });
    }
  }

  /** Cancels a run and the runs it started. A run that has ended stays as it is. */
  cancel(run: Run): void {
    if (isFinal(run.status)) return;
    const error: TaskRunError = {
      type: 'INTERNAL_ERROR',
      code: 'TASK_RUN_CANCELLED',
      message: 'Run was cancelled',
    };
    const active = this.active.get(run.id);
    this.#store(run, { kind: 'end', end: { status: 'CANCELED', error } }, active);
    for (const child of this.#deps.runs.children(run.id)) this.cancel(child);
    if (active) {
      active.child.cancel(this.#deps.limits.cancelGraceMs);
      this.#killUnlessSettled(active, this.#deps.limits.cancelGraceMs);
    }
  }

  async completed(child: Child, execution: TaskRunExecution, result: TaskRunExecutionResult): Promise<void> {
    const active = this.#undecided(child, execution);
    if (!active) return;
    const { runs, clock, logger } = this.#deps;
    const { run } = active;
    active.decided = true;
    try {
      const change = await flushedMetadata(result);
      runs.transaction(() => {
        if (change) applyMetadata(runs, run.id, change, clock());
        this.#store(run, outcomeOf(result, this.#facts(run)), active);
      });
    } catch (error) {
      // A result that cannot be stored is a lost attempt.
      logger('error', 'a result could not be stored', { runId: run.id, error: String(error) });
      active.decided = false;
      child.kill();
    }
  }

  /** The child is through with the run: its slot is free. */
  settled(child: Child): void {
    const active = this.active.of(child);
    if (!active) return;
    this.active.remove(active);
    this.waits.forget(active.run.id);
    this.#deps.wake();
  }

  suspendable(child: Child, suspendable: boolean): void {
    const active = this.active.of(child);
    if (!active || active.decided || active.waiting === suspendable) return;
    active.spentMs = executedMs(active);
    active.since = performance.now();
    active.waiting = suspendable;
    this.#deps.runs.setWaiting(active.run.id, suspendable, this.#deps.clock());
    this.#deps.wake();
  }

  /** The run took longer than its maxDuration. */
  overtime(active: ActiveRun): void {
    if (active.decided) return;
    const error: TaskRunError = {
      type: 'INTERNAL_ERROR',
      code: 'MAX_DURATION_EXCEEDED',
      message: 'Run exceeded its maxDuration',
    };
    this.#store(active.run, { kind: 'end', end: { status: 'TIMED_OUT', error } }, active);
    this.#killUnlessSettled(active, this.#deps.limits.maxDurationGraceMs);
  }

  uncaught(child: Child, error: { message: string; stack?: string | undefined }): void {
    const active = this.active.of(child);
    if (active) active.uncaught = error;
    // After an uncaught exception nothing about the process can be relied on.
    child.kill();
  }

  /** A child is gone; if it had a run whose end is open, the attempt is lost. */
  exited(child: Child, exit: ChildExit): void {
    const active = this.active.of(child);
    if (!active) return;
    if (!active.decided) {
      const { run, uncaught } = active;
      const facts = this.#facts(run);
      this.#store(
        run,
        uncaught
          ? outcomeOf({ ok: false, id: run.id, error: uncaughtError(uncaught) }, facts)
          : outcomeOfLoss(exitError(child, exit), facts, this.#deps.limits.stalledRetryMs),
        active,
      );
    }
    this.settled(child);
  }

  /** Looks after runs whose child says nothing: an overlong one, and one whose event loop is blocked. */
  watch(): void {
    const { registry, limits } = this.#deps;
    for (const active of this.active.all()) {
      const { run, child, decided, waiting } = active;
      if (decided) continue;
      const seconds = registry.maxDuration(run.task_id, run.max_duration);
      if (seconds !== undefined && executedMs(active) > seconds * 1000 + OVERTIME_SLACK_MS)
        this.overtime(active);
      else if (!waiting && Date.now() - child.lastHeard > limits.heartbeatTimeoutMs) child.kill();
    }
  }

  /** Resolves when nothing executes any more, or after `graceMs`. */
  async drained(graceMs: number): Promise<void> {
    const end = performance.now() + graceMs;
    while (this.active.busy > 0 && performance.now() < end) await sleep(DRAIN_POLL_MS);
  }

  /** From here on a child's end decides nothing: the next start takes its run up. */
  stop(): void {
    for (const active of this.active.all()) active.decided = true;
  }

  #undecided(child: Child, execution: TaskRunExecution): ActiveRun | undefined {
    const active = this.active.of(child);
    const same = active?.run.id === execution.run.id && active.run.attempt === execution.attempt.number;
    return active && same && !active.decided ? active : undefined;
  }

  #store(run: Run, outcome: Outcome, active?: ActiveRun): void {
    const { runs, clock, wake } = this.#deps;
    const now = clock();
    if (active) active.decided = true;
    const durationMs = active ? Math.round(executedMs(active)) : undefined;
    runs.transaction(() => {
      if (durationMs !== undefined) runs.addUsage(run.id, durationMs);
      if (outcome.kind === 'retry') runs.retry(run.id, now + outcome.delayMs, outcome.error, now);
      else runs.finish(run.id, outcome.end, now);
    });
    this.#report(run, outcome, durationMs);
    const stored = runs.get(run.id);
    if (stored && isFinal(stored.status)) this.waits.ended(stored);
    wake();
  }

  #report(run: Run, outcome: Outcome, durationMs: number | undefined): void {
    if (outcome.kind === 'retry') {
      const { delayMs: retryInMs, error } = outcome;
      this.#log('warn', 'attempt failed, will be retried', run, { durationMs, retryInMs, error });
      return;
    }
    const { status, error } = outcome.end;
    const level = status === 'COMPLETED' || status === 'CANCELED' ? 'info' : 'error';
    this.#log(level, `run ${status.toLowerCase()}`, run, { durationMs, status, ...(error && { error }) });
  }

  #facts(run: Run): AttemptFacts {
    const { registry } = this.#deps;
    return {
      attempt: run.attempt,
      maxAttempts: registry.maxAttempts(run.task_id, run.max_attempts),
      retry: registry.retryOf(run.task_id),
    };
  }

  #killUnlessSettled(active: ActiveRun, afterMs: number): void {
    setTimeout(() => {
      if (this.active.of(active.child) === active) active.child.kill();
    }, afterMs).unref();
  }

  #log(
    level: 'info' | 'warn' | 'error',
    message: string,
    run: Run,
    fields: Record<string, unknown> = {},
  ): void {
    const { id: runId, task_id: taskIdentifier, attempt } = run;
    this.#deps.logger(level, message, { runId, taskIdentifier, attempt, ...fields });
  }
}

async function flushedMetadata(result: TaskRunExecutionResult): Promise<FlushedRunMetadata | undefined> {
  if (!result.flushedMetadata?.data) return undefined;
  const { data, dataType } = result.flushedMetadata;
  const parsed = FlushedRunMetadata.safeParse(await parsePacket({ data, dataType }));
  return parsed.success ? parsed.data : undefined;
}

function stalledError(run: Run): TaskRunError {
  const code =
    run.status === 'WAITING' ? 'TASK_RUN_STALLED_EXECUTING_WITH_WAITPOINTS' : 'TASK_RUN_STALLED_EXECUTING';
  return { type: 'INTERNAL_ERROR', code, message: 'The runtime was stopped while the run was executing' };
}

function uncaughtError(error: { message: string; stack?: string | undefined }): TaskRunError {
  return {
    type: 'INTERNAL_ERROR',
    code: 'TASK_RUN_UNCAUGHT_EXCEPTION',
    message: error.message,
    ...(error.stack && { stackTrace: error.stack }),
  };
}

function exitError(child: Child, { code, signal }: ChildExit): TaskRunError {
  return {
    type: 'INTERNAL_ERROR',
    code: 'TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE',
    message: signal ? `The process was ended by ${signal}` : `The process exited with code ${code}`,
    ...(child.stderrTail && { stackTrace: child.stderrTail }),
  };
}
