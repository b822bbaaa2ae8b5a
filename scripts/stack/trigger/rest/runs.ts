import { ReplayRunRequestBody, RescheduleRunRequestBody } from '@trigger.dev/core/v3';
import { Hono } from 'hono';
import { RequestError } from '../accept.ts';
import { delayUntil } from '../durations.ts';
import { presentRun } from '../present-run.ts';
import { replayRun } from '../replay.ts';
import type { Run } from '../run.ts';
import { bodyOf } from './body.ts';
import type { RestContext } from './context.ts';

/** Reading and steering single runs. */
export function runRoutes(context: RestContext): Hono {
  const { runs, clock, dispatcher, present, wake } = context;
  const existing = (id: string): Run => {
    const run = runs.get(id);
    if (!run) throw new RequestError('Run not found', 404);
    return run;
  };
  return new Hono()
    .get('/api/v3/runs/:runId', async (c) =>
      c.json(await presentRun(existing(c.req.param('runId')), present)),
    )
    .post('/api/v2/runs/:runId/cancel', (c) => {
      const run = existing(c.req.param('runId'));
      dispatcher.cancel(run);
      return c.json({ id: run.id });
    })
    .post('/api/v1/runs/:runId/replay', async (c) => {
      const run = existing(c.req.param('runId'));
      const replay = replayRun(context, run, await bodyOf(c, ReplayRunRequestBody));
      wake();
      return c.json({ id: replay.id });
    })
    .post('/api/v1/runs/:runId/reschedule', async (c) => {
      const run = existing(c.req.param('runId'));
      const { delay } = await bodyOf(c, RescheduleRunRequestBody);
      const until = delayUntil(delay, clock());
      if (until === undefined) throw new RequestError(`Invalid delay: ${String(delay)}`);
      if (!runs.reschedule(run.id, until, clock())) {
        throw new RequestError('Cannot reschedule a run that is not delayed');
      }
      wake();
      return c.json(await presentRun(existing(run.id), present));
    });
}
