import type { StepRetry } from '../../connector/schema.ts';
import { TemplateError } from '../../expression/parse.ts';
import type { StepOutcome } from '../schema.ts';
import { attemptStep, SAFE_METHODS } from './attempt.ts';
import { fullJitterMs } from './backoff.ts';
import type { PlannedStep } from './plan.ts';
import { commitAttempt, type Run, type Seen, shownError } from './run.ts';
import type { StopReason } from './run-control.ts';
import { type StepFailure, templateFailure } from './step-failure.ts';

/** For a step that says nothing about retries; unsafe methods are then sent once. */
const DEFAULT_RETRY: StepRetry = { max_attempts: 3, base_ms: 500, max_ms: 30_000 };

/**
 * Runs one step to its end: condition, then attempts with backoff. Every attempt stands in the ledger before its call
 * and is completed after it; the last one carries the outcome with which a resumed execution goes on.
 *
 * Answers null for a step that was skipped, or that had to stop because the execution does.
 */
export async function runStep(run: Run, planned: PlannedStep): Promise<StepOutcome | null> {
  const { step, index } = planned;
  const past = run.claim.steps.filter((entry) => entry.step_index === index);
  let attempt = Math.max(0, ...past.map((entry) => entry.attempt));
  let failures = past.filter((entry) => entry.status === 'failed').length;
  // A step that was started has met its condition, which need not say the same again ($now(), $random()).
  if (step.condition !== undefined && past.length === 0) {
    const met = await evaluateCondition(run, step.condition);
    if (met === false) {
      await commitAttempt(run, planned, { attempt: 0, status: 'skipped', committed: null });
      return null;
    }
    if (met !== true) return fail(run, planned, 1, met, {});
  }
  const retry = step.retry ?? DEFAULT_RETRY;
  const repeatable = mayRepeat(planned);
  if (!repeatable && past.at(-1)?.status === 'interrupted') {
    return fail(run, planned, attempt + 1, OUTCOME_UNKNOWN, {});
  }
  for (;;) {
    attempt += 1;
    const tried = await attemptStep(run, planned, attempt);
    if (tried.ok) return tried.outcome;
    const { failure, seen } = tried;
    const stopped = run.control.reason();
    // Another run goes on with this step. What came of a call that its own process broke off is not known.
    if (stopped === 'lease_lost' || (stopped === 'interrupted' && !seen.response)) return null;
    failures += 1;
    const again = failure.transient && (repeatable || !failure.mayHaveActed) && failures < retry.max_attempts;
    const waitMs = Math.max(fullJitterMs(retry, failures, run.deps.random), failure.retryAfterMs ?? 0);
    if (!again || cannotGoOn(stopped) || waitMs >= run.control.remainingMs()) {
      return fail(run, planned, attempt, failure, seen);
    }
    await commitAttempt(run, planned, { ...seen, attempt, status: 'failed', failure });
    run.deps.log('warn', 'step failed, trying again', {
      executionId: run.claim.execution_id,
      step: step.name,
      attempt,
      code: failure.code,
      waitMs,
    });
    await run.deps.sleep(waitMs, run.control.signal);
    if (run.control.reason() !== undefined) return null;
  }
}

/** Whether the execution itself ends here. After an interruption it goes on, in another process. */
function cannotGoOn(stopped: StopReason | undefined): boolean {
  return stopped === 'cancelled' || stopped === 'timed_out';
}

async function evaluateCondition(run: Run, condition: string): Promise<boolean | StepFailure> {
  try {
    return await run.plan.evaluator.condition(condition)(run.context);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return templateFailure(error, 'condition');
  }
}

/** Whether a request that may have arrived may be sent again. */
function mayRepeat({ step }: PlannedStep): boolean {
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

/** The step's last word, kept like a success: a failed step is not run again by a crash that follows it. */
async function fail(
  run: Run,
  planned: PlannedStep,
  attempt: number,
  failure: StepFailure,
  seen: Seen,
): Promise<StepOutcome | null> {
  if (cannotGoOn(run.control.reason())) {
    await commitAttempt(run, planned, { ...seen, attempt, status: 'cancelled', failure });
    return null;
  }
  const answer = seen.response ?? { status: null, headers: {}, body: null };
  const committed: StepOutcome = {
    ...answer,
    output: {},
    error: shownError(run, failure, planned.step.name),
  };
  await commitAttempt(run, planned, { ...seen, attempt, status: 'failed', committed, failure });
  return committed;
}
