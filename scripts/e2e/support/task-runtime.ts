import type { Stack } from '../../stack/stack.ts';

/** One call of the task runtime's REST API, with the secret key. */
export async function taskRuntime(
  stack: Stack,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${stack.triggerUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${stack.triggerSecretKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

/** Runs a task as somebody with the secret key would. */
export const triggerTask = (stack: Stack, id: string, payload: unknown) =>
  taskRuntime(stack, 'POST', `/api/v1/tasks/${id}/trigger`, {
    payload: JSON.stringify(payload),
    options: {},
  });

/** Sweeps now rather than within the minute. */
export async function sweep(stack: Stack): Promise<void> {
  const now = new Date();
  await triggerTask(stack, 'execution-sweeper', {
    type: 'IMPERATIVE',
    timestamp: now,
    timezone: 'UTC',
    scheduleId: 'sched_test',
    upcoming: [],
  });
}
