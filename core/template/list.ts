import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, pageFrom } from '../page/page.ts';
import { encodeTemplateCursor, positionOf, type TemplatePosition, type TemplateSort } from './cursor.ts';
import { TemplateSummary } from './schema.ts';

export interface TemplateFilter {
  readonly sort: TemplateSort;
  /** Items wanted, 1–100. */
  readonly limit: number;
  readonly after: TemplatePosition | null;
  /** Words; each may be the beginning of one in the template's name, description, category or provider. */
  readonly search?: string | undefined;
  readonly category?: string | undefined;
  readonly provider?: string | undefined;
  readonly official?: boolean | undefined;
  readonly featured?: boolean | undefined;
  /** Only SaaS admins may ask for others than the published ones. */
  readonly status?: 'draft' | 'published' | 'all' | undefined;
}

/** Templates without their programs. `next` is the cursor of the next page, ready to be handed out. */
export async function listTemplates(
  ctx: Pick<CallContext, 'db'>,
  filter: TemplateFilter,
): Promise<Page<TemplateSummary>> {
  const { sort, limit, status = 'published' } = filter;
  const rows = await ctx.db.call('list_templates', {
    p_limit: limit + 1,
    p_sort: sort,
    p_after: filter.after,
    p_search: filter.search ?? null,
    p_category: filter.category ?? null,
    p_provider: filter.provider ?? null,
    p_official: filter.official ?? null,
    p_featured: filter.featured ?? null,
    p_status: status === 'all' ? null : status,
  });
  return pageFrom(z.array(TemplateSummary).parse(rows), { limit, after: null }, (template) =>
    encodeTemplateCursor(sort, positionOf(template, sort)),
  );
}
