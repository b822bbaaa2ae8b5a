import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { rangeArguments, type TimeRange } from './range.ts';
import { WorkspaceUsage } from './schema.ts';

/** All workspaces, newest first, with what they used in the range. */
export async function listWorkspaceUsage(
  { db }: Pick<CallContext, 'db'>,
  range: TimeRange,
  page: PageRequest,
): Promise<Page<WorkspaceUsage>> {
  const rows = await db.call('admin_workspaces', { ...rangeArguments(range), ...pageArguments(page) });
  return pageFrom(z.array(WorkspaceUsage).parse(rows), page, ({ id }) => id);
}
