import { flushCompileCache } from 'node:module';
import {
  ExecutorToWorkerMessageCatalog,
  lifecycleHooks,
  runtime,
  type TriggerConfig,
  timeout,
  WorkerToExecutorMessageCatalog,
} from '@trigger.dev/core/v3';
import { SharedRuntimeManager } from '@trigger.dev/core/v3/workers';
import { ZodIpcConnection } from '@trigger.dev/core/v3/zodIpc';
import { loadTasks } from './load-tasks.ts';
import { installTaskLogger } from './logging.ts';
import { installManagers } from './managers.ts';
import { notify } from './notify.ts';
import { ChildSetup } from './protocol.ts';
import { runAttempt } from './run-attempt.ts';

// The runtime is gone: whoever takes over will attempt the run again, so this attempt must stop now.
// A signal, not an exit, which would first run what tasks registered for it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches the whole process group; it is the runtime that decides when its children end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

const setup = ChildSetup.parse(JSON.parse(process.argv[2] ?? '{}'));
const apiUrl = process.env.TRIGGER_API_URL ?? '';
const managers = installManagers(apiUrl, setup.heartbeatMs);

let config: Partial<TriggerConfig> = {};
let executionCount = 0;
let current: { readonly runId: string; readonly cancel: AbortController } | undefined;

const ipc = new ZodIpcConnection({
  listenSchema: WorkerToExecutorMessageCatalog,
  emitSchema: ExecutorToWorkerMessageCatalog,
  process,
  handlers: {
    EXECUTE_TASK_RUN: async ({ execution, metadata, isWarmStart, traceContext }, sender) => {
      const cancel = new AbortController();
      const runId = execution.run.id;
      current = { runId, cancel };
      executionCount += 1;
      sharedRuntime.reset();
      const result = await runAttempt(
        {
          execution,
          worker: metadata,
          isWarmStart: isWarmStart ?? false,
          executionCount,
          traceContext,
          signal: cancel.signal,
        },
        managers,
        config,
      );
      current = undefined;
      if (!cancel.signal.aborted) await sender.send('TASK_RUN_COMPLETED', { execution, result });
      notify({ type: 'SETTLED', runId });
    },
    CANCEL: async ({ timeoutInMs }) => {
      current?.cancel.abort('run cancelled');
      await Promise.race([
        lifecycleHooks.callOnCancelHookListeners(),
        new Promise((resolve) => setTimeout(resolve, timeoutInMs)),
      ]);
      await managers.metadata.flush();
    },
    FLUSH: async () => {
      await managers.metadata.flush();
    },
    RESOLVE_WAITPOINT: async ({ waitpoint }) => {
      await sharedRuntime.resolveWaitpoints([waitpoint]);
    },
  },
});

const sharedRuntime = new SharedRuntimeManager(ipc, false);
runtime.setGlobalRuntimeManager(sharedRuntime);
managers.heartbeats.registerListener((id) => ipc.send('TASK_HEARTBEAT', { id }));
timeout.registerListener((maxDurationInSeconds, elapsedTimeInSeconds) =>
  ipc.send('MAX_DURATION_EXCEEDED', { maxDurationInSeconds, elapsedTimeInSeconds }),
);

process.on('uncaughtException', (thrown, origin) => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  void ipc.send('UNCAUGHT_EXCEPTION', {
    error: { name: error.name, message: error.message, ...(error.stack && { stack: error.stack }) },
    origin,
  });
});

try {
  const loaded = await loadTasks(setup, managers);
  config = loaded.config;
  installTaskLogger(config.logLevel ?? 'info');
  // For the next child. Before "ready", because the end of a child, always by a signal, writes nothing.
  flushCompileCache();
  notify({ type: 'READY', catalog: loaded.catalog });
} catch (error) {
  notify({ type: 'UNUSABLE', message: error instanceof Error ? error.message : String(error) });
  process.disconnect();
}
