import { TemplateError } from '../../expression/parse.ts';
import type { ExecutionError, StepOutcome } from '../schema.ts';
import { stepValue } from './context.ts';
import { nextAttempt } from './past.ts';
import type { PlannedStep } from './plan.ts';
import { commitAttempt, outcomeOf, pastOf, type Run, type Scope, type Seen, shownError } from './run.ts';
import { RunStopped, type StopReason } from './run-control.ts';
import { inField, type StepFailure, StepRenderError, templateFailure } from './step-failure.ts';

/** Whether the execution itself ends here. After an interruption it goes on, in another process. */
export function endsExecution(stopped: StopReason | undefined): boolean {
  return stopped === 'cancelled' || stopped === 'timed_out';
}

export async function skipStep(run: Run, planned: PlannedStep, scope: Scope): Promise<null> {
  await commitAttempt(run, planned, scope, { attempt: 0, status: 'skipped', committed: null });
  return null;
}

/** The step's last word, kept like a success: a failed step is not run again by a crash that follows it. */
export async function failStep(
  run: Run,
  planned: PlannedStep,
  scope: Scope,
  end: Seen & { failure: StepFailure; attempt: number; extra?: StepOutcome['extra'] },
): Promise<StepOutcome> {
  const { failure, extra, ...seen } = end;
  if (endsExecution(run.control.reason())) {
    await commitAttempt(run, planned, scope, { ...seen, status: 'cancelled', failure });
    throw new RunStopped(planned.step.name);
  }
  const answer = seen.response ?? { status: null, headers: {}, body: null };
  const error = shownError(run, failure, planned.step.name);
  const committed: StepOutcome = { ...answer, output: {}, error, ...(extra ? { extra } : {}) };
  await commitAttempt(run, planned, scope, { ...seen, status: 'failed', committed, failure });
  return committed;
}

/** The end of a step that did what it had to, if its assertions hold. */
export async function succeedStep(
  run: Run,
  planned: PlannedStep,
  scope: Scope,
  end: Seen & { attempt: number; outcome: StepOutcome; settles?: boolean },
): Promise<StepOutcome> {
  const { outcome, ...seen } = end;
  const failure = await failedAssertion(run, planned, scope, outcome);
  if (failure) return failStep(run, planned, scope, { ...seen, failure });
  await commitAttempt(run, planned, scope, { ...seen, status: 'succeeded', committed: outcome });
  return outcome;
}

/** Runs a step that makes its result of what is there, without a call. A template that fails is the step's failure. */
export async function settleStep(
  run: Run,
  planned: PlannedStep,
  scope: Scope,
  field: string,
  make: () => Promise<StepOutcome['output']>,
): Promise<StepOutcome> {
  const startedAt = run.deps.clock.now();
  const attempt = nextAttempt(pastOf(run, planned, scope));
  try {
    const outcome = outcomeOf({ output: await inField(field, make) });
    return await succeedStep(run, planned, scope, { attempt, startedAt, outcome });
  } catch (error) {
    if (!(error instanceof StepRenderError)) throw error;
    return failStep(run, planned, scope, { attempt, startedAt, failure: error.failure });
  }
}

/** The first of a step's assertions that does not hold of its result. */
export async function failedAssertion(
  run: Run,
  { step }: PlannedStep,
  { context }: Scope,
  outcome: StepOutcome,
): Promise<StepFailure | undefined> {
  if (!step.assert) return undefined;
  const result = { ...context, steps: { ...context.steps, [step.name]: stepValue(outcome) } };
  for (const [index, { that, message }] of step.assert.entries()) {
    try {
      if (await run.plan.evaluator.condition(that)(result)) continue;
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      return { ...templateFailure(error, `assert[${index}].that`), mayHaveActed: true };
    }
    return {
      class: 'validation',
      code: 'assertion_failed',
      message: message ?? `This does not hold: ${that}`,
      transient: false,
      mayHaveActed: true,
    };
  }
  return undefined;
}

/** A step failed because one inside of it did. */
export function failureInside({ class: errorClass, code, message, step }: ExecutionError): StepFailure {
  return { class: errorClass, code, message, step, transient: false, mayHaveActed: true };
}
