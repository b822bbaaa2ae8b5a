import { schemaTask } from '@trigger.dev/sdk';
import { EXECUTION_TASK_ID, ExecutionTaskPayload } from '../core/execution/schema.ts';
import { EXECUTION_QUEUE } from '../core/execution/task-trigger.ts';
import { processEngine } from './engine.ts';
import { goOnLater } from './start-execution.ts';

/** A workspace's executions that run at the same time: the queue is kept per concurrency key, the workspace's id. */
const EXECUTIONS_PER_WORKSPACE = 10;
const MAX_DURATION_SECONDS = 300;

/**
 * Runs one execution, from where an earlier attempt left off. Its payload is the id alone. An execution that fails is
 * no failure of the task: it is retried only when the process or the database broke.
 */
export const connectorExecution = schemaTask({
  id: EXECUTION_TASK_ID,
  schema: ExecutionTaskPayload,
  queue: { name: EXECUTION_QUEUE, concurrencyLimit: EXECUTIONS_PER_WORKSPACE },
  maxDuration: MAX_DURATION_SECONDS,
  retry: { maxAttempts: 3, factor: 2, minTimeoutInMs: 1_000, maxTimeoutInMs: 30_000, randomize: true },
  run: async ({ executionId }, { ctx, signal = new AbortController().signal }) => {
    const outcome = await processEngine().run({ executionId, owner: ctx.run.id, signal });
    await goOnLater(outcome);
    return outcome;
  },
});
