import type { Child } from './child-process.ts';
import type { Run } from './run.ts';

/** A claimed run in its child. It stays here until the child is free again, even after its end is decided. */
export interface ActiveRun {
  readonly run: Run;
  readonly child: Child;
  /** The attempt's outcome is stored; what the child still says about it does not count. */
  decided: boolean;
  /** It waits for a time or another run: its process stays, its slot is free. */
  waiting: boolean;
  /** Milliseconds executed before `since`; waiting does not count. */
  spentMs: number;
  since: number;
  uncaught?: { readonly message: string; readonly stack?: string | undefined };
}

/** What executes now: the one place where slots and concurrency limits are counted. */
export class ActiveRuns {
  readonly #byRun = new Map<string, ActiveRun>();
  readonly #byChild = new Map<Child, ActiveRun>();

  add(run: Run, child: Child): void {
    const active: ActiveRun = {
      run,
      child,
      decided: false,
      waiting: false,
      spentMs: 0,
      since: performance.now(),
    };
    this.#byRun.set(run.id, active);
    this.#byChild.set(child, active);
  }

  remove(active: ActiveRun): void {
    this.#byRun.delete(active.run.id);
    this.#byChild.delete(active.child);
  }

  get(runId: string): ActiveRun | undefined {
    return this.#byRun.get(runId);
  }

  of(child: Child): ActiveRun | undefined {
    return this.#byChild.get(child);
  }

  all(): ActiveRun[] {
    return [...this.#byRun.values()];
  }

  get size(): number {
    return this.#byRun.size;
  }

  /** Runs that take a slot. */
  get busy(): number {
    return this.all().filter((active) => !active.waiting).length;
  }

  /** The groups in which no further run may start. */
  fullGroups(limitOf: (queue: string) => number | undefined): string[] {
    const counts = new Map<string, { queue: string; count: number }>();
    for (const { run, waiting } of this.#byRun.values()) {
      if (waiting) continue;
      const group = counts.get(run.group_key) ?? { queue: run.queue, count: 0 };
      group.count += 1;
      counts.set(run.group_key, group);
    }
    return [...counts].flatMap(([key, { queue, count }]) => {
      const limit = limitOf(queue);
      return limit !== undefined && count >= limit ? [key] : [];
    });
  }
}

/** Milliseconds a run has executed in this attempt, waits left out. */
export function executedMs(active: ActiveRun): number {
  return active.spentMs + (active.waiting ? 0 : performance.now() - active.since);
}
