import * as z from 'zod';
import { StoredDefinition } from '../connector/schema.ts';
import type { CallContext } from '../context.ts';
import type { Page, PageRequest } from '../page/page.ts';
import type { ExportDocument } from './schema.ts';

const Row = z.object({
  id: z.uuid(),
  name: z.string(),
  description: z.string(),
  definition: StoredDefinition,
});
/** `more`: what follows did not fit, by its number or by its size. So a page may be short without being the last. */
const Rows = z.object({ connectors: z.array(Row), more: z.boolean() });

/** The current versions of the workspace's connectors, oldest first. `page.limit` may be 1–1,000; a page holds fewer when they are large. */
export async function exportConnectors(
  ctx: CallContext,
  page: PageRequest,
): Promise<Page<ExportDocument['connectors'][number]>> {
  const rows = Rows.parse(
    await ctx.db.call('export_connectors', {
      p_workspace_id: ctx.workspaceId,
      p_limit: page.limit,
      p_after: page.after,
    }),
  );
  const last = rows.connectors.at(-1);
  const items = rows.connectors.map(
    ({ name, description, definition: { format: _format, ...definition } }) => ({
      name,
      description,
      ...definition,
    }),
  );
  return { items, next: rows.more && last !== undefined ? last.id : null };
}
