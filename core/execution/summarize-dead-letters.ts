import type { CallContext } from '../context.ts';
import { DeadLetterSummary } from './dead-letter-schema.ts';

/** The dead letters by connector, class and code, the most frequent first. */
export async function summarizeDeadLetters(ctx: CallContext): Promise<DeadLetterSummary> {
  return DeadLetterSummary.parse(
    await ctx.db.call('dead_letter_summary', { p_workspace_id: ctx.workspaceId }),
  );
}
