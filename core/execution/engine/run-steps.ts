import type { ExecutionError, StepOutcome } from '../schema.ts';
import { addOutcome } from './context.ts';
import { testEnd } from './end.ts';
import type { PlannedStep } from './plan.ts';
import { learnDerivedSecrets, pastOf, type Run, type Scope } from './run.ts';
import { runStep } from './run-step.ts';
import { EndedByStep, endOfStop } from './run-stop.ts';

/** Runs steps in turn. Answers the error that ended them early; null when all are done. */
export async function runSteps(
  run: Run,
  steps: readonly PlannedStep[],
  scope: Scope,
): Promise<ExecutionError | null> {
  for (const planned of steps) {
    const failed = await runInTurn(run, planned, scope);
    if (failed) return failed;
  }
  return null;
}

/** One step and what follows from it: its result for later steps, its branch, and what runs when it has failed. */
export async function runInTurn(
  run: Run,
  planned: PlannedStep,
  scope: Scope,
): Promise<ExecutionError | null> {
  const { step, kind } = planned;
  await learnDerivedSecrets(run, planned, scope);
  let outcome = pastOf(run, planned, scope).committed;
  if (outcome === undefined) {
    run.control.check(null);
    outcome = await runStep(run, planned, scope);
    run.control.check(step.name);
  } else if (!step.for_each) {
    restore(run, planned.body, scope);
  }
  addOutcome(scope.context, step.name, outcome);
  if (kind === 'stop' && outcome && !outcome.error) {
    throw new EndedByStep(await endOfStop(run, planned, scope));
  }
  const failed = outcome ? await whatFollows(run, planned, scope, outcome) : null;
  if (run.test?.until === step.name || run.test?.only === step.name) throw new EndedByStep(testEnd(failed));
  // A dry run shows what goes wrong, and goes on.
  return run.test?.mode === 'dry_run' ? null : failed;
}

async function whatFollows(
  run: Run,
  { step, cases, fallback }: PlannedStep,
  scope: Scope,
  outcome: StepOutcome,
): Promise<ExecutionError | null> {
  let failed = outcome.error;
  if (failed && fallback.length > 0) failed = await runSteps(run, fallback, scope);
  else if (step.switch && !failed)
    failed = await runSteps(run, cases[Number(outcome.output.case)]?.steps ?? [], scope);
  return step.continue_on_error ? null : failed;
}

/** What the steps of a finished group found, for the steps after it. */
function restore(run: Run, steps: readonly PlannedStep[], scope: Scope): void {
  for (const planned of steps) {
    const { committed } = pastOf(run, planned, scope);
    if (committed !== undefined) addOutcome(scope.context, planned.step.name, committed);
    if (!planned.step.for_each) {
      restore(run, planned.body, scope);
      for (const { steps: inside } of planned.cases) restore(run, inside, scope);
    }
    restore(run, planned.fallback, scope);
  }
}
