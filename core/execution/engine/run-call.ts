import type { RequestStep } from '../../connector/request-step.ts';
import type { StepOutcome } from '../schema.ts';
import { attemptCall, SAFE_METHODS } from './attempt.ts';
import { nextAttempt } from './past.ts';
import type { PlannedStep } from './plan.ts';
import { type CallOptions, isCall } from './planned-call.ts';
import { DEFAULT_RETRY, nextRetryMs, withPolicy } from './retry-policy.ts';
import { commitAttempt, learnDeclaredSecrets, pastOf, type Run, type Scope } from './run.ts';
import { RunStopped } from './run-control.ts';
import { endsExecution, failStep, succeedStep } from './settle.ts';
import type { StepFailure } from './step-failure.ts';

const NO_ANSWER = { status: null, matches: false };

/**
 * Makes one call: attempts with backoff. Every attempt stands in the ledger before its call and is completed after it;
 * the last one carries the outcome with which a resumed execution goes on.
 */
export async function runCall(
  run: Run,
  planned: PlannedStep,
  scope: Scope,
  options: CallOptions = {},
): Promise<StepOutcome> {
  if (!isCall(planned)) throw new TypeError('a call without a request');
  const { name, retry = DEFAULT_RETRY } = planned.step;
  const past = pastOf(run, planned, scope);
  const repeatable = mayRepeat(planned.step);
  let attempt = nextAttempt(past);
  let failures = past.attempts.filter((entry) => entry.status === 'failed').length;
  const last = past.attempts.at(-1);
  if (last?.status === 'interrupted' && !repeatable) {
    return failStep(run, planned, scope, { attempt, failure: OUTCOME_UNKNOWN });
  }
  if (last?.resume_at) await run.pauses.until(Date.parse(last.resume_at), name);
  const firstAt = past.attempts[0] ? Date.parse(past.attempts[0].started_at) : run.deps.clock.now();
  for (;;) {
    const tried = await attemptCall(run, planned, scope, attempt, options);
    const { seen } = tried;
    if (tried.ok) {
      const { outcome } = tried;
      learnDeclaredSecrets(run, planned, scope, { output: outcome.output });
      return options.page
        ? keepPage(run, planned, scope, { ...seen, attempt, outcome })
        : succeedStep(run, planned, scope, { ...seen, attempt, outcome });
    }
    // An answer was judged with the step's policy already.
    const failure = seen.response ? tried.failure : withPolicy(tried.failure, retry, NO_ANSWER);
    const stopped = run.control.reason();
    // Another run goes on with this step. What came of a call that its own process broke off is not known.
    if (stopped === 'lease_lost' || (stopped === 'interrupted' && !seen.response)) throw new RunStopped(name);
    failures += 1;
    const elapsedMs = run.deps.clock.now() - firstAt;
    const wait = nextRetryMs(retry, { failure, repeatable, failures, elapsedMs }, run.deps.random);
    const again = wait !== undefined && !endsExecution(stopped) && (await mayRetry(run, tried.call));
    if (!again) return failStep(run, planned, scope, { ...seen, attempt, failure });
    const resumeAt = run.deps.clock.now() + wait;
    await commitAttempt(run, planned, scope, { ...seen, attempt, status: 'failed', failure, resumeAt });
    run.deps.log('warn', 'step failed, trying again', {
      executionId: run.claim.execution_id,
      step: name,
      attempt,
      code: failure.code,
      waitMs: wait,
    });
    await run.pauses.until(resumeAt, name);
    attempt += 1;
  }
}

/** Of a request that never got as far as a host, nothing is spent. */
async function mayRetry(
  run: Run,
  call: Parameters<Run['deps']['guard']['mayRetry']>[0] | undefined,
): Promise<boolean> {
  return call === undefined || run.deps.guard.mayRetry(call);
}

/** A page stands for itself; what the step asserts is said of all pages. */
async function keepPage(
  run: Run,
  planned: PlannedStep,
  scope: Scope,
  end: Parameters<typeof succeedStep>[3],
): Promise<StepOutcome> {
  const { outcome, ...seen } = end;
  await commitAttempt(run, planned, scope, { ...seen, status: 'succeeded', committed: outcome });
  return outcome;
}

/** Whether a request that may have arrived may be sent again. */
function mayRepeat(step: RequestStep): boolean {
  return SAFE_METHODS.has(step.request.method) || step.idempotency_key || (step.retry?.max_attempts ?? 1) > 1;
}

/** A write whose process died in the middle is not sent again unless its author allows it: it may have been done. */
const OUTCOME_UNKNOWN: StepFailure = {
  class: 'internal',
  code: 'outcome_unknown',
  message:
    'The process that made this call died before the answer was written down, so nobody knows whether the call took ' +
    'effect. Give the step a retry or an idempotency_key to let it be sent again.',
  transient: false,
  mayHaveActed: true,
};
