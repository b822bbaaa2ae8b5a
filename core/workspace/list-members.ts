import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { Member } from './schema.ts';

export async function listMembers(ctx: CallContext, page: PageRequest): Promise<Page<Member>> {
  const rows = await ctx.db.call('list_members', { p_workspace_id: ctx.workspaceId, ...pageArguments(page) });
  return pageFrom(z.array(Member).parse(rows), page, (member) => member.user_id);
}
