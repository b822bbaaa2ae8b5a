import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { Batch } from './schema.ts';

/** Newest first. */
export async function listBatches(
  ctx: CallContext,
  page: PageRequest,
  filter: { readonly connectorId?: string | undefined },
): Promise<Page<Batch>> {
  const rows = await ctx.db.call('list_batches', {
    p_workspace_id: ctx.workspaceId,
    ...pageArguments(page),
    p_connector_id: filter.connectorId ?? null,
  });
  return pageFrom(z.array(Batch).parse(rows), page, (batch) => batch.id);
}
