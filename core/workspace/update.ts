import type { CallContext } from '../context.ts';
import { type UpdateWorkspace, Workspace } from './schema.ts';

/** Needs the role admin. `expectedRevision` null overwrites whatever is there. */
export async function updateWorkspace(
  ctx: CallContext,
  input: UpdateWorkspace,
  expectedRevision: number | null,
): Promise<Workspace> {
  return Workspace.parse(
    await ctx.db.call('update_workspace', {
      p_workspace_id: ctx.workspaceId,
      p_name: input.name,
      p_expected_revision: expectedRevision,
    }),
  );
}
