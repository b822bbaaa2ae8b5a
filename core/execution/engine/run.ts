import { TemplateError } from '../../expression/parse.ts';
import { createRedactor, type Redactor } from '../../redaction/index.ts';
import type { ExecutionError, RecordedRequest, RecordedResponse, StepOutcome } from '../schema.ts';
import { type RunContext, requestContext } from './context.ts';
import { type OpenCredentials, secretsOf } from './credentials.ts';
import type { Plan, PlannedStep } from './plan.ts';
import type { Claim, EngineDeps } from './ports.ts';
import { recordable, recordedCharsFor } from './recordable.ts';
import { resumeStateAdditionalData } from './resume-state.ts';
import type { RunControl } from './run-control.ts';
import { type StepFailure, toExecutionError } from './step-failure.ts';

/** What one run of an execution carries from step to step. */
export type Run = {
  deps: EngineDeps;
  claim: Claim;
  plan: Plan;
  context: RunContext;
  credentials: OpenCredentials;
  /** What expressions have made of credentials so far: as secret as they are. */
  derived: Set<string>;
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
export function shownError(
  { redactor }: Pick<Run, 'redactor'>,
  failure: StepFailure,
  step: string | null,
): ExecutionError {
  return redactor.byValue(toExecutionError(failure, step));
}

/** Shorter texts that an expression makes of a credential (a flag, a prefix) tell nothing and are found everywhere. */
const MIN_DERIVED_CHARS = 6;

/** A longer one is a whole body with a secret somewhere inside: looking for all of it in every form costs too much. */
const MAX_DERIVED_CHARS = 4_096;

/**
 * Takes in what a step's expressions make of credentials (`$uppercase(workspace.crm.key)`): a service may echo it. Also
 * for committed steps of an earlier attempt, whose answers later steps still read.
 */
export async function learnDerivedSecrets(run: Run, { use }: PlannedStep): Promise<void> {
  if (use.derivations.length === 0) return;
  const context = requestContext(run.context, use, run.credentials);
  const before = run.derived.size;
  for (const source of use.derivations) {
    try {
      collectTexts(await run.plan.evaluator.expression(source, { optional: true })(context), run.derived);
    } catch (error) {
      // It fails where it is rendered too, and says so there.
      if (!(error instanceof TemplateError)) throw error;
    }
  }
  if (run.derived.size > before) {
    run.redactor = createRedactor([...secretsOf(run.credentials), ...run.derived]);
  }
}

function collectTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value);
    if (text.length >= MIN_DERIVED_CHARS && text.length <= MAX_DERIVED_CHARS) texts.add(text);
  } else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) collectTexts(item, texts);
  }
}

/** Completes the ledger's row of an attempt, redacted, and seals what later steps go on with. */
export async function commitAttempt(run: Run, { step, index }: PlannedStep, end: AttemptEnd): Promise<void> {
  const { deps, claim, redactor } = run;
  const sealed =
    end.committed === undefined
      ? null
      : await deps.sealer.seal(JSON.stringify(end.committed), resumeStateAdditionalData(claim, index));
  const output = end.committed?.output;
  const maxChars = recordedCharsFor(run.plan.steps.length);
  const answer = await deps.ledger.commitStep(claim, {
    step_index: index,
    step_name: step.name,
    attempt: end.attempt,
    status: end.status,
    request: end.request ?? null,
    response: end.response ? recordable(redactor.value(end.response), maxChars) : null,
    output: output && Object.keys(output).length > 0 ? recordable(redactor.value(output), maxChars) : null,
    error: end.failure ? shownError(run, end.failure, step.name) : null,
    resume_state: sealed,
    duration_ms: end.startedAt === undefined ? 0 : deps.clock.now() - end.startedAt,
  });
  run.control.heed(answer);
}
