import type { CallContext } from '../context.ts';
import type { Role } from '../workspace/schema.ts';
import { type CredentialContext, presentCredential } from './present.ts';
import { CredentialDetail, StoredCredentialDetail } from './schema.ts';

/** A credential's metadata and the connectors that use it. */
export async function getCredential(ctx: CredentialContext, serviceName: string): Promise<CredentialDetail> {
  const stored = await readCredential(ctx, serviceName, 'viewer');
  return CredentialDetail.parse({ ...presentCredential(stored, ctx.now()), used_by: stored.used_by });
}

/** As it is stored. `atLeast` is the role that the caller needs for what comes after. */
export async function readCredential(
  ctx: CallContext,
  serviceName: string,
  atLeast: Role,
): Promise<StoredCredentialDetail> {
  return StoredCredentialDetail.parse(
    await ctx.db.call('get_credential', {
      p_workspace_id: ctx.workspaceId,
      p_service_name: serviceName,
      p_at_least: atLeast,
    }),
  );
}
