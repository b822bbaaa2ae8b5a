import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, pageFrom } from '../page/page.ts';
import { encodeVersionCursor } from './cursor.ts';
import { TemplateVersion } from './schema.ts';

/** Newest first, without their definitions. `after` is the last version of the page before. */
export async function listTemplateVersions(
  ctx: Pick<CallContext, 'db'>,
  id: string,
  { limit, after }: { limit: number; after: number | null },
): Promise<Page<TemplateVersion>> {
  const rows = await ctx.db.call('list_template_versions', {
    p_template_id: id,
    p_limit: limit + 1,
    p_after: after,
  });
  return pageFrom(z.array(TemplateVersion).parse(rows), { limit, after: null }, ({ version }) =>
    encodeVersionCursor(version),
  );
}
