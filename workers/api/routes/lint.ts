import { Hono } from 'hono';
import { lintConnector, lintNewConnector } from '../../../core/connector/lint/lint-connector.ts';
import { LintConnector } from '../../../core/connector/lint/schema.ts';
import type { AppEnv } from '../app-env.ts';
import { jsonBody } from '../http/json-body.ts';
import { Id, path } from '../http/params.ts';

export const lintRoutes = new Hono<AppEnv>()
  .post('/lint', jsonBody(LintConnector), async (c) => {
    const { name: _name, description: _description, ...definition } = c.req.valid('json');
    return c.json({ data: await lintNewConnector(c.var.call, definition) });
  })
  .get('/:id/lint', path(Id), async (c) => {
    return c.json({ data: await lintConnector(c.var.call, c.req.valid('param').id) });
  });
