import { idempotencyKeys, tasks } from '@trigger.dev/sdk';
import type { RunOutcome } from '../core/execution/engine/run-outcome.ts';
import { EXECUTION_TASK_ID } from '../core/execution/schema.ts';
import { executionTags, executionTriggerKey, TRIGGER_KEY_TTL } from '../core/execution/task-trigger.ts';
import type { connectorExecution } from './connector-execution.ts';

/** Starts a task run for an execution, now or later. The same wish, until the execution is claimed, is one run. */
export async function startExecution(
  execution: { id: string; workspaceId: string; fence: number },
  at?: Date,
): Promise<void> {
  const { id, workspaceId, fence } = execution;
  await tasks.trigger<typeof connectorExecution>(
    EXECUTION_TASK_ID,
    { executionId: id },
    {
      idempotencyKey: await idempotencyKeys.create(executionTriggerKey(id, fence), { scope: 'global' }),
      idempotencyKeyTTL: TRIGGER_KEY_TTL,
      concurrencyKey: workspaceId,
      tags: executionTags(id, workspaceId),
      ...(at === undefined ? {} : { delay: at }),
    },
  );
}

/** An execution that was parked goes on in a run of its own. When this fails, the sweeper finds it. */
export async function goOnLater(outcome: RunOutcome): Promise<void> {
  if (outcome.outcome !== 'waiting') return;
  const { executionId: id, workspaceId, fence, resumeAt } = outcome;
  await startExecution({ id, workspaceId, fence }, new Date(resumeAt));
}
