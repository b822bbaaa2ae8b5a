import * as z from 'zod';
import type { CallContext } from '../context.ts';
import type { StepRunPosition } from './step-run-cursor.ts';
import { StepRun } from './step-run-schema.ts';
import { withRecovery } from './with-recovery.ts';

export interface StepRunPage {
  readonly items: StepRun[];
  /** Where the next page starts; null on the last one. */
  readonly next: StepRunPosition | null;
}

const Answer = z.object({
  more: z.boolean(),
  rows: z.array(StepRun.extend({ started_event: z.int() })),
});

/** Every row of an execution's ledger in the order in which they began. A page ends early when its bodies get large. */
export async function listStepRuns(
  ctx: CallContext,
  id: string,
  page: {
    readonly limit: number;
    readonly after: StepRunPosition | null;
    readonly step?: string | undefined;
  },
): Promise<StepRunPage> {
  const { more, rows } = Answer.parse(
    await ctx.db.call('get_step_runs', {
      p_workspace_id: ctx.workspaceId,
      p_id: id,
      p_limit: page.limit,
      p_after: page.after,
      p_step: page.step ?? null,
    }),
  );
  const last = rows.at(-1);
  return {
    items: rows.map(({ started_event: _, ...run }) => withRecovery(run)),
    next: more && last !== undefined ? [last.started_event, last.step, last.iteration, last.attempt] : null,
  };
}
