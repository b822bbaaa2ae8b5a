import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { Workspace } from './schema.ts';

/** The workspaces in which the caller is a member, newest first. */
export async function listWorkspaces(ctx: CallContext, page: PageRequest): Promise<Page<Workspace>> {
  const rows = z.array(Workspace).parse(await ctx.db.call('list_workspaces', pageArguments(page)));
  return pageFrom(rows, page, (workspace) => workspace.id);
}
