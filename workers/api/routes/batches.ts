import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { cancelBatch } from '../../../core/batch/cancel.ts';
import { createBatch } from '../../../core/batch/create.ts';
import { exportBatchItems } from '../../../core/batch/export-items.ts';
import { getBatch } from '../../../core/batch/get.ts';
import { listBatches } from '../../../core/batch/list.ts';
import { listBatchItems } from '../../../core/batch/list-items.ts';
import { redriveBatch } from '../../../core/batch/redrive.ts';
import { BATCH_TASK_ID, type BatchTaskPayload } from '../../../core/batch/schema.ts';
import { BATCH_QUEUE, batchTags, batchTriggerKey } from '../../../core/batch/task-trigger.ts';
import { ExecutionStatus } from '../../../core/execution/schema.ts';
import { decodeNumberCursor, encodeCursor } from '../../../core/page/cursor.ts';
import type { AppEnv } from '../app-env.ts';
import { batchBody, NDJSON } from '../http/batch-body.ts';
import { pageBody } from '../http/page-body.ts';
import { DEFAULT_LIMIT, Id, PageQuery, pageRequest, path, query } from '../http/params.ts';
import { textStream } from '../http/text-stream.ts';

export const BatchListQuery = PageQuery.extend({ connector_id: z.uuid().optional() });

const ItemCursor = z
  .string()
  .transform((text, issues) => {
    const index = decodeNumberCursor(text);
    if (index === null) issues.addIssue('is not a cursor of this list');
    return index;
  })
  .optional();
export const BatchItemsQuery = PageQuery.extend({ cursor: ItemCursor, status: ExecutionStatus.optional() });
export const BatchExportQuery = z.object({ cursor: ItemCursor });

/** Below a connector: what starts a batch of it. */
export const connectorBatchRoutes = new Hono<AppEnv>().post(
  '/:id/batches',
  path(Id),
  batchBody(),
  async (c) => {
    const { id } = c.req.valid('param');
    const accepted = await createBatch(c.var.call, id, c.req.valid('json'), c.var.ports.runtime);
    const { batch, workspaceId } = accepted;
    c.executionCtx.waitUntil(startTurn(c, workspaceId, { batchId: batch.id, turn: 0 }));
    c.header('Location', `/api/v1/batches/${batch.id}`);
    return c.json({ data: batch }, 202);
  },
);

export const batchRoutes = new Hono<AppEnv>()
  .get('/', query(BatchListQuery), async (c) => {
    const valid = c.req.valid('query');
    const filter = { connectorId: valid.connector_id };
    return c.json(pageBody(await listBatches(c.var.call, pageRequest(valid), filter)));
  })
  .get('/:id', path(Id), async (c) => {
    const batch = await getBatch(c.var.call, c.req.valid('param').id);
    return c.json({ data: batch });
  })
  .get('/:id/items', path(Id), query(BatchItemsQuery), async (c) => {
    const { limit = DEFAULT_LIMIT, cursor = null, status } = c.req.valid('query');
    const page = { limit, after: cursor, status };
    const { items, next } = await listBatchItems(c.var.call, c.req.valid('param').id, page);
    return c.json({ data: items, next_cursor: next === null ? null : encodeCursor(String(next)) });
  })
  .get('/:id/items.ndjson', path(Id), query(BatchExportQuery), async (c) => {
    const { cursor = null } = c.req.valid('query');
    const lines = await exportBatchItems(c.var.call, c.req.valid('param').id, cursor);
    return c.body(textStream(lines), 200, { 'content-type': NDJSON });
  })
  .post('/:id/cancel', path(Id), async (c) => {
    const batch = await cancelBatch(c.var.call, c.req.valid('param').id);
    return c.json({ data: batch });
  })
  .post('/:id/redrive', path(Id), async (c) => {
    const { batch, workspaceId, turn } = await redriveBatch(c.var.call, c.req.valid('param').id);
    if (batch.status === 'running')
      c.executionCtx.waitUntil(startTurn(c, workspaceId, { batchId: batch.id, turn }));
    return c.json({ data: batch }, 202);
  });

/** A trigger that fails leaves the batch as it is, for the sweeper to trigger again. */
async function startTurn(c: Context<AppEnv>, workspaceId: string, turn: BatchTaskPayload): Promise<void> {
  const { trigger, runtime } = c.var.ports;
  try {
    await trigger.trigger(BATCH_TASK_ID, turn, {
      idempotencyKey: batchTriggerKey(turn),
      queue: BATCH_QUEUE,
      tags: batchTags(turn.batchId, workspaceId),
    });
  } catch (error) {
    runtime.log('warn', 'trigger_failed', {
      requestId: c.var.requestId,
      batchId: turn.batchId,
      workspaceId,
      message: error instanceof Error ? error.message : 'unknown',
    });
  }
}
