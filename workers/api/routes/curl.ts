import { Hono } from 'hono';
import * as z from 'zod';
import { StepName } from '../../../core/connector/schema.ts';
import { exportRequest } from '../../../core/curl/export-request.ts';
import { importCommand } from '../../../core/curl/import-command.ts';
import { curlOfStep } from '../../../core/curl/of-execution.ts';
import { ExportCurl, ExportedCurl, ImportCurl } from '../../../core/curl/schema.ts';
import type { AppEnv } from '../app-env.ts';
import { jsonBody } from '../http/json-body.ts';
import { Id, path, query } from '../http/params.ts';

export const CurlQuery = z.object({ step: StepName });

export const curlRoutes = new Hono<AppEnv>()
  .post('/import', jsonBody(ImportCurl), (c) => c.json({ data: importCommand(c.req.valid('json')) }))
  .post('/export', jsonBody(ExportCurl), async (c) => {
    const exported = await exportRequest(c.var.call, c.req.valid('json'));
    return c.json({ data: ExportedCurl.parse(exported) });
  });

/** Below an execution. */
export const executionCurlRoutes = new Hono<AppEnv>().get(
  '/:id/curl',
  path(Id),
  query(CurlQuery),
  async (c) => {
    const exported = await curlOfStep(c.var.call, c.req.valid('param').id, c.req.valid('query').step);
    return c.json({ data: ExportedCurl.parse(exported) });
  },
);
