import type { Json, JsonObject } from '../../json/json.ts';
import { type ExecutionError, FINAL_STATUSES, type StepOutcome } from '../schema.ts';
import { childExecutionId } from './child-id.ts';
import { CHILD_POLL_MS, MAX_CONNECTOR_DEPTH } from './limits.ts';
import { attemptBegan, nextAttempt } from './past.ts';
import type { PlannedStep } from './plan.ts';
import { DEFAULT_RETRY, nextRetryMs, withPolicy } from './retry-policy.ts';
import { commitAttempt, outcomeOf, pastOf, type Run, type Scope, startAttempt } from './run.ts';
import { failStep, succeedStep } from './settle.ts';
import { inField, type StepFailure, StepRenderError } from './step-failure.ts';

/**
 * Runs another connector as an execution of its own, in this process. Its id follows from this step's place, so that a
 * later process finds the same execution again and nothing is done twice.
 */
export async function runConnector(run: Run, planned: PlannedStep, scope: Scope): Promise<StepOutcome> {
  const { step } = planned;
  const past = pastOf(run, planned, scope);
  const retry = { ...DEFAULT_RETRY, max_attempts: 1, ...step.retry };
  const startedAt = attemptBegan(past, run.deps.clock.now());
  const firstAt = past.attempts[0] ? Date.parse(past.attempts[0].started_at) : startedAt;
  let attempt = nextAttempt(past);
  let failures = past.attempts.filter((entry) => entry.status === 'failed').length;
  const dueAt = past.attempts.at(-1)?.resume_at;
  if (dueAt) await run.pauses.until(Date.parse(dueAt), step.name);
  for (;;) {
    const seen = { attempt, startedAt };
    try {
      if (run.claim.depth >= MAX_CONNECTOR_DEPTH) throw TOO_DEEP;
      const input = await childInput(run, planned, scope);
      if (attempt > past.lastAttempt) await startAttempt(run, planned, scope, { attempt });
      if (run.test?.mode === 'dry_run') {
        return await succeedStep(run, planned, scope, {
          ...seen,
          outcome: outcomeOf({}),
          source: 'not_sent',
        });
      }
      const place = `${step.name} ${scope.iteration} ${failures}`;
      const childId = await childExecutionId(run.claim.execution_id, place, run.deps.sha256);
      const { output, error } = await runChildToEnd(run, planned, scope, childId, input);
      if (!error)
        return await succeedStep(run, planned, scope, { ...seen, outcome: outcomeOf(resultOf(output)) });
      const failure = withPolicy(failureOfChild(error), retry, { status: null, matches: false });
      failures += 1;
      const elapsedMs = run.deps.clock.now() - firstAt;
      const wait = nextRetryMs(retry, { failure, repeatable: true, failures, elapsedMs }, run.deps.random);
      if (wait === undefined) return await failStep(run, planned, scope, { ...seen, failure });
      const resumeAt = run.deps.clock.now() + wait;
      await commitAttempt(run, planned, scope, { ...seen, status: 'failed', failure, resumeAt });
      await run.pauses.until(resumeAt, step.name);
      attempt += 1;
    } catch (error) {
      if (!(error instanceof StepRenderError)) throw error;
      return failStep(run, planned, scope, { ...seen, failure: error.failure });
    }
  }
}

async function childInput(run: Run, { step }: PlannedStep, scope: Scope): Promise<JsonObject> {
  const render = run.plan.evaluator.value(step.connector?.input ?? {});
  const input = (await inField('connector.input', () => render({ ...scope.context }))) as JsonObject;
  // It is stored with the execution that it starts.
  return run.redactor.byValue(input);
}

async function runChildToEnd(
  run: Run,
  { step }: PlannedStep,
  scope: Scope,
  childId: string,
  input: JsonObject,
): Promise<{ output: Json; error: ExecutionError | null }> {
  for (;;) {
    const child = await run.deps.ledger.startChild(run.claim, {
      step_name: step.name,
      iteration: scope.iteration,
      connector_id: step.connector?.id ?? '',
      child_id: childId,
      input,
    });
    if (child.status === 'missing') throw NO_CONNECTOR;
    if (FINAL_STATUSES.has(child.status)) return child;
    const ran = await run.runChild(childId);
    run.control.check(step.name);
    const soon = run.deps.clock.now() + CHILD_POLL_MS;
    // Not at once, either: this clock and the database's need not agree.
    if (ran.outcome === 'waiting')
      await run.pauses.until(Math.max(Date.parse(ran.resumeAt), soon), step.name);
    else if (ran.outcome === 'held' || ran.outcome === 'lease_lost') await run.pauses.until(soon, step.name);
  }
}

/** An object's fields stand at the top of the step; the whole is its body. */
function resultOf(output: Json): Partial<StepOutcome> {
  const isObject = typeof output === 'object' && output !== null && !Array.isArray(output);
  return { body: output, output: isObject ? output : {} };
}

function failureOfChild({ class: errorClass, code, message, step }: ExecutionError): StepFailure {
  const where = step === null ? '' : ` (its step ${step})`;
  return {
    class: errorClass,
    code,
    message: `The connector failed${where}: ${message}`,
    transient: ['network', 'timeout', 'rate_limit', 'upstream'].includes(errorClass),
    mayHaveActed: true,
  };
}

const TOO_DEEP = new StepRenderError(
  'validation',
  'connector_depth',
  `connector: more than ${MAX_CONNECTOR_DEPTH} connectors call each other; one of them calls itself?`,
);
const NO_CONNECTOR = new StepRenderError(
  'not_found',
  'connector_not_found',
  'connector: there is no such connector in this workspace.',
);
