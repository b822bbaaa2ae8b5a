import type { CallContext } from '../context.ts';
import { DeadLetter } from './dead-letter-schema.ts';
import { withRecovery } from './with-recovery.ts';

/** Takes a dead letter off the list, or puts it back. Either may be said twice. */
export async function dismissDeadLetter(
  ctx: CallContext,
  id: string,
  dismissed: boolean,
): Promise<DeadLetter> {
  const row = await ctx.db.call('dismiss_dead_letter', {
    p_workspace_id: ctx.workspaceId,
    p_id: id,
    p_dismissed: dismissed,
  });
  return withRecovery(DeadLetter.parse(row));
}
