import { DecryptError } from '../../crypto/seal.ts';
import { DatabaseError } from '../../db/db.ts';
import { TemplateError } from '../../expression/parse.ts';
import { createRedactor } from '../../redaction/index.ts';
import { TestOptions } from '../test-options.ts';
import { type RunContext, startContext } from './context.ts';
import { CredentialUnreadable, openCredentials, secretsOf } from './credentials.ts';
import { cancelledEnd, failedEnd, stoppedEnd, succeededEnd, testEnd } from './end.ts';
import { LearnedSecrets } from './learned-secrets.ts';
import { readPast } from './past.ts';
import { Pauses } from './pauses.ts';
import { DefinitionUnreadable, type Planner } from './plan.ts';
import { type Claim, type EngineDeps, type ExecutionEnd, LeaseLost } from './ports.ts';
import type { Run } from './run.ts';
import { controlRun, type Outer, type RunControl, RunInterrupted, RunStopped } from './run-control.ts';
import type { RunOutcome } from './run-outcome.ts';
import { runSteps } from './run-steps.ts';
import { EndedByStep } from './run-stop.ts';
import { templateFailure, toExecutionError } from './step-failure.ts';

export type RunRequest = {
  executionId: string;
  /** The task run that asks: a later attempt of the same one takes its own lease over. */
  owner: string;
  /** Aborts when the process has to end. */
  signal: AbortSignal;
};

/**
 * Claims an execution and runs it to its end, from where an earlier attempt left off. Rejects only when a later attempt
 * may do better: the database did not answer, or the process has to end. The lease is given back then.
 */
export function runExecution(deps: EngineDeps, planOf: Planner, request: RunRequest): Promise<RunOutcome> {
  const { executionId, owner, signal } = request;
  return claimAndRun(deps, planOf, executionId, { owner, signal, reason: () => 'interrupted' });
}

/** As `runExecution`, of an execution that has been claimed already. */
export function runClaimed(
  deps: EngineDeps,
  planOf: Planner,
  claim: Claim,
  request: Omit<RunRequest, 'executionId'>,
): Promise<RunOutcome> {
  return run(deps, planOf, claim, { ...request, reason: () => 'interrupted' });
}

type Caller = Outer & { owner: string };

async function claimAndRun(
  deps: EngineDeps,
  planOf: Planner,
  executionId: string,
  caller: Caller,
): Promise<RunOutcome> {
  const claimed = await deps.ledger.claim(executionId, caller.owner);
  if (claimed.outcome === 'claimed') return run(deps, planOf, claimed.claim, caller);
  if (claimed.outcome !== 'waiting') return { outcome: claimed.outcome };
  const { resume_at: resumeAt, workspace_id: workspaceId, fence } = claimed;
  return { outcome: 'waiting', resumeAt, executionId, workspaceId, fence };
}

async function run(deps: EngineDeps, planOf: Planner, claim: Claim, caller: Caller): Promise<RunOutcome> {
  const control = controlRun(deps, claim, caller);
  deps.guard.learn(claim.workspace_id, claim.circuits);
  try {
    const end = await runToEnd(deps, planOf, claim, control, caller.owner);
    if (end !== 'parked') return await finished(deps, claim, end);
    const resumeAt = new Date(control.parkedUntil()).toISOString();
    const { cancel_requested } = await deps.ledger.park(claim, resumeAt);
    if (cancel_requested) return await finished(deps, claim, cancelledEnd(null));
    const { execution_id: executionId, workspace_id: workspaceId, fence } = claim;
    return { outcome: 'waiting', resumeAt, executionId, workspaceId, fence };
  } catch (error) {
    if (error instanceof LeaseLost || control.reason() === 'lease_lost') return { outcome: 'lease_lost' };
    // The next attempt need not wait for the lease to run out. If this fails too, it will.
    await deps.ledger.release(claim).catch(() => {});
    throw error;
  } finally {
    control.stop();
  }
}

