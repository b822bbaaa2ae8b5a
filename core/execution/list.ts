import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { type ExecutionStatus, ExecutionSummary } from './schema.ts';

export interface ExecutionFilter {
  readonly connectorId?: string | undefined;
  readonly status?: ExecutionStatus | undefined;
}

/** Newest first, without inputs, outputs and steps. A deleted connector's executions stay readable. */
export async function listExecutions(
  ctx: CallContext,
  page: PageRequest,
  filter: ExecutionFilter,
): Promise<Page<ExecutionSummary>> {
  const rows = await ctx.db.call('list_executions', {
    p_workspace_id: ctx.workspaceId,
    ...pageArguments(page),
    p_connector_id: filter.connectorId ?? null,
    p_status: filter.status ?? null,
  });
  return pageFrom(z.array(ExecutionSummary).parse(rows), page, (execution) => execution.id);
}
