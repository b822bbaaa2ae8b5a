import { Hono } from 'hono';
import { acceptExecution } from '../../../core/execution/accept.ts';
import { ExecuteConnector } from '../../../core/execution/schema.ts';
import { testConnector } from '../../../core/execution/test.ts';
import { TestConnector } from '../../../core/execution/test-schema.ts';
import type { AppEnv } from '../app-env.ts';
import { jsonBody } from '../http/json-body.ts';
import { Id, path } from '../http/params.ts';
import { answerAccepted } from './accepted.ts';

export const executeRoutes = new Hono<AppEnv>()
  .post('/:id/execute', path(Id), jsonBody(ExecuteConnector), async (c) =>
    answerAccepted(c, await acceptExecution(c.var.call, c.req.valid('param').id, c.req.valid('json'))),
  )
  .post('/:id/test', path(Id), jsonBody(TestConnector), async (c) =>
    answerAccepted(c, await testConnector(c.var.call, c.req.valid('param').id, c.req.valid('json'))),
  );
