import type { CallContext } from '../context.ts';
import type { Template } from './schema.ts';
import { StoredTemplate } from './stored.ts';

/** By id or slug; a draft is there for SaaS admins only. */
export async function getTemplate(
  ctx: Pick<CallContext, 'db'>,
  idOrSlug: string,
  version: number | null = null,
): Promise<Template> {
  return StoredTemplate.parse(
    await ctx.db.call('get_template', { p_template: idOrSlug, p_version: version }),
  );
}
