import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { MAX_REDRIVEN, type RedriveExecutions, RedriveResult } from './rerun-schema.ts';

const Row = z.object({
  workspace_id: z.uuid(),
  newest: z.array(z.object({ id: z.uuid(), fence: z.int() })),
});

export interface RedrivenExecutions {
  readonly result: RedriveResult;
  readonly workspaceId: string;
  /** The newest of them. They may be triggered at once; the sweeper triggers whichever is not. */
  readonly newest: readonly { readonly id: string; readonly fence: number }[];
}

/**
 * Redrives up to 1,000 executions that match, newest first. Those that somebody dismissed are left alone unless they are
 * named; with the newest version, those whose input was checked against another schema are skipped.
 */
export async function redriveExecutions(
  ctx: CallContext,
  { filter, version }: RedriveExecutions,
): Promise<RedrivenExecutions> {
  const answer = await ctx.db.call('redrive_executions', {
    p_workspace_id: ctx.workspaceId,
    p_filter: filter,
    p_newest: version === 'newest',
    p_limit: MAX_REDRIVEN,
  });
  const { workspace_id: workspaceId, newest } = Row.parse(answer);
  return { result: RedriveResult.parse(answer), workspaceId, newest };
}
