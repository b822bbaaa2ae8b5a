import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { ApiKey } from './schema.ts';

/** Newest first, revoked and expired ones too, none with its secret. Needs the role admin. */
export async function listApiKeys(ctx: CallContext, page: PageRequest): Promise<Page<ApiKey>> {
  const rows = await ctx.db.call('list_api_keys', {
    p_workspace_id: ctx.workspaceId,
    ...pageArguments(page),
  });
  return pageFrom(z.array(ApiKey).parse(rows), page, (key) => key.id);
}
