import type { CallContext } from '../context.ts';
import { type Accepted, acceptedFrom } from './accepted.ts';
import type { RedriveExecution } from './rerun-schema.ts';
import { checkedRerun } from './rerun-source.ts';

/**
 * Lets a failed, timed out or cancelled execution go on from where it failed: what has been committed stays and is never
 * run again. Of two calls at once one wins, the other is 409. Like one that was just accepted, it is durable from here on.
 * Its next end is counted in the figures like its first.
 */
export async function redriveExecution(
  ctx: CallContext,
  id: string,
  { version }: RedriveExecution,
): Promise<Accepted> {
  const wanted = version === 'newest' ? await checkedRerun(ctx, id, version, { asItIs: true }) : null;
  return acceptedFrom(
    await ctx.db.call('redrive_execution', {
      p_workspace_id: ctx.workspaceId,
      p_id: id,
      p_version: wanted?.version ?? null,
    }),
  );
}
