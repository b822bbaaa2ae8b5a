import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { ConnectorSummary } from './schema.ts';

/** Newest first, without their programs. */
export async function listConnectors(ctx: CallContext, page: PageRequest): Promise<Page<ConnectorSummary>> {
  const rows = await ctx.db.call('list_connectors', {
    p_workspace_id: ctx.workspaceId,
    ...pageArguments(page),
  });
  return pageFrom(z.array(ConnectorSummary).parse(rows), page, (connector) => connector.id);
}
