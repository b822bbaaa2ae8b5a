import type { CallContext } from '../context.ts';
import { type Accepted, acceptedFrom } from './accepted.ts';
import type { ReplayExecution } from './rerun-schema.ts';
import { checkedRerun } from './rerun-source.ts';

/** A new execution of the same connector with the same input, or another one. However the first one ended. */
export async function replayExecution(
  ctx: CallContext,
  id: string,
  { version, input }: ReplayExecution,
): Promise<Accepted> {
  // The same input fits the same version: it was accepted for it.
  const asItWas = version === 'same' && input === undefined;
  const wanted = asItWas ? null : await checkedRerun(ctx, id, version, { input });
  return acceptedFrom(
    await ctx.db.call('replay_execution', {
      p_workspace_id: ctx.workspaceId,
      p_id: id,
      p_new_id: ctx.newId(),
      p_version: wanted?.version ?? null,
      p_input: wanted?.input ?? null,
    }),
  );
}
