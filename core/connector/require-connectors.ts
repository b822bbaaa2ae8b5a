import type { CallContext } from '../context.ts';
import { DatabaseProblem } from '../db/db.ts';
import { missingAt } from './missing-at.ts';

/** @throws Problem unknown_connector (422) at each place that calls a connector which the workspace has not */
export async function requireConnectors(
  ctx: CallContext,
  pointers: ReadonlyMap<string, string[]>,
): Promise<void> {
  if (pointers.size === 0) return;
  try {
    await ctx.db.call('require_connectors', { p_workspace_id: ctx.workspaceId, p_ids: [...pointers.keys()] });
  } catch (error) {
    if (!(error instanceof DatabaseProblem) || error.code !== 'unknown_connector') throw error;
    throw missingAt(error, pointers, () => 'there is no such connector in this workspace');
  }
}
