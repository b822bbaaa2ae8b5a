import { EXECUTION_TASK_ID } from './schema.ts';

/** The queue whose concurrency key is the workspace, so that one workspace cannot hold up the others. */
export const EXECUTION_QUEUE = EXECUTION_TASK_ID;

/**
 * How long a wish is remembered. A task run that ended without running its execution (cancelled by hand, or because
 * another run held the lease and then died) must not stand in the way of the sweeper for the 30 days of the default.
 */
export const TRIGGER_KEY_TTL = '10m';

/**
 * Names one wish to run an execution; the same wish sent twice starts one task run. `fence` is how often the execution
 * has been claimed, so that a sweep after a claim is not taken for the trigger before it.
 */
export function executionTriggerKey(executionId: string, fence: number): string {
  return `execution:${executionId}:${fence}`;
}

/** By which runs are found in Trigger.dev's dashboard. */
export function executionTags(executionId: string, workspaceId: string): string[] {
  return [`execution:${executionId}`, `workspace:${workspaceId}`];
}

/**
 * An idempotency key as Trigger.dev's REST API takes it: SHA-256 in hex of the key parts joined by "-". A globally
 * scoped key of one part hashes to the same value in the SDK (`idempotencyKeys.create(key, { scope: "global" })`).
 */
export async function hashTriggerKey(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
