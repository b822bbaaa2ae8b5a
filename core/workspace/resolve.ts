import * as z from 'zod';
import type { CallContext } from '../context.ts';
import type { Role } from './schema.ts';

/**
 * The workspace of a call, where its id is needed before the call that does the work. Costs a round trip only when
 * the caller named none; a named one is checked by the call itself.
 */
export async function resolveWorkspace(ctx: CallContext, atLeast: Role): Promise<string> {
  if (ctx.workspaceId !== null) return ctx.workspaceId;
  return z
    .uuid()
    .parse(await ctx.db.call('resolve_workspace', { p_workspace_id: null, p_at_least: atLeast }));
}
