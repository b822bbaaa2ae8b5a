import * as z from 'zod';
import type { CallContext } from '../context.ts';
import type { ExecutionStatus } from '../execution/schema.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { AdminExecution } from './schema.ts';

/** Executions of all workspaces, newest first. */
export async function recentExecutions(
  { db }: Pick<CallContext, 'db'>,
  page: PageRequest,
  status?: ExecutionStatus,
): Promise<Page<AdminExecution>> {
  const rows = await db.call('admin_recent_executions', {
    ...pageArguments(page),
    p_status: status ?? null,
  });
  return pageFrom(z.array(AdminExecution).parse(rows), page, ({ id }) => id);
}
