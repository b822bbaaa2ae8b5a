import { Hono } from 'hono';
import * as z from 'zod';
import {
  type AuditFilter,
  type AuditPageRequest,
  listAuditLog,
  listPlatformAuditLog,
} from '../../../core/audit/list.ts';
import { decodeNumberCursor } from '../../../core/page/cursor.ts';
import type { AppEnv } from '../app-env.ts';
import { pageBody } from '../http/page-body.ts';
import { DEFAULT_LIMIT, PageQuery, query } from '../http/params.ts';

export const AuditQuery = z.object({
  limit: PageQuery.shape.limit,
  cursor: z
    .string()
    .transform((text, issues) => {
      const id = decodeNumberCursor(text);
      if (id === null) issues.addIssue('is not a cursor of this API');
      return id;
    })
    .optional(),
  entity: z
    .string()
    .regex(/^[a-z_]{1,63}$/, 'must be the name of an entity')
    .optional(),
  entity_id: z.string().min(1).max(200).optional(),
});

export const auditLogRoutes = new Hono<AppEnv>().get('/', query(AuditQuery), async (c) =>
  c.json(pageBody(await listAuditLog(c.var.call, ...wanted(c.req.valid('query'))))),
);

export const platformAuditLogRoutes = new Hono<AppEnv>().get('/', query(AuditQuery), async (c) =>
  c.json(pageBody(await listPlatformAuditLog(c.var.call, ...wanted(c.req.valid('query'))))),
);

function wanted(valid: z.infer<typeof AuditQuery>): [AuditPageRequest, AuditFilter] {
  return [
    { limit: valid.limit ?? DEFAULT_LIMIT, after: valid.cursor ?? null },
    { entity: valid.entity, entityId: valid.entity_id },
  ];
}
