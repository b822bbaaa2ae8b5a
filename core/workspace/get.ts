import type { CallContext } from '../context.ts';
import { Problem } from '../problem/problem.ts';
import { readMe } from './me.ts';
import type { Workspace } from './schema.ts';

/** One of the caller's workspaces; another's answers like a missing one. */
export async function getWorkspace(
  ctx: CallContext,
  actor: { userId: string; email: string | null },
  id: string,
): Promise<Workspace> {
  const { workspaces } = await readMe(ctx.db, actor);
  const found = workspaces.find((workspace) => workspace.id === id.toLowerCase());
  if (found === undefined) throw new Problem('workspace_not_found', 'No such workspace.');
  return found;
}
