import { type Context, Hono } from 'hono';
import { type Accepted, acceptExecution } from '../../../core/execution/accept.ts';
import { ExecuteConnector, type Execution, FINAL_STATUSES } from '../../../core/execution/schema.ts';
import { waitForExecution } from '../../../core/execution/wait.ts';
import type { AppEnv } from '../app-env.ts';
import { jsonBody } from '../http/json-body.ts';
import { Id, path } from '../http/params.ts';
import { preferredWait } from '../http/prefer.ts';

export const executeRoutes = new Hono<AppEnv>().post(
  '/:id/execute',
  path(Id),
  jsonBody(ExecuteConnector),
  async (c) => {
    const accepted = await acceptExecution(c.var.call, c.req.valid('param').id, c.req.valid('json'));
    // Not awaited, and not cut off when the caller hangs up: the execution is durable, and the answer need not wait.
    c.executionCtx.waitUntil(start(c, accepted));

    const wait = preferredWait(c.req.header('prefer'));
    const execution = wait === null ? accepted.execution : await ended(c, accepted, wait);
    if (wait !== null) c.header('Preference-Applied', `wait=${wait}`);
    c.header('Location', `/api/v1/executions/${execution.id}`);
    return c.json({ data: execution }, FINAL_STATUSES.has(execution.status) ? 200 : 202);
  },
);

/** A trigger that fails leaves the execution queued, for the sweeper to trigger again. */
async function start(c: Context<AppEnv>, { execution, workspaceId }: Accepted): Promise<void> {
  const { trigger, runtime } = c.var.ports;
  try {
    await trigger.startExecution({ id: execution.id, workspaceId });
  } catch (error) {
    runtime.log('warn', 'trigger_failed', {
      requestId: c.var.requestId,
      executionId: execution.id,
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
