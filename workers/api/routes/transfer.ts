import { Hono } from 'hono';
import * as z from 'zod';
import { encodeCursor } from '../../../core/page/cursor.ts';
import { exportConnectors } from '../../../core/transfer/export.ts';
import { importConnectors } from '../../../core/transfer/import.ts';
import {
  ExportDocument,
  ImportDocument,
  MAX_TRANSFERRED,
  TRANSFER_FORMAT,
} from '../../../core/transfer/schema.ts';
import type { AppEnv } from '../app-env.ts';
import { jsonBody } from '../http/json-body.ts';
import { PageQuery, query } from '../http/params.ts';

export const ExportQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,4}$/, `must be a whole number from 1 to ${MAX_TRANSFERRED}`)
    .transform(Number)
    .pipe(z.number().min(1).max(MAX_TRANSFERRED))
    .optional(),
  cursor: PageQuery.shape.cursor,
});

/** The list, then the connector in it: what is kept of each may be as deep as one that is created alone. */
const LEVELS_AROUND_A_CONNECTOR = 2;

export const transferRoutes = new Hono<AppEnv>()
  // The document itself and not { data }, so that what was saved from here can be sent to /import as it is.
  .get('/export', query(ExportQuery), async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const page = await exportConnectors(c.var.call, {
      limit: limit ?? MAX_TRANSFERRED,
      after: cursor ?? null,
    });
    const document: ExportDocument = {
      format: TRANSFER_FORMAT,
      exported_at: new Date(c.var.ports.runtime.now()).toISOString(),
      connectors: page.items,
      next_cursor: page.next === null ? null : encodeCursor(page.next),
    };
    return c.json(ExportDocument.parse(document));
  })
  .post('/import', jsonBody(ImportDocument, { wrapping: LEVELS_AROUND_A_CONNECTOR }), async (c) => {
    const report = await importConnectors(c.var.call, c.req.valid('json'));
    return c.json({ data: report }, 201);
  });
