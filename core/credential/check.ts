import { expiryAt } from './expiry.ts';
import type { CredentialContext } from './present.ts';
import { CredentialCheck, StoredCredentialCheck } from './schema.ts';

/** Whether a credential is stored for a service; never its value. */
export async function checkCredential(ctx: CredentialContext, serviceName: string): Promise<CredentialCheck> {
  const stored = StoredCredentialCheck.parse(
    await ctx.db.call('check_credential', { p_workspace_id: ctx.workspaceId, p_service_name: serviceName }),
  );
  return CredentialCheck.parse({ ...stored, expiry: expiryAt(stored.expires_at, ctx.now()) });
}
