import { QueueManifest, RetryOptions, TaskManifest as TaskManifestSchema } from '@trigger.dev/core/v3';
import * as z from 'zod';

/** What a child found in the task files; it sends this once, when it is ready. */
export const Catalog = z.object({
  tasks: z.array(TaskManifestSchema),
  queues: z.array(QueueManifest),
  /** From `trigger.config.ts`. */
  defaults: z.object({ retry: RetryOptions.optional(), maxDuration: z.number().optional() }),
});
export type Catalog = z.infer<typeof Catalog>;
export type TaskManifest = z.infer<typeof TaskManifestSchema>;

/** With no retry settings at all, a run whose process is lost is still tried so often. */
const DEFAULT_STALLED_ATTEMPTS = 3;

/** The tasks and queues that the task files define. */
export class TaskRegistry {
  #tasks = new Map<string, TaskManifest>();
  #queueLimits = new Map<string, number>();
  #defaults: Catalog['defaults'] = {};

  load(catalog: Catalog): void {
    this.#tasks = new Map(catalog.tasks.map((task) => [task.id, task]));
    this.#defaults = catalog.defaults;
    this.#queueLimits = new Map();
    for (const queue of catalog.queues) {
      if (typeof queue.concurrencyLimit === 'number')
        this.#queueLimits.set(queue.name, queue.concurrencyLimit);
    }
    for (const task of catalog.tasks) {
      const limit = task.queue?.concurrencyLimit;
      if (typeof limit === 'number' && task.queue?.name === undefined) {
        this.#queueLimits.set(defaultQueue(task.id), limit);
      }
    }
  }

  get(taskId: string): TaskManifest | undefined {
    return this.#tasks.get(taskId);
  }

  all(): TaskManifest[] {
    return [...this.#tasks.values()];
  }

  queueOf(taskId: string): string {
    return this.#tasks.get(taskId)?.queue?.name ?? defaultQueue(taskId);
  }

  /** How many runs of a queue (per concurrency key) may execute at a time; undefined = no limit. */
  queueLimit(queue: string): number | undefined {
    return this.#queueLimits.get(queue);
  }

  retryOf(taskId: string): z.infer<typeof RetryOptions> | undefined {
    return this.#tasks.get(taskId)?.retry ?? this.#defaults.retry;
  }

  /** Attempts a run may take, all kinds of failure together. */
  maxAttempts(taskId: string, ofRun: number | null): number {
    return ofRun ?? this.retryOf(taskId)?.maxAttempts ?? DEFAULT_STALLED_ATTEMPTS;
  }

  /** Seconds; undefined = no limit. */
  maxDuration(taskId: string, ofRun: number | null): number | undefined {
    return ofRun ?? this.#tasks.get(taskId)?.maxDuration ?? this.#defaults.maxDuration;
  }
}

/** The queue of a task that names none. */
export function defaultQueue(taskId: string): string {
  return `task/${taskId}`;
}
