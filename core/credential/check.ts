import type { CallContext } from '../context.ts';
import { CredentialCheck } from './schema.ts';

/** Whether a credential is stored for a service; never its value. */
export async function checkCredential(ctx: CallContext, serviceName: string): Promise<CredentialCheck> {
  return CredentialCheck.parse(
    await ctx.db.call('check_credential', { p_workspace_id: ctx.workspaceId, p_service_name: serviceName }),
  );
}
