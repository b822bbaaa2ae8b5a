import type { CallContext } from '../context.ts';

export async function deleteCredential(ctx: CallContext, serviceName: string): Promise<void> {
  await ctx.db.call('delete_credential', { p_workspace_id: ctx.workspaceId, p_service_name: serviceName });
}
