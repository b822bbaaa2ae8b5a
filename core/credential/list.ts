import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { Credential } from './schema.ts';

/** Metadata only: values cannot be read back. */
export async function listCredentials(ctx: CallContext, page: PageRequest): Promise<Page<Credential>> {
  const rows = await ctx.db.call('list_credentials', {
    p_workspace_id: ctx.workspaceId,
    ...pageArguments(page),
  });
  return pageFrom(z.array(Credential).parse(rows), page, (credential) => credential.id);
}
