import * as z from 'zod';
import { CreateConnector } from '../connector/schema.ts';

export const TRANSFER_FORMAT = 1;
/** In one document; a larger workspace exports page by page. */
export const MAX_TRANSFERRED = 1000;

/** A workspace's connectors, without ids, history and counters: what POST /import takes as it is. No secret is in it. */
export const ExportDocument = z
  .object({
    format: z.literal(TRANSFER_FORMAT),
    exported_at: z.string(),
    connectors: z.array(CreateConnector),
    /** For the rest of a workspace with more than fit; null on the last page. */
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'ExportDocument' });
export type ExportDocument = z.infer<typeof ExportDocument>;

/** An {@link ExportDocument}, or one written by hand. */
export const ImportDocument = z
  .strictObject({
    format: z.literal(TRANSFER_FORMAT),
    /** Not used. */
    exported_at: z.string().max(100).optional(),
    connectors: z.array(CreateConnector).min(1).max(MAX_TRANSFERRED),
    /** Not used. */
    next_cursor: z.string().max(1000).nullable().optional(),
  })
  .meta({ id: 'ImportDocument' });
export type ImportDocument = z.infer<typeof ImportDocument>;

export const ImportReport = z
  .object({
    /** In the order of the document. */
    connectors: z.array(z.object({ id: z.uuid(), name: z.string() })),
    /** What they need; those that do not exist have to be stored before the connectors can run. */
    credentials: z.array(z.object({ service_name: z.string(), exists: z.boolean() })),
  })
  .meta({ id: 'ImportReport' });
export type ImportReport = z.infer<typeof ImportReport>;
