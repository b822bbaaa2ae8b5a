import type { CallContext } from '../context.ts';
import { RatedTemplate, type RateTemplate } from './schema.ts';

/** The caller's one rating of a template that their workspace installed; a later one replaces it. */
export async function rateTemplate(
  ctx: CallContext,
  id: string,
  { stars }: RateTemplate,
): Promise<RatedTemplate> {
  return RatedTemplate.parse(
    await ctx.db.call('rate_template', {
      p_workspace_id: ctx.workspaceId,
      p_template_id: id,
      p_stars: stars,
    }),
  );
}
