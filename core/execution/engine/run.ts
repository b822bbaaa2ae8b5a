import { TemplateError } from '../../expression/parse.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import { type Redactor, redactPaths, valuesAtPaths } from '../../redaction/index.ts';
import type {
  ExecutionError,
  RecordedRequest,
  RecordedResponse,
  StepOutcome,
  StepSource,
} from '../schema.ts';
import type { TestOptions } from '../test-options.ts';
import { type RunContext, requestContext } from './context.ts';
import type { OpenCredentials } from './credentials.ts';
import type { LearnedSecrets } from './learned-secrets.ts';
import {
  type CommittedState,
  type LoopMark,
  type Past,
  type PastStep,
  resumeStateAdditionalData,
  rowName,
} from './past.ts';
import type { Pauses } from './pauses.ts';
import type { Plan, PlannedStep } from './plan.ts';
import type { Claim, EngineDeps } from './ports.ts';
import { recordable, recordedCharsFor } from './recordable.ts';
import type { RunControl } from './run-control.ts';
import type { RunOutcome } from './run-outcome.ts';
import { type StepFailure, toExecutionError } from './step-failure.ts';

/** What one run of an execution carries from step to step. */
export type Run = {
  deps: EngineDeps;
  claim: Claim;
  plan: Plan;
  /** What earlier runs of the execution have left behind. */
  past: Past;
  test: TestOptions | null;
  credentials: OpenCredentials;
  /** Knows the credentials, and learns what expressions make of them and what authors declare. */
  redactor: Redactor;
  secrets: LearnedSecrets;
  control: RunControl;
  pauses: Pauses;
  /** Runs the execution of a sub-connector in this process. */
  runChild: (executionId: string) => Promise<RunOutcome>;
};

/** Where a step runs: what it can read, and its place in the loops around it. */
export type Scope = { context: RunContext; iteration: string; loops?: readonly LoopMark[] };

/** What was seen of an attempt. The request is redacted already, the response is not. */
export type Seen = {
  request?: RecordedRequest;
  response?: RecordedResponse;
  startedAt?: number;
  source?: StepSource | null;
};

export type AttemptEnd = Seen & {
  attempt: number;
  status: 'succeeded' | 'failed' | 'skipped' | 'cancelled';
  /** Present when the step is done with: a resumed execution goes on after it. Null for a skipped step. */
  committed?: StepOutcome | null;
  failure?: StepFailure;
  /** When the next attempt is due; milliseconds since the epoch. */
  resumeAt?: number;
  /** The rows of the items or pages inside are of no use any more. */
  settles?: boolean;
};

export function pastOf(run: Run, { step }: PlannedStep, { iteration }: Scope): PastStep {
  return run.past(step.name, iteration);
}

/** The place of one item or page inside of a loop. */
export function placeInside(iteration: string, place: string): string {
  return iteration === '' ? place : `${iteration}.${place}`;
}

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
export async function learnDerivedSecrets(run: Run, { step, use }: PlannedStep, scope: Scope): Promise<void> {
  if (use.derivations.length === 0) return;
  const context = requestContext(scope.context, use, run.credentials);
  const found = new Set<string>();
  for (const source of use.derivations) {
    try {
      collectTexts(await run.plan.evaluator.expression(source, { optional: true })(context), found);
    } catch (error) {
      // It fails where it is rendered too, and says so there.
      if (!(error instanceof TemplateError)) throw error;
    }
  }
  run.secrets.add(rowName(step.name, scope.iteration), found);
}

/** Takes in what the author of a step declared to be nobody's business, wherever else it turns up. */
export function learnDeclaredSecrets(
  run: Run,
  { step }: PlannedStep,
  { iteration }: Scope,
  record: JsonObject,
): void {
  if (step.redact) run.secrets.add(rowName(step.name, iteration), valuesAtPaths(record, step.redact));
}

function collectTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value);
    if (text.length >= MIN_DERIVED_CHARS && text.length <= MAX_DERIVED_CHARS) texts.add(text);
  } else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) collectTexts(item, texts);
  }
}

