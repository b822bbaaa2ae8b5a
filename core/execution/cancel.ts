import type { CallContext } from '../context.ts';
import { Execution } from './schema.ts';
import { withRecovery } from './with-recovery.ts';

/** Ends a queued execution; asks a running one to end, which its task sees when it next renews its lease. */
export async function cancelExecution(ctx: CallContext, id: string): Promise<Execution> {
  const execution = Execution.parse(
    await ctx.db.call('cancel_execution', { p_workspace_id: ctx.workspaceId, p_id: id }),
  );
  return withRecovery({ ...execution, steps: execution.steps.map(withRecovery) });
}
