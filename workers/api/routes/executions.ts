import { Hono } from 'hono';
import * as z from 'zod';
import { Instant } from '../../../core/admin/range.ts';
import { StepName } from '../../../core/connector/schema.ts';
import { cancelExecution } from '../../../core/execution/cancel.ts';
import { getExecution } from '../../../core/execution/get.ts';
import { type ExecutionFilter, listExecutions } from '../../../core/execution/list.ts';
import { listStepRuns } from '../../../core/execution/list-step-runs.ts';
import { ErrorClass, ExecutionStatus, ExecutionTrigger } from '../../../core/execution/schema.ts';
import { decodeStepRunCursor, encodeStepRunCursor } from '../../../core/execution/step-run-cursor.ts';
import type { AppEnv } from '../app-env.ts';
import { pageBody } from '../http/page-body.ts';
import { DEFAULT_LIMIT, Id, PageQuery, pageRequest, path, query } from '../http/params.ts';

export const ExecutionQuery = PageQuery.extend({
  status: ExecutionStatus.optional(),
  connector_id: z.uuid().optional(),
  trigger: ExecutionTrigger.shape.type.optional(),
  batch_id: z.uuid().optional(),
  parent_execution_id: z.uuid().optional(),
  replay_of: z.uuid().optional(),
  error_class: ErrorClass.optional(),
  created_after: Instant.optional(),
  created_before: Instant.optional(),
});

export const StepRunQuery = PageQuery.extend({
  step: StepName.optional(),
  cursor: z
    .string()
    .transform((text, issues) => {
      const position = decodeStepRunCursor(text);
      if (position === null) issues.addIssue('is not a cursor of this list');
      return position;
    })
    .optional(),
});

type Valid = Omit<z.output<typeof ExecutionQuery>, 'limit' | 'cursor' | 'connector_id'>;

/** What a query asks for, besides its connector. */
export function executionFilter(valid: Valid): ExecutionFilter {
  return {
    status: valid.status,
    trigger: valid.trigger,
    batchId: valid.batch_id,
    parentId: valid.parent_execution_id,
    replayOf: valid.replay_of,
    errorClass: valid.error_class,
    createdAfter: valid.created_after,
    createdBefore: valid.created_before,
  };
}

export const executionRoutes = new Hono<AppEnv>()
  .get('/', query(ExecutionQuery), async (c) => {
    const valid = c.req.valid('query');
    const filter = { ...executionFilter(valid), connectorId: valid.connector_id };
    return c.json(pageBody(await listExecutions(c.var.call, pageRequest(valid), filter)));
  })
  .get('/:id', path(Id), async (c) => {
    const execution = await getExecution(c.var.call, c.req.valid('param').id);
    return c.json({ data: execution });
  })
  .get('/:id/step-runs', path(Id), query(StepRunQuery), async (c) => {
    const { limit = DEFAULT_LIMIT, cursor, step } = c.req.valid('query');
    const { items, next } = await listStepRuns(c.var.call, c.req.valid('param').id, {
      limit,
      after: cursor ?? null,
      step,
    });
    return c.json({ data: items, next_cursor: next === null ? null : encodeStepRunCursor(next) });
  })
  .post('/:id/cancel', path(Id), async (c) => {
    const execution = await cancelExecution(c.var.call, c.req.valid('param').id);
    return c.json({ data: execution });
  });
