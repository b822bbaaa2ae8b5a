import * as z from 'zod';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { type CredentialContext, presentCredential } from './present.ts';
import { type Credential, StoredCredential } from './schema.ts';

/** Metadata only: values cannot be read back. */
export async function listCredentials(ctx: CredentialContext, page: PageRequest): Promise<Page<Credential>> {
  const rows = z
    .array(StoredCredential)
    .parse(
      await ctx.db.call('list_credentials', { p_workspace_id: ctx.workspaceId, ...pageArguments(page) }),
    );
  const now = ctx.now();
  return pageFrom(
    rows.map((row) => presentCredential(row, now)),
    page,
    (credential) => credential.id,
  );
}
