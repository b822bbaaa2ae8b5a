import { expect, test } from 'vitest';
import { DEFAULT_RETRY, nextRetryMs } from '../retry-policy.ts';
import { circuitOpenFailure, statusFailure } from '../step-failure.ts';
import { createGuard } from './guard.ts';
import { memoryStore } from './memory-store.ts';

const EXECUTIONS = 500;
const PROCESSES = 50;
const STARTS_OVER_MS = 10_000;
const CALL_MS = 100;
/** What the budget for retries holds at first, and gets back each second. */
const BUDGET = 60;

/**
 * 500 executions of one workspace call a host that answers 503, from 50 processes, with the default policy, in virtual
 * time. `spread`: each with a credential of its own, so that no circuit ever opens. Counts the calls that reach the host.
 */
async function callDeadHost(spread: boolean): Promise<{ calls: number; seconds: number }> {
  let now = 0;
  const clock = { now: () => now };
  const store = memoryStore(clock);
  const guards = Array.from({ length: PROCESSES }, () => createGuard(store, clock));
  const agenda: { at: number; run: () => Promise<void> }[] = [];
  const later = (ms: number, run: () => Promise<void>) => agenda.push({ at: now + ms, run });
  let calls = 0;

  for (let n = 0; n < EXECUTIONS; n += 1) {
    const guard = guards[n % PROCESSES] ?? createGuard(store, clock);
    const startsAt = (n * STARTS_OVER_MS) / EXECUTIONS;
    const call = { workspaceId: 'w', credentialId: spread ? `c${n}` : null, host: 'dead.test', limits: [] };
    let failures = 0;
    const failed = async (failure: ReturnType<typeof circuitOpenFailure>) => {
      failures += 1;
      const at = { failure, repeatable: true, failures, elapsedMs: now - startsAt };
      const waitMs = nextRetryMs(DEFAULT_RETRY, at, () => 0.5);
      if (waitMs !== undefined && (await guard.mayRetry(call))) later(waitMs, attempt);
    };
    const attempt = async () => {
      const admission = await guard.admit(call);
      if (!admission.admitted) return failed(circuitOpenFailure(admission.retryAfterMs));
      calls += 1;
      later(CALL_MS, async () => {
        await guard.report(call, 'failed');
        const failure = statusFailure(503, undefined);
        if (failure) await failed(failure);
      });
    };
    later(startsAt, attempt);
  }
  for (let next = agenda.shift(); next; next = agenda.sort((a, b) => a.at - b.at).shift()) {
    now = next.at;
    await next.run();
  }
  return { calls, seconds: now / 1000 };
}

test('500 executions against a dead host retry no more than the budget allows, where no circuit opens', async () => {
  const { calls, seconds } = await callDeadHost(true);
  expect(calls).toBeGreaterThan(EXECUTIONS);
  // Without it there would be three calls each.
  expect(calls).toBeLessThanOrEqual(EXECUTIONS + BUDGET + Math.ceil(seconds));
});

test('500 executions of one credential are stopped by its circuit after a few calls', async () => {
  const { calls } = await callDeadHost(false);
  // The failures that open it, what was under way meanwhile, what processes let through that had not heard of it, and probes.
  expect(calls).toBeLessThan(20 + PROCESSES + 30);
});
