import * as z from 'zod';
import { StoredDefinition } from '../connector/schema.ts';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import type { ExportDocument } from './schema.ts';

const Row = z.object({
  id: z.uuid(),
  name: z.string(),
  description: z.string(),
  definition: StoredDefinition,
});

/** The current versions of the workspace's connectors, oldest first. `page.limit` may be 1–1,000. */
export async function exportConnectors(
  ctx: CallContext,
  page: PageRequest,
): Promise<Page<ExportDocument['connectors'][number]>> {
  const rows = z
    .array(Row)
    .parse(
      await ctx.db.call('export_connectors', { p_workspace_id: ctx.workspaceId, ...pageArguments(page) }),
    );
  const { items, next } = pageFrom(rows, page, (row) => row.id);
  const connectors = items.map(({ name, description, definition: { format: _format, ...definition } }) => ({
    name,
    description,
    ...definition,
  }));
  return { items: connectors, next };
}
