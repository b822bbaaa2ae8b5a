import type { CreateScheduleOptions } from '@trigger.dev/core/v3';
import type * as z from 'zod';
import { type AcceptDeps, acceptRun, RequestError } from './accept.ts';
import { cronFault, nextTime, upcomingTimes } from './cron.ts';
import { newId } from './ids.ts';
import type { Logger } from './log.ts';
import type { Schedule, ScheduleStore } from './schedule-store.ts';
import type { TaskManifest } from './task-registry.ts';

export type ScheduleOptions = Omit<z.infer<typeof CreateScheduleOptions>, 'deduplicationKey'>;

const ENVIRONMENT_TYPE = 'PRODUCTION';
const declarativeKey = (taskId: string): string => `declarative:${taskId}`;

export interface SchedulerDeps extends AcceptDeps {
  readonly store: ScheduleStore;
  readonly logger: Logger;
}

/** Cron schedules: those that task files declare and those made through the API. */
export class Scheduler {
  readonly #deps: SchedulerDeps;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  /** Makes the stored declarative schedules those of the task files. An unchanged one keeps its next time. */
  sync(tasks: readonly TaskManifest[]): void {
    const { store, logger } = this.#deps;
    const declared = tasks.filter(({ schedule }) => schedule && runsHere(schedule.environments));
    const keep = new Set(declared.map(({ id }) => declarativeKey(id)));
    for (const old of store.declarative()) {
      if (!keep.has(old.deduplication_key ?? '')) store.delete(old.id);
    }
    for (const { id, schedule } of declared) {
      if (!schedule) continue;
      const { cron, timezone } = schedule;
      const fault = cronFault(cron, timezone);
      if (fault) {
        logger('error', fault, { taskIdentifier: id });
        continue;
      }
      const known = store.byDeduplicationKey(declarativeKey(id));
      if (known?.cron === cron && known.timezone === timezone) continue;
      const made = this.#schedule({ task: id, cron, timezone }, 'DECLARATIVE', declarativeKey(id), known);
      store.put(made);
      logger('info', 'schedule declared', {
        taskIdentifier: id,
        cron,
        timezone,
        next: iso(made.next_run_at),
      });
    }
  }

  /** Creates a schedule, or changes the one with the same deduplication key. */
  create(options: ScheduleOptions, deduplicationKey: string): Schedule {
    const known = this.#deps.store.byDeduplicationKey(deduplicationKey);
    return this.#save(this.#schedule(options, 'IMPERATIVE', deduplicationKey, known));
  }

  update(schedule: Schedule, options: ScheduleOptions): Schedule {
    this.#refuseDeclarative(schedule);
    return this.#save(this.#schedule(options, 'IMPERATIVE', schedule.deduplication_key, schedule));
  }

  delete(schedule: Schedule): void {
    this.#refuseDeclarative(schedule);
    this.#deps.store.delete(schedule.id);
  }

  setActive(schedule: Schedule, active: boolean): Schedule {
    const next = nextTime(schedule.cron, schedule.timezone, this.#deps.clock());
    return this.#save({ ...schedule, active, next_run_at: next ?? schedule.next_run_at });
  }

  /**
   * Starts a run for every schedule that has come due. The run and the schedule's next time are written
   * together, so a schedule fires once, however often the process dies. Times missed while the runtime was
   * down make one run, not one each.
   */
  fireDue(): void {
    const { store, clock, logger } = this.#deps;
    for (const schedule of store.due(clock())) {
      const now = clock();
      const next = nextTime(schedule.cron, schedule.timezone, now);
      const run = store.transaction(() => {
        if (!store.advance(schedule, schedule.next_run_at, next)) return undefined;
        const body = {
          payload: payloadOf(schedule, now),
          options: { payloadType: 'application/super+json' },
        };
        return acceptRun(this.#deps, schedule.task_id, body, { scheduleId: schedule.id }).run;
      });
      if (run)
        logger('info', 'schedule fired', {
          runId: run.id,
          taskIdentifier: run.task_id,
          scheduleId: schedule.id,
        });
    }
  }

  #schedule(
    options: ScheduleOptions,
    type: Schedule['type'],
    key: string | null,
    known: Schedule | undefined,
  ): Schedule {
    const timezone = options.timezone ?? 'UTC';
    const fault = cronFault(options.cron, timezone);
    if (fault) throw new RequestError(fault, 422);
    const task = this.#deps.registry.get(options.task);
    if (type === 'IMPERATIVE' && task?.triggerSource !== 'schedule') {
      throw new RequestError(`Task with id ${options.task} is not a scheduled task`, 422);
    }
    const now = this.#deps.clock();
    return {
      id: known?.id ?? newId('sched', now),
      type,
      task_id: options.task,
      cron: options.cron,
      timezone,
      external_id: options.externalId ?? null,
      deduplication_key: key,
      active: known?.active ?? true,
      next_run_at: nextTime(options.cron, timezone, now) ?? now,
      last_run_at: known?.last_run_at ?? null,
      created_at: known?.created_at ?? now,
    };
  }

  #save(schedule: Schedule): Schedule {
    this.#deps.store.put(schedule);
    return schedule;
  }

  #refuseDeclarative(schedule: Schedule): void {
    if (schedule.type === 'DECLARATIVE') {
      throw new RequestError('A declarative schedule is changed in its task file', 422);
    }
  }
}

function runsHere(environments: readonly string[] | undefined): boolean {
  return environments === undefined || environments.includes(ENVIRONMENT_TYPE);
}

/** The payload of a scheduled run, in SuperJSON so that its dates arrive as dates. */
function payloadOf(schedule: Schedule, now: number): string {
  const upcoming = upcomingTimes(schedule.cron, schedule.timezone, now).map(iso);
  const json = {
    scheduleId: schedule.id,
    type: schedule.type,
    timestamp: iso(schedule.next_run_at),
    ...(schedule.last_run_at !== null && { lastTimestamp: iso(schedule.last_run_at) }),
    ...(schedule.external_id !== null && { externalId: schedule.external_id }),
    timezone: schedule.timezone,
    upcoming,
  };
  const dates = ['timestamp', ...('lastTimestamp' in json ? ['lastTimestamp'] : [])];
  const paths = [...dates, ...upcoming.map((_, index) => `upcoming.${index}`)];
  return JSON.stringify({
    json,
    meta: { values: Object.fromEntries(paths.map((path) => [path, ['Date']])) },
  });
}

const iso = (time: number): string => new Date(time).toISOString();
