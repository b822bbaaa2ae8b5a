import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, pageFrom } from '../page/page.ts';
import { AuditEntry } from './schema.ts';

export interface AuditPageRequest {
  /** Entries wanted, 1–100. */
  readonly limit: number;
  /** The last entry of the page before, or null for the first page. */
  readonly after: number | null;
}

export interface AuditFilter {
  readonly entity: string | undefined;
  readonly entityId: string | undefined;
}

/** Who changed what in the workspace, newest first. Needs the role admin. */
export async function listAuditLog(
  ctx: CallContext,
  page: AuditPageRequest,
  filter: AuditFilter,
): Promise<Page<AuditEntry>> {
  const rows = await ctx.db.call('list_audit_log', {
    p_workspace_id: ctx.workspaceId,
    ...listArguments(page, filter),
  });
  return auditPage(rows, page);
}

/** Who changed what in the marketplace and among SaaS admins, newest first. For SaaS admins. */
export async function listPlatformAuditLog(
  ctx: Pick<CallContext, 'db'>,
  page: AuditPageRequest,
  filter: AuditFilter,
): Promise<Page<AuditEntry>> {
  return auditPage(await ctx.db.call('admin_audit_log', listArguments(page, filter)), page);
}

function listArguments(page: AuditPageRequest, filter: AuditFilter) {
  return {
    p_limit: page.limit + 1,
    p_after: page.after,
    p_entity: filter.entity ?? null,
    p_entity_id: filter.entityId ?? null,
  };
}

function auditPage(rows: unknown, page: AuditPageRequest): Page<AuditEntry> {
  const request = { limit: page.limit, after: page.after === null ? null : String(page.after) };
  return pageFrom(z.array(AuditEntry).parse(rows), request, (entry) => String(entry.id));
}
