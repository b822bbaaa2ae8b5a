import { Hono } from 'hono';
import { redriveExecution } from '../../../core/execution/redrive.ts';
import { redriveExecutions } from '../../../core/execution/redrive-many.ts';
import { replayExecution } from '../../../core/execution/replay.ts';
import {
  RedriveExecution,
  RedriveExecutions,
  ReplayExecution,
} from '../../../core/execution/rerun-schema.ts';
import type { AppEnv } from '../app-env.ts';
import { jsonBody } from '../http/json-body.ts';
import { Id, path } from '../http/params.ts';
import { answerAccepted, startExecution } from './accepted.ts';

/**
 * Of many, so many are triggered at once; the sweeper takes the others within a minute. A Worker on Cloudflare's free plan
 * may make 50 subrequests, and a trigger may take two.
 */
const MAX_TRIGGERED = 20;
/** Connections that a Worker may have open: 6. */
const TRIGGERS_AT_ONCE = 5;

export const rerunRoutes = new Hono<AppEnv>()
  .post('/redrive', jsonBody(RedriveExecutions), async (c) => {
    const { result, workspaceId, newest } = await redriveExecutions(c.var.call, c.req.valid('json'));
    const waiting = newest.slice(0, MAX_TRIGGERED);
    const triggerInTurn = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await startExecution(c, workspaceId, next);
      }
    };
    c.executionCtx.waitUntil(Promise.all(Array.from({ length: TRIGGERS_AT_ONCE }, triggerInTurn)));
    return c.json({ data: result }, 202);
  })
  .post('/:id/redrive', path(Id), jsonBody(RedriveExecution), async (c) =>
    answerAccepted(c, await redriveExecution(c.var.call, c.req.valid('param').id, c.req.valid('json'))),
  )
  .post('/:id/replay', path(Id), jsonBody(ReplayExecution), async (c) =>
    answerAccepted(c, await replayExecution(c.var.call, c.req.valid('param').id, c.req.valid('json'))),
  );
