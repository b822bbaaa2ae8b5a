import type { CallContext } from '../context.ts';
import { getCredential, readCredential } from './get.ts';
import type { CredentialTest } from './schema.ts';
import { requireSoundTest } from './test-request.ts';
import { type CredentialTestPayload, CredentialTestState, type TestCredential } from './test-schema.ts';

/** A warm task has its answer in some 100 ms; asking sooner only costs a round trip. */
const FIRST_DELAY_MS = 50;
const DELAY_GROWTH = 2;
const LONGEST_DELAY_MS = 1000;

export interface TestPorts {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  startTest(payload: CredentialTestPayload): Promise<unknown>;
}

/**
 * Has a task send one call with a credential, and waits up to `waitMs` for how it went. The call itself is never made
 * here: only tasks can hold an address to what was checked. `ok` is null when the wait was too short.
 */
export async function startCredentialTest(
  ctx: CallContext,
  serviceName: string,
  request: TestCredential,
  waitMs: number,
  ports: TestPorts,
): Promise<CredentialTestState> {
  const credential = await readCredential(ctx, serviceName, 'editor');
  requireSoundTest(credential, request, ctx.urlPolicy);
  const testId = ctx.newId();
  const { workspace_id: workspaceId, id: credentialId } = credential;
  await ports.startTest({ testId, workspaceId, credentialId, request });
  const result = await awaitResult({ ...ctx, workspaceId }, serviceName, testId, waitMs, ports);
  return CredentialTestState.parse({
    ...(result ?? { at: null, ok: null, status: null, error: null, duration_ms: null }),
    id: testId,
    service_name: serviceName,
  });
}

async function awaitResult(
  ctx: CallContext,
  serviceName: string,
  testId: string,
  waitMs: number,
  ports: TestPorts,
): Promise<CredentialTest | null> {
  const deadline = ports.now() + waitMs;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * DELAY_GROWTH, LONGEST_DELAY_MS)) {
    const left = deadline - ports.now();
    if (left <= 0) return null;
    await ports.sleep(Math.min(delay, left));
    const { last_test } = await getCredential({ ...ctx, now: ports.now }, serviceName);
    if (last_test?.id === testId) return last_test;
  }
}
