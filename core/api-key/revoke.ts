import type { CallContext } from '../context.ts';
import { ApiKey } from './schema.ts';

/** Ends a key at once and for good; it stays in the list. Revoking twice changes nothing. Needs the role admin. */
export async function revokeApiKey(ctx: CallContext, id: string): Promise<ApiKey> {
  return ApiKey.parse(await ctx.db.call('revoke_api_key', { p_workspace_id: ctx.workspaceId, p_id: id }));
}
