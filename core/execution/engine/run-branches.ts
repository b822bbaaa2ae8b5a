import type { JsonObject } from '../../json/json.ts';
import type { ExecutionError, StepOutcome } from '../schema.ts';
import { attemptBegan, nextAttempt } from './past.ts';
import type { PlannedStep } from './plan.ts';
import { outcomeOf, pastOf, type Run, type Scope, startAttempt } from './run.ts';
import { runInTurn, runSteps } from './run-steps.ts';
import { failStep, failureInside, settleStep, succeedStep } from './settle.ts';

/** Steps in turn, as one. */
export function runGroup(run: Run, planned: PlannedStep, scope: Scope): Promise<StepOutcome> {
  return runInside(run, planned, scope, () => runSteps(run, planned.body, scope));
}

/** Steps at the same time. One that fails lets those that have begun come to their end, and no other begin. */
export function runParallel(run: Run, planned: PlannedStep, scope: Scope): Promise<StepOutcome> {
  return runInside(run, planned, scope, async () => {
    const failures = new Map<PlannedStep, ExecutionError>();
    const atOnce = planned.step.parallel?.max_concurrency ?? 1;
    await run.pauses.sideBySide(planned.body, atOnce, async (step) => {
      if (failures.size > 0) return;
      const failed = await runInTurn(run, step, scope);
      if (failed) failures.set(step, failed);
    });
    const first = planned.body.find((step) => failures.has(step));
    return (first && failures.get(first)) ?? null;
  });
}

/** Decides which case runs. The decision stands in the ledger before its steps begin, so that it is made once. */
export function runSwitch(run: Run, planned: PlannedStep, scope: Scope): Promise<StepOutcome> {
  return settleStep(run, planned, scope, 'switch', async () => {
    for (const [index, { when }] of planned.cases.entries()) {
      if (when === null || (await run.plan.evaluator.condition(when)({ ...scope.context })))
        return { case: index };
    }
    return {};
  });
}

async function runInside(
  run: Run,
  planned: PlannedStep,
  scope: Scope,
  inside: () => Promise<ExecutionError | null>,
): Promise<StepOutcome> {
  const past = pastOf(run, planned, scope);
  const attempt = nextAttempt(past);
  const startedAt = attemptBegan(past, run.deps.clock.now());
  if (attempt > past.lastAttempt) await startAttempt(run, planned, scope, { attempt });
  const failed = await inside();
  if (failed) {
    return failStep(run, planned, scope, { attempt, startedAt, failure: failureInside(failed) });
  }
  const isRound = planned.step.for_each !== undefined;
  const outcome = outcomeOf({ output: isRound ? resultsInside(planned, scope) : {} });
  // What is inside of a round is in its results, and nobody asks for it again.
  return succeedStep(run, planned, scope, { attempt, startedAt, outcome, settles: isRound });
}

/** What one round of a loop over several steps leaves behind: each step's own fields, or its answer. */
function resultsInside({ body }: PlannedStep, { context }: Scope): JsonObject {
  return Object.fromEntries(
    body.flatMap(({ step: { name } }) => {
      const value = Object.hasOwn(context.steps, name) ? context.steps[name] : undefined;
      return value === undefined ? [] : [[name, ownFields(value as JsonObject)]];
    }),
  );
}

/** The fields that a step made; of one that made none, its answer. */
export function ownFields(value: JsonObject): JsonObject {
  const { status, headers: _headers, body, ...own } = value;
  return Object.keys(own).length > 0 ? own : { status: status ?? null, body: body ?? null };
}
