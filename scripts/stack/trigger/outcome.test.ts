import type { TaskRunError, TaskRunExecutionResult } from '@trigger.dev/core/v3';
import { describe, expect, it } from 'vitest';
import { outcomeOf, outcomeOfLoss, statusOfError } from './outcome.ts';

const thrown: TaskRunError = { type: 'BUILT_IN_ERROR', name: 'Error', message: 'no', stackTrace: '' };
const internal = (code: Extract<TaskRunError, { type: 'INTERNAL_ERROR' }>['code']): TaskRunError => ({
  type: 'INTERNAL_ERROR',
  code,
});
const failed = (error: TaskRunError, more = {}): TaskRunExecutionResult => ({
  ok: false,
  id: 'run_1',
  error,
  ...more,
});
const retry = { maxAttempts: 3, minTimeoutInMs: 100, maxTimeoutInMs: 1000, factor: 2, randomize: false };
const facts = (attempt: number, maxAttempts = 3) => ({ attempt, maxAttempts, retry });

describe('the outcome of an attempt', () => {
  it('is the output of one that succeeded', () => {
    const result = { ok: true, id: 'run_1', output: '1', outputType: 'application/json' } as const;
    const end = { status: 'COMPLETED', output: '1', outputType: 'application/json' };
    expect(outcomeOf(result, facts(1))).toEqual({ kind: 'end', end });
  });

  it('is a retry with the delay that the executor worked out', () => {
    const result = failed(thrown, { retry: { timestamp: 0, delay: 77 } });
    expect(outcomeOf(result, facts(1))).toMatchObject({ kind: 'retry', delayMs: 77 });
  });

  it.each([
    ['the executor gave no delay', failed(thrown), facts(1)],
    ['no attempt is left', failed(thrown, { retry: { timestamp: 0, delay: 1 } }), facts(3)],
    [
      'it asked for none',
      failed(thrown, { skippedRetrying: true, retry: { timestamp: 0, delay: 1 } }),
      facts(1),
    ],
    [
      'its error cannot be retried',
      failed(internal('COULD_NOT_FIND_TASK'), { retry: { timestamp: 0, delay: 1 } }),
      facts(1),
    ],
  ])('is the end when %s', (_case, result, at) => {
    expect(outcomeOf(result, at)).toMatchObject({ kind: 'end' });
  });

  it("takes the delay of the task's settings after an uncaught exception", () => {
    const result = failed(internal('TASK_RUN_UNCAUGHT_EXCEPTION'));
    expect(outcomeOf(result, facts(2))).toMatchObject({ kind: 'retry', delayMs: 200 });
    expect(outcomeOf(result, { ...facts(1), retry: undefined })).toMatchObject({ kind: 'end' });
  });

  it('of a lost process is a retry after the pause given, while attempts are left', () => {
    const error = internal('TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE');
    expect(outcomeOfLoss(error, facts(2), 250)).toEqual({ kind: 'retry', delayMs: 250, error });
    expect(outcomeOfLoss(error, facts(3), 250)).toEqual({ kind: 'end', end: { status: 'CRASHED', error } });
  });

  it.each([
    [thrown, 'FAILED'],
    [internal('TASK_RUN_CANCELLED'), 'CANCELED'],
    [internal('MAX_DURATION_EXCEEDED'), 'TIMED_OUT'],
    [internal('TASK_RUN_STALLED_EXECUTING'), 'FAILED'],
    [internal('TASK_PROCESS_OOM_KILLED'), 'CRASHED'],
    [internal('COULD_NOT_FIND_EXECUTOR'), 'SYSTEM_FAILURE'],
  ])('%j ends a run as %s', (error, status) => {
    expect(statusOfError(error)).toBe(status);
  });
});
