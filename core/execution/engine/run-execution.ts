import { DecryptError } from '../../crypto/seal.ts';
import { DatabaseError } from '../../db/db.ts';
import { TemplateError } from '../../expression/parse.ts';
import { createRedactor } from '../../redaction/index.ts';
import type { ExecutionError, StepOutcome } from '../schema.ts';
import { addOutcome, startContext } from './context.ts';
import { CredentialUnreadable, openCredentials, secretsOf } from './credentials.ts';
import { failedEnd, stoppedEnd, succeededEnd } from './end.ts';
import { DefinitionUnreadable, type Plan } from './plan.ts';
import { type Claim, type EngineDeps, type ExecutionEnd, LeaseLost } from './ports.ts';
import { openResumeState } from './resume-state.ts';
import { learnDerivedSecrets, type Run } from './run.ts';
import { controlRun, type RunControl, RunInterrupted } from './run-control.ts';
import { runStep } from './run-step.ts';
import { templateFailure, toExecutionError } from './step-failure.ts';

export type RunRequest = {
  executionId: string;
  /** The task run that asks: a later attempt of the same one takes its own lease over. */
  owner: string;
  /** Aborts when the process has to end. */
  signal: AbortSignal;
};

export type RunOutcome =
  | { outcome: 'ended'; status: ExecutionEnd['status']; error: ExecutionError | null }
  /** Nothing to do here: somebody else runs it, or it has ended, or it never was. */
  | { outcome: 'held' | 'finished' | 'missing' | 'lease_lost' };

/**
 * Claims an execution and runs it to its end, from where an earlier attempt left off. Rejects only when a later attempt
 * may do better: the database did not answer, or the process has to end. The lease is given back then.
 */
export async function runExecution(
  deps: EngineDeps,
  planOf: (claim: Claim) => Plan,
  request: RunRequest,
): Promise<RunOutcome> {
  const claimed = await deps.ledger.claim(request.executionId, request.owner);
  if (claimed.outcome !== 'claimed') return { outcome: claimed.outcome };
  const { claim } = claimed;
  const control = controlRun(deps, claim, request.signal);
  try {
    const end = await finish(deps, claim, await runToEnd(deps, planOf, claim, control));
    return { outcome: 'ended', status: end.status, error: end.error };
  } catch (error) {
    if (error instanceof LeaseLost || control.reason() === 'lease_lost') return { outcome: 'lease_lost' };
    // The next attempt need not wait for the lease to run out. If this fails too, it will.
    await deps.ledger.release(claim).catch(() => {});
    throw error;
  } finally {
    control.stop();
  }
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
  planOf: (claim: Claim) => Plan,
  claim: Claim,
  control: RunControl,
): Promise<ExecutionEnd> {
  try {
    const plan = planOf(claim);
    const invalid = plan.checkInput(claim.input);
    if (invalid.length > 0) {
      const message = "The input does not fit the connector's input_schema.";
      return failedEnd({ class: 'validation', code: 'invalid_input', message, step: null, errors: invalid });
    }
    const credentials = await openCredentials(claim, deps.sealer);
    const redactor = createRedactor(secretsOf(credentials));
    const context = startContext(claim);
    const run: Run = { deps, claim, plan, context, credentials, derived: new Set(), redactor, control };
    return await runSteps(run, await openResumeState(claim, deps.sealer));
  } catch (error) {
    return endOfError(deps, claim, error);
  }
}

async function runSteps(run: Run, committed: ReadonlyMap<number, StepOutcome | null>): Promise<ExecutionEnd> {
  for (const planned of run.plan.steps) {
    const { name, continue_on_error } = planned.step;
    await learnDerivedSecrets(run, planned);
    let outcome = committed.get(planned.index);
    if (outcome === undefined) {
      const before = stoppedEnd(run.control, null);
      if (before) return before;
      outcome = await runStep(run, planned);
      const within = stoppedEnd(run.control, name);
      if (within) return within;
    }
    if (outcome?.error && !continue_on_error) return failedEnd(outcome.error);
    addOutcome(run.context, name, outcome);
  }
  return succeededEnd(run);
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
