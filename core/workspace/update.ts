import type { CallContext } from '../context.ts';
import { type UpdateWorkspace, Workspace } from './schema.ts';

/** Needs the role admin. What is not named stays. `expectedRevision` null overwrites whatever is there. */
export async function updateWorkspace(
  ctx: CallContext,
  input: UpdateWorkspace,
  expectedRevision: number | null,
): Promise<Workspace> {
  return Workspace.parse(
    await ctx.db.call('update_workspace', {
      p_workspace_id: ctx.workspaceId,
      p_changes: input,
      p_expected_revision: expectedRevision,
    }),
  );
}
