import type { CallContext } from '../context.ts';

/** Its executions stay readable. */
export async function deleteConnector(
  ctx: CallContext,
  id: string,
  expectedRevision: number | null = null,
): Promise<void> {
  await ctx.db.call('delete_connector', {
    p_workspace_id: ctx.workspaceId,
    p_id: id,
    p_expected_revision: expectedRevision,
  });
}
