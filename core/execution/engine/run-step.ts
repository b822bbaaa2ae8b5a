import { TemplateError } from '../../expression/parse.ts';
import type { JsonObject } from '../../json/json.ts';
import type { StepOutcome } from '../schema.ts';
import { ownValue } from '../test-options.ts';
import { nextAttempt } from './past.ts';
import type { PlannedStep } from './plan.ts';
import { outcomeOf, pastOf, type Run, type Scope } from './run.ts';
import { runGroup, runParallel, runSwitch } from './run-branches.ts';
import { runCall } from './run-call.ts';
import { runConnector } from './run-connector.ts';
import { runLoop } from './run-loop.ts';
import { runPages } from './run-pages.ts';
import { runTransform, runWait } from './run-plain.ts';
import { runStop } from './run-stop.ts';
import { failStep, skipStep } from './settle.ts';
import { type StepFailure, templateFailure } from './step-failure.ts';

/**
 * Runs one step that has not ended yet: its condition, then what it does, once or for each item of its loop. Answers how
 * it ended, which stands in the ledger by then; null when it was skipped. Throws `RunStopped` when the run has to stop.
 */
export async function runStep(run: Run, planned: PlannedStep, scope: Scope): Promise<StepOutcome | null> {
  const { step } = planned;
  if (isGiven(run, planned)) return givenOutcome(ownValue(run.test?.steps, step.name));
  // A step that was started has met its condition, which need not say the same again ($now(), $random()).
  const past = pastOf(run, planned, scope);
  if (step.condition !== undefined && past.attempts.length === 0) {
    const met = await evaluateCondition(run, step.condition, scope);
    if (met === false) return skipStep(run, planned, scope);
    if (met !== true) return failStep(run, planned, scope, { failure: met, attempt: nextAttempt(past) });
  }
  return step.for_each ? runLoop(run, planned, step.for_each, scope) : runOnce(run, planned, scope);
}

/** What a step does, for one item or without a loop. */
export function runOnce(run: Run, planned: PlannedStep, scope: Scope): Promise<StepOutcome> {
  switch (planned.kind) {
    case 'request':
      return planned.step.pagination
        ? runPages(run, planned, planned.step.pagination, scope)
        : runCall(run, planned, scope);
    case 'connector':
      return runConnector(run, planned, scope);
    case 'transform':
      return runTransform(run, planned, scope);
    case 'wait':
      return runWait(run, planned, scope);
    case 'stop':
      return runStop(run, planned, scope);
    case 'steps':
      return runGroup(run, planned, scope);
    case 'parallel':
      return runParallel(run, planned, scope);
    case 'switch':
      return runSwitch(run, planned, scope);
  }
}

/** In a test of one step, whether this is another one; what the tested step stands in is gone through. */
function isGiven({ test, plan }: Run, { step, index, lastIndex }: PlannedStep): boolean {
  if (test?.only === undefined || test.only === step.name) return false;
  const tested = plan.indexOf.get(test.only) ?? -1;
  return tested < index || tested > lastIndex;
}

/** What a test says that `steps.<name>` is; a step of which it says nothing is skipped. */
function givenOutcome(given: JsonObject | undefined): StepOutcome | null {
  if (given === undefined) return null;
  const { status, headers, body, ...output } = given;
  return {
    ...outcomeOf({ output, body: body ?? null }),
    status: typeof status === 'number' ? status : null,
    headers: (headers ?? {}) as StepOutcome['headers'],
  };
}

async function evaluateCondition(run: Run, condition: string, scope: Scope): Promise<boolean | StepFailure> {
  try {
    return await run.plan.evaluator.condition(condition)({ ...scope.context });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return templateFailure(error, 'condition');
  }
}
