import { Hono } from 'hono';
import { closeCircuit } from '../../../core/circuit/close.ts';
import { listCircuits } from '../../../core/circuit/list.ts';
import { CircuitStatus } from '../../../core/circuit/schema.ts';
import type { AppEnv } from '../app-env.ts';
import { pageBody } from '../http/page-body.ts';
import { Id, PageQuery, pageRequest, path, query } from '../http/params.ts';

export const CircuitQuery = PageQuery.extend({ state: CircuitStatus.optional() });

export const circuitRoutes = new Hono<AppEnv>()
  .get('/', query(CircuitQuery), async (c) => {
    const valid = c.req.valid('query');
    return c.json(pageBody(await listCircuits(c.var.call, pageRequest(valid), valid.state)));
  })
  .post('/:id/close', path(Id), async (c) => {
    return c.json({ data: await closeCircuit(c.var.call, c.req.valid('param').id) });
  });
