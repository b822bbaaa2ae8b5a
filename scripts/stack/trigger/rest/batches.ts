import { BatchItemNDJSON, CreateBatchRequestBody } from '@trigger.dev/core/v3';
import { Hono } from 'hono';
import { RequestError } from '../accept.ts';
import type { Batch } from '../batches.ts';
import { bodyOf, checked, REQUEST_KEY_HEADER } from './body.ts';
import type { RestContext } from './context.ts';

const ACCEPTED = 202;

/** `/api/v3/batches`, its items as NDJSON, and `GET /api/v2/batches/:id` */
export function batchRoutes({ batches, wake }: RestContext): Hono {
  const existing = (id: string): Batch => {
    const batch = batches.get(id);
    if (!batch) throw new RequestError('Batch not found', 404);
    return batch;
  };
  return new Hono()
    .post('/api/v3/batches', async (c) => {
      const body = await bodyOf(c, CreateBatchRequestBody);
      const { batch, isCached } = batches.create(body, c.req.header(REQUEST_KEY_HEADER));
      c.header('x-trigger-jwt-claims', JSON.stringify({ sub: 'env_embedded', pub: true }));
      return c.json(
        {
          id: batch.id,
          runCount: batch.run_count,
          isCached,
          idempotencyKey: batch.idempotency_key ?? undefined,
        },
        ACCEPTED,
      );
    })
    .post('/api/v3/batches/:batchId/items', async (c) => {
      const batch = existing(c.req.param('batchId'));
      const lines = (await c.req.text()).split('\n').filter((line) => line.trim() !== '');
      const items = lines.map((line) => checked(BatchItemNDJSON, parseLine(line)));
      const added = batches.add(batch, items);
      wake();
      return c.json({
        id: batch.id,
        itemsAccepted: added.accepted,
        itemsDeduplicated: added.deduplicated,
        sealed: added.sealed,
        ...(!added.sealed && { enqueuedCount: added.count, expectedCount: batch.run_count }),
      });
    })
    .get('/api/v2/batches/:batchId', (c) => {
      const batch = existing(c.req.param('batchId'));
      return c.json({
        id: batch.id,
        status: batches.status(batch),
        idempotencyKey: batch.idempotency_key ?? undefined,
        createdAt: new Date(batch.created_at).toISOString(),
        updatedAt: new Date(batch.updated_at).toISOString(),
        runCount: batch.run_count,
        runs: batches.items(batch).map(({ runId }) => runId),
        processing: { errors: [] },
      });
    });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new RequestError('Invalid JSON in the item stream');
  }
}
