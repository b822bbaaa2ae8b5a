import type { Context } from 'hono';
import type { Accepted } from '../../../core/execution/accepted.ts';
import { type Execution, FINAL_STATUSES } from '../../../core/execution/schema.ts';
import { waitForExecution } from '../../../core/execution/wait.ts';
import type { AppEnv } from '../app-env.ts';
import { preferredWait } from '../http/prefer.ts';

/** Starts an execution that is stored, and answers: 202, or 200 with the result when the caller waits and it ends in time. */
export async function answerAccepted(c: Context<AppEnv>, accepted: Accepted) {
  // Not awaited, and not cut off when the caller hangs up: the execution is durable, and the answer need not wait.
  c.executionCtx.waitUntil(
    startExecution(c, accepted.workspaceId, { id: accepted.execution.id, fence: accepted.fence }),
  );

  const wait = preferredWait(c.req.header('prefer'));
  const execution = wait === null ? accepted.execution : await ended(c, accepted, wait);
  if (wait !== null) c.header('Preference-Applied', `wait=${wait}`);
  c.header('Location', `/api/v1/executions/${execution.id}`);
  return c.json({ data: execution }, FINAL_STATUSES.has(execution.status) ? 200 : 202);
}

/** A trigger that fails leaves the execution queued, for the sweeper to trigger again. */
export async function startExecution(
  c: Context<AppEnv>,
  workspaceId: string,
  { id, fence }: { readonly id: string; readonly fence: number },
): Promise<void> {
  const { trigger, runtime } = c.var.ports;
  try {
    await trigger.startExecution({ id, workspaceId, fence });
  } catch (error) {
    runtime.log('warn', 'trigger_failed', {
      requestId: c.var.requestId,
      executionId: id,
      workspaceId,
      message: error instanceof Error ? error.message : 'unknown',
    });
  }
}

async function ended(c: Context<AppEnv>, accepted: Accepted, seconds: number): Promise<Execution> {
  const call = { ...c.var.call, workspaceId: accepted.workspaceId };
  try {
    return await waitForExecution(call, accepted.execution, seconds * 1000, c.var.ports.runtime);
  } catch {
    // The execution is accepted whatever becomes of the wait; a failure here would invite a second one.
    return accepted.execution;
  }
}