async function finished(deps: EngineDeps, claim: Claim, wanted: ExecutionEnd): Promise<RunOutcome> {
  const { status, error } = await finish(deps, claim, wanted);
  return { outcome: 'ended', status, error };
}

/** Writes down how the execution ended. A result that the database refuses would be refused for ever: it fails then. */
async function finish(deps: EngineDeps, claim: Claim, end: ExecutionEnd): Promise<ExecutionEnd> {
  try {
    await deps.ledger.finish(claim, end);
    return end;
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.transient) throw error;
    const refused = internalEnd('result_not_stored', 'The database refused the result of this execution.');
    await deps.ledger.finish(claim, refused);
    return refused;
  }
}

async function runToEnd(
  deps: EngineDeps,
  planOf: Planner,
  claim: Claim,
  control: RunControl,
  owner: string,
): Promise<ExecutionEnd | 'parked'> {
  try {
    const plan = planOf(claim);
    const { value: input, errors } = plan.readInput(claim.input);
    if (errors.length > 0) {
      const message = "The input does not fit the connector's input_schema.";
      return failedEnd({ class: 'validation', code: 'invalid_input', message, step: null, errors });
    }
    const credentials = await openCredentials(claim, deps.sealer);
    const redactor = createRedactor(secretsOf(credentials));
    const secrets = new LearnedSecrets(redactor);
    const run: Run = {
      deps,
      claim,
      plan,
      past: await readPast(claim, deps.sealer, secrets),
      test: claim.options === null ? null : TestOptions.parse(claim.options),
      credentials,
      redactor,
      secrets,
      control,
      pauses: new Pauses(deps, control),
      runChild: (executionId) =>
        claimAndRun(deps, planOf, executionId, { owner, signal: control.signal, reason: control.reason }),
    };
    return await runAllSteps(run, startContext(claim, input));
  } catch (error) {
    return endOfError(deps, claim, error);
  }
}

async function runAllSteps(run: Run, context: RunContext) {
  try {
    const failed = await runSteps(run, run.plan.steps, { context, iteration: '' });
    if (run.test?.mode === 'dry_run') return testEnd(null);
    return failed ? failedEnd(failed) : await succeededEnd(run, context);
  } catch (error) {
    if (error instanceof EndedByStep) return error.end;
    if (error instanceof RunStopped) return stoppedEnd(run.control, error.step);
    throw error;
  }
}

/** The end that an error means for the execution; throws it on when another attempt may do better. */
function endOfError(deps: EngineDeps, claim: Claim, error: unknown): ExecutionEnd {
  const later = error instanceof LeaseLost || error instanceof RunInterrupted;
  if (later || (error instanceof DatabaseError && error.transient)) throw error;
  if (error instanceof TemplateError) {
    return failedEnd(toExecutionError(templateFailure(error, 'definition'), null));
  }
  if (error instanceof DefinitionUnreadable) {
    return internalEnd('definition_unreadable', 'The stored connector version cannot be read.');
  }
  if (error instanceof CredentialUnreadable) {
    const message = `The credential for ${error.service} cannot be decrypted: store it again.`;
    return internalEnd('credential_unreadable', message);
  }
  if (error instanceof DecryptError) {
    return internalEnd('resume_state_unreadable', 'What an earlier attempt left behind cannot be decrypted.');
  }
  deps.log('error', 'the engine failed', {
    executionId: claim.execution_id,
    error: error instanceof Error ? error.name : typeof error,
    at: error instanceof Error ? placesOf(error) : '',
  });
  return internalEnd('internal', 'Something went wrong on our side.');
}

function internalEnd(code: string, message: string): ExecutionEnd {
  return failedEnd({ class: 'internal', code, message, step: null });
}

/** Where, but not the message: it may hold a value. */
function placesOf(error: Error): string {
  return (error.stack ?? '')
    .replace(error.message, '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 5)
    .join(' | ');
}
