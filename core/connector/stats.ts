import type { CallContext } from '../context.ts';
import { ConnectorStats } from './schema.ts';

export async function connectorStats(ctx: CallContext, id: string): Promise<ConnectorStats> {
  return ConnectorStats.parse(
    await ctx.db.call('connector_stats', { p_workspace_id: ctx.workspaceId, p_connector_id: id }),
  );
}
