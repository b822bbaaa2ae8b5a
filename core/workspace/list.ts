import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { WorkspaceSummary } from './schema.ts';

/** The workspaces in which the caller is a member, newest first; for an API key the one that it opens. */
export async function listWorkspaces(ctx: CallContext, page: PageRequest): Promise<Page<WorkspaceSummary>> {
  const rows = z.array(WorkspaceSummary).parse(await ctx.db.call('list_workspaces', pageArguments(page)));
  return pageFrom(rows, page, (workspace) => workspace.id);
}
