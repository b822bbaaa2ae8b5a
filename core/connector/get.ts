import type { CallContext } from '../context.ts';
import type { Role } from '../workspace/schema.ts';
import type { Connector } from './schema.ts';
import { StoredConnector } from './stored.ts';

/** `atLeast` is the role that the caller needs for what comes after; reading needs none beyond viewer. */
export async function getConnector(
  ctx: CallContext,
  id: string,
  atLeast: Role = 'viewer',
): Promise<Connector> {
  return StoredConnector.parse(
    await ctx.db.call('get_connector', {
      p_workspace_id: ctx.workspaceId,
      p_connector_id: id,
      p_at_least: atLeast,
    }),
  );
}
