import * as z from 'zod';
import type { Sealer } from '../crypto/seal.ts';
import { resolveWorkspace } from '../workspace/resolve.ts';
import { requireBaseUrl } from './base-url.ts';
import { requireHosts } from './hosts.ts';
import { type CredentialContext, presentCredential } from './present.ts';
import { type Credential, type StoreCredential, StoredCredential } from './schema.ts';
import { sealFields } from './seal-fields.ts';

const Written = z.object({ replaced: z.boolean(), credential: StoredCredential });

/**
 * Seals the fields and stores them for a service, in place of what was stored before. The plaintext goes no further
 * than this function.
 */
export async function storeCredential(
  ctx: CredentialContext & { readonly sealer: Sealer },
  input: StoreCredential,
): Promise<{ replaced: boolean; credential: Credential }> {
  const allowedHosts = requireHosts(input.allowed_hosts);
  const baseUrl = input.base_url == null ? null : requireBaseUrl(input.base_url, allowedHosts);
  const workspaceId = await resolveWorkspace(ctx, 'editor');
  const id = ctx.newId();
  const owner = { workspaceId, serviceName: input.service_name, credentialId: id };
  const { replaced, credential } = Written.parse(
    await ctx.db.call('store_credential', {
      p_workspace_id: workspaceId,
      p_credential: {
        id,
        service_name: input.service_name,
        type: input.type,
        placement: input.type === 'api_key' ? input.placement : null,
        allowed_hosts: allowedHosts,
        base_url: baseUrl,
        rate_limit: input.rate_limit ?? null,
        expires_at: input.expires_at ?? null,
        ...(await sealFields(ctx.sealer, input.fields, owner)),
      },
    }),
  );
  return { replaced, credential: presentCredential(credential, ctx.now()) };
}
