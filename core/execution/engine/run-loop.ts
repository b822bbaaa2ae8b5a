import type { ForEach } from '../../connector/schema.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { ExecutionError, StepOutcome } from '../schema.ts';
import { itemContext, stepValue } from './context.ts';
import { MAX_LOOP_CHARS } from './limits.ts';
import { attemptBegan, type LoopMark, nextAttempt } from './past.ts';
import type { PlannedStep } from './plan.ts';
import { charsLeft } from './recordable.ts';
import {
  learnDerivedSecrets,
  outcomeOf,
  pastOf,
  placeInside,
  type Run,
  type Scope,
  startAttempt,
} from './run.ts';
import { ownFields } from './run-branches.ts';
import { runOnce } from './run-step.ts';
import { failStep, failureInside, succeedStep } from './settle.ts';
import { inField, type StepFailure, StepRenderError } from './step-failure.ts';

/**
 * Runs a step for each item. Every item is a run of its own in the ledger, so that a later process goes on with those that
 * are left; when the loop has ended, its own row has all results and those of the items are settled.
 */
export async function runLoop(
  run: Run,
  planned: PlannedStep,
  loop: ForEach,
  scope: Scope,
): Promise<StepOutcome> {
  const past = pastOf(run, planned, scope);
  const attempt = nextAttempt(past);
  const startedAt = attemptBegan(past, run.deps.clock.now());
  const seen = { attempt, startedAt };
  try {
    const items = await itemsOf(run, loop, scope);
    const fingerprint = await run.deps.sha256(JSON.stringify(items));
    const mark: LoopMark = { step: planned.step.name, at: scope.iteration, items: fingerprint };
    const began = past.startedWith ?? run.past.itemsOf(mark);
    if (began !== undefined && began !== fingerprint) throw ITEMS_CHANGED;
    if (attempt > past.lastAttempt)
      await startAttempt(run, planned, scope, { attempt, startsWith: fingerprint });

    const { results, failures } = await runItems(
      run,
      planned,
      loop,
      { ...scope, loops: [...(scope.loops ?? []), mark] },
      items,
    );
    const failed = failures.length;
    const extra: JsonObject = { results, succeeded: results.length - failed, failed };
    const [first] = failures;
    if (first && failed > Math.floor(loop.tolerated_failure_share * items.length)) {
      return await failStep(run, planned, scope, {
        ...seen,
        failure: tooManyFailed(first, failed, items.length),
        extra: { failed },
      });
    }
    return await succeedStep(run, planned, scope, { ...seen, outcome: outcomeOf({ extra }), settles: true });
  } catch (error) {
    if (!(error instanceof StepRenderError)) throw error;
    return failStep(run, planned, scope, { ...seen, failure: error.failure });
  }
}

/** The items, or lists of as many as a batch has. JSONata has one value for a list of one. */
async function itemsOf(run: Run, loop: ForEach, scope: Scope): Promise<Json[]> {
  const evaluate = run.plan.evaluator.expression(loop.items, { optional: true });
  const found = ((await inField('for_each.items', () => evaluate({ ...scope.context }))) ?? []) as Json;
  const list = Array.isArray(found) ? found : [found];
  if (list.length > loop.max_items) {
    const message = `for_each: ${list.length} items are more than max_items (${loop.max_items}).`;
    throw new StepRenderError('validation', 'loop_limit', message);
  }
  if (loop.batch_size === 1) return list;
  const batches: Json[] = [];
  for (let at = 0; at < list.length; at += loop.batch_size)
    batches.push(list.slice(at, at + loop.batch_size));
  return batches;
}

async function runItems(
  run: Run,
  planned: PlannedStep,
  loop: ForEach,
  scope: Scope,
  items: readonly Json[],
): Promise<{ results: Json[]; failures: ExecutionError[] }> {
  const results: Json[] = new Array<Json>(items.length).fill(null);
  const failures: ExecutionError[] = [];
  const tolerated = Math.floor(loop.tolerated_failure_share * items.length);
  let room = MAX_LOOP_CHARS;
  // Items start in turn, however many run at once.
  let nextStart = run.deps.clock.now();
  await run.pauses.sideBySide(items, loop.max_concurrency, async (item, index) => {
    if (failures.length > tolerated && run.test?.mode !== 'dry_run') return;
    const inside: Scope = {
      ...scope,
      context: itemContext(scope.context, item, index),
      iteration: placeInside(scope.iteration, String(index)),
    };
    let outcome = pastOf(run, planned, inside).committed;
    if (!outcome) {
      const start = nextStart;
      nextStart = Math.max(start, run.deps.clock.now()) + loop.delay_ms;
      if (loop.delay_ms > 0) await run.pauses.until(start, planned.step.name);
      run.control.check(planned.step.name);
      await learnDerivedSecrets(run, planned, inside);
      outcome = await runOnce(run, planned, inside);
    }
    if (outcome.error) failures.push(outcome.error);
    const result = ownFields(stepValue(outcome));
    // With every item: all of them are in memory together, and no further call is made for results that do not fit.
    room = charsLeft(result, room);
    if (room < 0) throw TOO_LARGE;
    results[index] = result;
  });
  return { results, failures };
}

function tooManyFailed(first: ExecutionError, failed: number, all: number): StepFailure {
  return failureInside({
    ...first,
    message: `${failed} of ${all} items failed; the first one: ${first.message}`,
  });
}

const ITEMS_CHANGED = new StepRenderError(
  'internal',
  'loop_items_changed',
  'for_each: the items are not those that the loop began with, so that what was done for some of them would be taken as ' +
    'done for others. Replay the execution to run it from its beginning.',
);

const TOO_LARGE = new StepRenderError(
  'template',
  'template_limit',
  `for_each: the results are larger than ${MAX_LOOP_CHARS} characters: keep what is needed with response.map.`,
);
