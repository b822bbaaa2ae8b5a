import type { CallContext } from '../context.ts';
import { Execution } from './schema.ts';
import { withRecovery } from './with-recovery.ts';

export async function getExecution(ctx: CallContext, id: string): Promise<Execution> {
  const execution = Execution.parse(
    await ctx.db.call('get_execution', { p_workspace_id: ctx.workspaceId, p_id: id }),
  );
  return withRecovery({ ...execution, steps: execution.steps.map(withRecovery) });
}
