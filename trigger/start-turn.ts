import { idempotencyKeys, tasks } from '@trigger.dev/sdk';
import { BATCH_TASK_ID } from '../core/batch/schema.ts';
import { batchTags, batchTriggerKey } from '../core/batch/task-trigger.ts';
import { TRIGGER_KEY_TTL } from '../core/execution/task-trigger.ts';
import type { connectorBatch } from './connector-batch.ts';

/**
 * Wants a run for this turn of a batch, now or when it is due. The same wish again starts no second one, while it is
 * remembered. When this fails, the sweeper finds the batch.
 */
export async function startTurn(
  batch: { id: string; workspaceId: string; turn: number },
  due?: Date,
): Promise<void> {
  const payload = { batchId: batch.id, turn: batch.turn };
  await tasks.trigger<typeof connectorBatch>(BATCH_TASK_ID, payload, {
    idempotencyKey: await idempotencyKeys.create(batchTriggerKey(payload), { scope: 'global' }),
    idempotencyKeyTTL: TRIGGER_KEY_TTL,
    tags: batchTags(batch.id, batch.workspaceId),
    ...(due !== undefined && due.getTime() > Date.now() ? { delay: due } : {}),
  });
}
