import { CreateScheduleOptions, UpdateScheduleOptions } from '@trigger.dev/core/v3';
import { Hono } from 'hono';
import * as z from 'zod';
import { RequestError } from '../accept.ts';
import type { Schedule } from '../schedule-store.ts';
import { bodyOf, checked } from './body.ts';
import type { RestContext } from './context.ts';

const DEFAULT_PER_PAGE = 50;
const MAX_PER_PAGE = 100;
const ENVIRONMENTS = [{ id: 'env_embedded', type: 'PRODUCTION' }];

const Paging = z.object({
  page: z.coerce.number().int().min(1).default(1),
  perPage: z.coerce.number().int().min(1).max(MAX_PER_PAGE).default(DEFAULT_PER_PAGE),
});

/** `/api/v1/schedules` */
export function scheduleRoutes({ schedules, scheduler, wake }: RestContext): Hono {
  const existing = (id: string): Schedule => {
    const schedule = schedules.get(id);
    if (!schedule) throw new RequestError('Schedule not found', 404);
    return schedule;
  };
  const changed = (schedule: Schedule) => {
    wake();
    return present(schedule);
  };
  return new Hono()
    .post('/api/v1/schedules', async (c) => {
      const { deduplicationKey, ...options } = await bodyOf(c, CreateScheduleOptions);
      return c.json(changed(scheduler.create(options, deduplicationKey)));
    })
    .get('/api/v1/schedules', (c) => {
      const { page, perPage } = checked(Paging, c.req.query());
      const { schedules: rows, count } = schedules.page(page, perPage);
      const pagination = { currentPage: page, totalPages: Math.ceil(count / perPage), count };
      return c.json({ data: rows.map(present), pagination });
    })
    .get('/api/v1/schedules/:id', (c) => c.json(present(existing(c.req.param('id')))))
    .put('/api/v1/schedules/:id', async (c) => {
      const schedule = existing(c.req.param('id'));
      return c.json(changed(scheduler.update(schedule, await bodyOf(c, UpdateScheduleOptions))));
    })
    .delete('/api/v1/schedules/:id', (c) => {
      const schedule = existing(c.req.param('id'));
      scheduler.delete(schedule);
      return c.json({ id: schedule.id });
    })
    .post('/api/v1/schedules/:id/activate', (c) =>
      c.json(changed(scheduler.setActive(existing(c.req.param('id')), true))),
    )
    .post('/api/v1/schedules/:id/deactivate', (c) =>
      c.json(changed(scheduler.setActive(existing(c.req.param('id')), false))),
    );
}

/** The schedule a run came from, as the run shows it. */
export function presentScheduleOf(schedule: Schedule | undefined) {
  if (!schedule) return undefined;
  const { id, externalId, deduplicationKey, generator } = present(schedule);
  return {
    id,
    externalId: externalId ?? undefined,
    deduplicationKey: schedule.type === 'IMPERATIVE' ? (deduplicationKey ?? undefined) : undefined,
    generator,
  };
}

function present(schedule: Schedule) {
  const nextRun = schedule.active ? new Date(schedule.next_run_at).toISOString() : null;
  return {
    id: schedule.id,
    type: schedule.type,
    task: schedule.task_id,
    active: schedule.active,
    deduplicationKey: schedule.deduplication_key,
    externalId: schedule.external_id,
    generator: { type: 'CRON', expression: schedule.cron, description: schedule.cron },
    timezone: schedule.timezone,
    nextRun,
    nextRunEffectiveAt: nextRun,
    environments: ENVIRONMENTS,
  };
}