/** A value as the ledger may show it: without secrets, without what the author hides, cut to a readable size. */
export function shown<T extends Json>(run: Run, { step }: PlannedStep, value: T, part: RecordPart): T {
  const hidden = step.redact ? redactPaths(value, step.redact, part) : value;
  return recordable(run.redactor.value(hidden), recordedCharsFor(run.plan.size));
}
export type RecordPart = 'request' | 'response' | 'output';

/** Writes that an attempt begins. `startsWith` is what a resumed run needs to go on with the same. */
export async function startAttempt(
  run: Run,
  planned: PlannedStep,
  scope: Scope,
  begin: { attempt: number; request?: RecordedRequest; startsWith?: Json },
): Promise<void> {
  const { step, index } = planned;
  run.control.heed(
    await run.deps.ledger.startStep(run.claim, {
      step_index: index,
      step_name: step.name,
      iteration: scope.iteration,
      attempt: begin.attempt,
      request: begin.request ?? null,
      resume_state: begin.startsWith === undefined ? null : await seal(run, planned, scope, begin.startsWith),
    }),
  );
}

/** Completes the ledger's row of an attempt, redacted, and seals what later steps go on with. */
export async function commitAttempt(
  run: Run,
  planned: PlannedStep,
  scope: Scope,
  end: AttemptEnd,
): Promise<void> {
  const { step, index, lastIndex } = planned;
  const { deps, claim } = run;
  const fields = { ...end.committed?.output, ...end.committed?.extra };
  run.control.heed(
    await deps.ledger.commitStep(claim, {
      step_index: index,
      step_name: step.name,
      iteration: scope.iteration,
      attempt: end.attempt,
      status: end.status,
      request: end.request ?? null,
      response: end.response ? shown(run, planned, end.response, 'response') : null,
      output: Object.keys(fields).length > 0 ? shown(run, planned, fields, 'output') : null,
      error: end.failure ? shownError(run, end.failure, step.name) : null,
      resume_state: end.committed === undefined ? null : await sealOutcome(run, planned, scope, end),
      duration_ms: end.startedAt === undefined ? 0 : deps.clock.now() - end.startedAt,
      resume_at: end.resumeAt === undefined ? null : new Date(end.resumeAt).toISOString(),
      tolerated: end.status === 'failed' && (step.continue_on_error || step.on_error !== undefined),
      source: end.source ?? null,
      settles_to: end.settles ? lastIndex : null,
    }),
  );
}

/** With what was learnt on the way; rows inside are not handed over again when this one settles them. */
function sealOutcome(
  run: Run,
  planned: PlannedStep,
  scope: Scope,
  { committed = null, settles }: AttemptEnd,
): Promise<string> {
  const learned = settles
    ? run.secrets.inside(scope.iteration)
    : run.secrets.ofRow(rowName(planned.step.name, scope.iteration));
  const isItem = planned.step.for_each !== undefined && ITEM.test(scope.iteration);
  const kept = committed && isItem ? asResult(committed) : committed;
  const state: CommittedState = kept && {
    ...kept,
    ...(learned.length > 0 ? { learned } : {}),
    ...(scope.loops ? { loops: scope.loops } : {}),
  };
  return seal(run, planned, scope, state);
}

/** The place of an item, and not of a page of its list. */
const ITEM = /(^|\.)\d+$/;

/**
 * What a loop keeps of an item: its own fields, or its answer when it has none. The rest is not asked for again, and the
 * answers of ten thousand items would come back with each claim.
 */
function asResult(outcome: StepOutcome): StepOutcome {
  const { output, extra = {}, error } = outcome;
  const hasFields = error !== null || Object.keys(output).length > 0 || Object.keys(extra).length > 0;
  return hasFields ? { ...outcome, headers: {}, body: null } : outcome;
}

function seal(
  run: Run,
  { step }: PlannedStep,
  { iteration }: Scope,
  state: Json | CommittedState,
): Promise<string> {
  return run.deps.sealer.seal(
    JSON.stringify(state),
    resumeStateAdditionalData(run.claim, step.name, iteration),
  );
}

/** How a step ended that has no answer of a service. */
export function outcomeOf(
  part: Partial<Pick<StepOutcome, 'output' | 'body' | 'extra' | 'error'>>,
): StepOutcome {
  return { status: null, headers: {}, body: null, output: {}, error: null, ...part };
}
