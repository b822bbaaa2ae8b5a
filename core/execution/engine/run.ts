import type { Redactor } from '../../redaction/index.ts';
import type { ExecutionError, RecordedRequest, RecordedResponse, StepOutcome } from '../schema.ts';
import type { RunContext } from './context.ts';
import type { OpenCredentials } from './credentials.ts';
import type { Plan, PlannedStep } from './plan.ts';
import type { Claim, EngineDeps } from './ports.ts';
import { recordable } from './recordable.ts';
import { resumeStateAdditionalData } from './resume-state.ts';
import type { RunControl } from './run-control.ts';
import type { StepFailure } from './step-failure.ts';

/** What one run of an execution carries from step to step. */
export type Run = {
  deps: EngineDeps;
  claim: Claim;
  plan: Plan;
  context: RunContext;
  credentials: OpenCredentials;
  redactor: Redactor;
  control: RunControl;
};

/** What was seen of an attempt. The request is redacted already, the response is not. */
export type Seen = { request?: RecordedRequest; response?: RecordedResponse; startedAt?: number };

export type AttemptEnd = Seen & {
  attempt: number;
  status: 'succeeded' | 'failed' | 'skipped' | 'cancelled';
  /** Present when the step is done with: a resumed execution goes on after it. Null for a skipped step. */
  committed?: StepOutcome | null;
  failure?: StepFailure;
};

/** An error as it may be shown: without anything that came from a credential. */
export function shownError({ redactor }: Run, failure: StepFailure, step: string | null): ExecutionError {
  return redactor.byValue({ class: failure.class, code: failure.code, message: failure.message, step });
}

/** Completes the ledger's row of an attempt, redacted, and seals what later steps go on with. */
export async function commitAttempt(run: Run, { step, index }: PlannedStep, end: AttemptEnd): Promise<void> {
  const { deps, claim, redactor } = run;
  const sealed =
    end.committed === undefined
      ? null
      : await deps.sealer.seal(JSON.stringify(end.committed), resumeStateAdditionalData(claim, index));
  const output = end.committed?.output;
  const answer = await deps.ledger.commitStep(claim, {
    step_index: index,
    step_name: step.name,
    attempt: end.attempt,
    status: end.status,
    request: end.request ?? null,
    response: end.response ? recordable(redactor.value(end.response)) : null,
    output: output && Object.keys(output).length > 0 ? recordable(redactor.value(output)) : null,
    error: end.failure ? shownError(run, end.failure, step.name) : null,
    resume_state: sealed,
    duration_ms: end.startedAt === undefined ? 0 : deps.clock.now() - end.startedAt,
  });
  run.control.heed(answer);
}
