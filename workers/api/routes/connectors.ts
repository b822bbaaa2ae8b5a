import { Hono } from 'hono';
import { createConnector } from '../../../core/connector/create.ts';
import { deleteConnector } from '../../../core/connector/delete.ts';
import { getConnector } from '../../../core/connector/get.ts';
import { listConnectors } from '../../../core/connector/list.ts';
import { CreateConnector, UpdateConnector } from '../../../core/connector/schema.ts';
import { connectorStats } from '../../../core/connector/stats.ts';
import { updateConnector } from '../../../core/connector/update.ts';
import { listExecutions } from '../../../core/execution/list.ts';
import type { AppEnv } from '../app-env.ts';
import { expectedRevision, tagged } from '../http/etag.ts';
import { jsonBody } from '../http/json-body.ts';
import { pageBody } from '../http/page-body.ts';
import { Id, PageQuery, pageRequest, path, query } from '../http/params.ts';
import { ExecutionQuery, executionFilter } from './executions.ts';

/** Here the path names the connector. */
export const ConnectorExecutionQuery = ExecutionQuery.omit({ connector_id: true });

export const connectorRoutes = new Hono<AppEnv>()
  .get('/', query(PageQuery), async (c) => {
    const page = await listConnectors(c.var.call, pageRequest(c.req.valid('query')));
    return c.json(pageBody(page));
  })
  .post('/', jsonBody(CreateConnector), async (c) => {
    const connector = await createConnector(c.var.call, c.req.valid('json'));
    return c.json({ data: tagged(c, connector) }, 201, { Location: `/api/v1/connectors/${connector.id}` });
  })
  .get('/:id', path(Id), async (c) => {
    const connector = await getConnector(c.var.call, c.req.valid('param').id);
    return c.json({ data: tagged(c, connector) });
  })
  .patch('/:id', path(Id), jsonBody(UpdateConnector), async (c) => {
    const { id } = c.req.valid('param');
    const connector = await updateConnector(c.var.call, id, c.req.valid('json'), expectedRevision(c));
    return c.json({ data: tagged(c, connector) });
  })
  .delete('/:id', path(Id), async (c) => {
    await deleteConnector(c.var.call, c.req.valid('param').id, expectedRevision(c));
    return c.body(null, 204);
  })
  .get('/:id/stats', path(Id), async (c) => {
    const stats = await connectorStats(c.var.call, c.req.valid('param').id);
    return c.json({ data: stats });
  })
  .get('/:id/executions', path(Id), query(ConnectorExecutionQuery), async (c) => {
    const valid = c.req.valid('query');
    const filter = { ...executionFilter(valid), connectorId: c.req.valid('param').id };
    return c.json(pageBody(await listExecutions(c.var.call, pageRequest(valid), filter)));
  });
