import { TriggerTaskRequestBody } from '@trigger.dev/core/v3';
import { Hono } from 'hono';
import { acceptRun } from '../accept.ts';
import { bodyOf, param, REQUEST_KEY_HEADER } from './body.ts';
import type { RestContext } from './context.ts';

/** `POST /api/v1/tasks/:id/trigger` */
export function taskRoutes(context: RestContext): Hono {
  return new Hono().post('/api/v1/tasks/:taskId/trigger', async (c) => {
    const body = await bodyOf(c, TriggerTaskRequestBody);
    const requestKey = c.req.header(REQUEST_KEY_HEADER);
    const { run, isCached } = acceptRun(context, param(c, 'taskId'), body, requestKey ? { requestKey } : {});
    const parentId = body.options?.parentRunId;
    if (parentId !== undefined && body.options?.resumeParentOnCompletion) {
      context.dispatcher.waits.add(run, { parentId });
    }
    context.wake();
    c.header('x-trigger-jwt-claims', JSON.stringify({ sub: 'env_embedded', pub: true }));
    return c.json({ id: run.id, isCached });
  });
}
