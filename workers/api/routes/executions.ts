import { Hono } from 'hono';
import * as z from 'zod';
import { cancelExecution } from '../../../core/execution/cancel.ts';
import { getExecution } from '../../../core/execution/get.ts';
import { listExecutions } from '../../../core/execution/list.ts';
import { ExecutionStatus } from '../../../core/execution/schema.ts';
import type { AppEnv } from '../app-env.ts';
import { pageBody } from '../http/page-body.ts';
import { Id, PageQuery, pageRequest, path, query } from '../http/params.ts';

export const ExecutionQuery = PageQuery.extend({
  status: ExecutionStatus.optional(),
  connector_id: z.uuid().optional(),
});

export const executionRoutes = new Hono<AppEnv>()
  .get('/', query(ExecutionQuery), async (c) => {
    const valid = c.req.valid('query');
    const filter = { connectorId: valid.connector_id, status: valid.status };
    return c.json(pageBody(await listExecutions(c.var.call, pageRequest(valid), filter)));
  })
  .get('/:id', path(Id), async (c) => {
    const execution = await getExecution(c.var.call, c.req.valid('param').id);
    return c.json({ data: execution });
  })
  .post('/:id/cancel', path(Id), async (c) => {
    const execution = await cancelExecution(c.var.call, c.req.valid('param').id);
    return c.json({ data: execution });
  });
