import type { CallContext } from '../context.ts';
import type { Template } from './schema.ts';
import { StoredTemplate } from './stored.ts';

/** What SaaS admins set on a template besides its texts. */
export type Mark =
  | { readonly status: 'draft' | 'published' }
  | { readonly is_featured: boolean }
  | { readonly is_official: boolean };

/**
 * Sets one mark. An unpublished template stays with those who installed it, but they get no updates.
 *
 * @param expected the revision that the caller read, or null
 */
export async function changeMark(
  ctx: Pick<CallContext, 'db'>,
  id: string,
  mark: Mark,
  expected: number | null = null,
): Promise<Template> {
  return StoredTemplate.parse(
    await ctx.db.call('update_template', {
      p_id: id,
      p_expected_revision: expected,
      p_template: mark,
      p_version: null,
    }),
  );
}
