import {
  calculateNextRetryDelay,
  type RetryOptions,
  sanitizeError,
  shouldLookupRetrySettings,
  shouldRetryError,
  type TaskRunError,
  type TaskRunExecutionResult,
  taskRunErrorEnhancer,
} from '@trigger.dev/core/v3';
import type { RunEnd } from './run-store.ts';

export type Outcome =
  | { readonly kind: 'end'; readonly end: RunEnd }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly error: TaskRunError };

export interface AttemptFacts {
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly retry: RetryOptions | undefined;
}

/** What follows from the result of an attempt. Retry decisions are the package's own functions. */
export function outcomeOf(result: TaskRunExecutionResult, facts: AttemptFacts): Outcome {
  if (result.ok) {
    const end = {
      status: 'COMPLETED',
      output: result.output ?? null,
      outputType: result.outputType,
    } as const;
    return { kind: 'end', end };
  }
  const error = sanitizeError(result.error);
  const enhanced = taskRunErrorEnhancer(result.error);
  const failed: Outcome = { kind: 'end', end: { status: statusOfError(error), error } };
  if (result.skippedRetrying || !shouldRetryError(enhanced)) return failed;
  if (facts.attempt >= facts.maxAttempts) return failed;
  const delayMs =
    result.retry?.delay ?? (shouldLookupRetrySettings(enhanced) ? lookUpDelay(facts) : undefined);
  return delayMs === undefined ? failed : { kind: 'retry', delayMs: Math.max(0, delayMs), error };
}

/** What follows when the process of an attempt was lost: the same, whatever killed it. */
export function outcomeOfLoss(error: TaskRunError, facts: AttemptFacts, stalledRetryMs: number): Outcome {
  if (facts.attempt >= facts.maxAttempts)
    return { kind: 'end', end: { status: statusOfError(error), error } };
  return { kind: 'retry', delayMs: stalledRetryMs, error };
}

function lookUpDelay(facts: AttemptFacts): number | undefined {
  return (
    facts.retry && calculateNextRetryDelay({ ...facts.retry, maxAttempts: facts.maxAttempts }, facts.attempt)
  );
}

/** The final status that an error gives its run: the user's failure, a crash, or the system's. */
export function statusOfError(
  error: TaskRunError,
): 'FAILED' | 'CANCELED' | 'TIMED_OUT' | 'CRASHED' | 'SYSTEM_FAILURE' {
  if (error.type !== 'INTERNAL_ERROR') return 'FAILED';
  switch (error.code) {
    case 'TASK_RUN_CANCELLED':
      return 'CANCELED';
    case 'MAX_DURATION_EXCEEDED':
      return 'TIMED_OUT';
    case 'RECURSIVE_WAIT_DEADLOCK':
    case 'TASK_INPUT_ERROR':
    case 'TASK_OUTPUT_ERROR':
    case 'TASK_MIDDLEWARE_ERROR':
    case 'TASK_RUN_UNCAUGHT_EXCEPTION':
    case 'TASK_RUN_STALLED_EXECUTING':
    case 'TASK_RUN_STALLED_EXECUTING_WITH_WAITPOINTS':
      return 'FAILED';
    case 'TASK_PROCESS_OOM_KILLED':
    case 'TASK_PROCESS_MAYBE_OOM_KILLED':
    case 'TASK_PROCESS_SIGSEGV':
    case 'TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE':
    case 'TASK_RUN_CRASHED':
    case 'DISK_SPACE_EXCEEDED':
    case 'OUTDATED_SDK_VERSION':
    case 'HANDLE_ERROR_ERROR':
      return 'CRASHED';
    default:
      return 'SYSTEM_FAILURE';
  }
}
