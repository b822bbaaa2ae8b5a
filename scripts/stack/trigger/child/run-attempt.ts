import {
  attemptKey,
  resourceCatalog,
  type ServerBackgroundWorker,
  TaskRunContext,
  type TaskRunErrorCodes,
  type TaskRunExecution,
  type TaskRunExecutionResult,
  type TriggerConfig,
  taskContext,
  timeout,
} from '@trigger.dev/core/v3';
import { NO_FILE_CONTEXT, TaskExecutor, TracingSDK, usage } from '@trigger.dev/core/v3/workers';
import { consoleInterceptor, tracer } from './logging.ts';
import type { Managers } from './managers.ts';

/** How often changes of `metadata` go to the runtime while a run executes, milliseconds. */
const METADATA_FLUSH_MS = 1000;

export interface Attempt {
  readonly execution: TaskRunExecution;
  readonly worker: ServerBackgroundWorker;
  readonly isWarmStart: boolean;
  readonly executionCount: number;
  readonly traceContext: Record<string, unknown>;
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal;
}

/** Executes one attempt and returns its result with the metadata that is not flushed yet. Never throws. */
export async function runAttempt(
  attempt: Attempt,
  managers: Managers,
  config: Partial<TriggerConfig>,
): Promise<TaskRunExecutionResult> {
  const { execution } = attempt;
  managers.reset();
  managers.traces.traceContext = attempt.traceContext;
  managers.inputs.setRunId(execution.run.id, execution.run.realtimeStreamsVersion);
  const ctx = TaskRunContext.parse(execution);
  taskContext.setGlobalTaskContext({ ctx, worker: attempt.worker, isWarmStart: attempt.isWarmStart });

  const task = resourceCatalog.getTask(execution.task.id);
  if (!task) {
    return failure(
      execution,
      'COULD_NOT_FIND_EXECUTOR',
      `No task file exports a task "${execution.task.id}".`,
    );
  }
  managers.metadata.runId = execution.run.id;
  managers.metadata.runIdIsRoot = execution.run.rootTaskRunId === undefined;

  const executor = new TaskExecutor(task, {
    tracer,
    tracingSDK: unusedTracingSdk(),
    consoleInterceptor,
    isWarmStart: attempt.isWarmStart,
    executionCount: attempt.executionCount,
    ...(config.retries && { retries: config.retries }),
  });
  try {
    managers.heartbeats.startHeartbeat(attemptKey(execution));
    managers.metadata.startPeriodicFlush(METADATA_FLUSH_MS);
    managers.usageManager.setInitialState({ cpuTime: execution.run.durationMs ?? 0, costInCents: 0 });
    const measurement = usage.start();
    const overtime = timeout.abortAfterTimeout(execution.run.maxDuration);
    const signal = AbortSignal.any([attempt.signal, overtime.signal]);
    // Lets a task file that is imported during the run register its tasks.
    resourceCatalog.setCurrentFileContext(NO_FILE_CONTEXT, NO_FILE_CONTEXT);
    const { result } = await executor.execute(execution, ctx, signal);
    const { cpuTime } = usage.stop(measurement);
    return {
      ...result,
      usage: { durationMs: cpuTime },
      flushedMetadata: await managers.metadata.stopAndReturnLastFlush(),
    };
  } catch (error) {
    return failure(
      execution,
      'CONFIGURED_INCORRECTLY',
      error instanceof Error ? error.message : String(error),
    );
  } finally {
    managers.heartbeats.stopHeartbeat();
    managers.timeouts.reset();
    managers.metadata.stopPeriodicFlush();
    resourceCatalog.clearCurrentFileContext();
  }
}

function failure(
  execution: TaskRunExecution,
  code: keyof typeof TaskRunErrorCodes,
  message: string,
): TaskRunExecutionResult {
  return { ok: false, id: execution.run.id, error: { type: 'INTERNAL_ERROR', code, message } };
}

/**
 * `TaskExecutor` takes a `TracingSDK` and never touches it (4.8.3); a real one would start exporters and
 * host metrics in every child. This stands in, and says so if a later version does use it.
 */
function unusedTracingSdk(): TracingSDK {
  const target: TracingSDK = Object.create(TracingSDK.prototype);
  return new Proxy(target, {
    get(_target, name) {
      throw new Error(
        `TaskExecutor used TracingSDK.${String(name)}, which the embedded runtime does not provide`,
      );
    },
  });
}
