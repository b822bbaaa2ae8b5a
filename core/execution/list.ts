import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { type ErrorClass, type ExecutionStatus, ExecutionSummary, type ExecutionTrigger } from './schema.ts';
import { withRecovery } from './with-recovery.ts';

export interface ExecutionFilter {
  readonly connectorId?: string | undefined;
  readonly status?: ExecutionStatus | undefined;
  readonly trigger?: ExecutionTrigger['type'] | undefined;
  readonly batchId?: string | undefined;
  readonly parentId?: string | undefined;
  readonly replayOf?: string | undefined;
  readonly errorClass?: ErrorClass | undefined;
  /** ISO 8601; from there on. */
  readonly createdAfter?: string | undefined;
  /** ISO 8601; up to there. */
  readonly createdBefore?: string | undefined;
}

/**
 * Newest first, without inputs, outputs and steps. A deleted connector's executions stay readable. Test runs are shown
 * only to who asks for them by their trigger.
 */
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
    p_trigger_type: filter.trigger ?? null,
    p_batch_id: filter.batchId ?? null,
    p_parent_id: filter.parentId ?? null,
    p_replay_of: filter.replayOf ?? null,
    p_error_class: filter.errorClass ?? null,
    p_created_after: filter.createdAfter ?? null,
    p_created_before: filter.createdBefore ?? null,
  });
  return pageFrom(z.array(ExecutionSummary).parse(rows).map(withRecovery), page, (execution) => execution.id);
}
