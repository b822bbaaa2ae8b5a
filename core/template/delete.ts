import type { CallContext } from '../context.ts';

/** Connectors made from it stay, and forget where they came from. For SaaS admins. */
export async function deleteTemplate(ctx: Pick<CallContext, 'db'>, id: string): Promise<void> {
  await ctx.db.call('delete_template', { p_id: id });
}
