import {
  apiClientManager,
  clock,
  heartbeats,
  inputStreams,
  lifecycleHooks,
  localsAPI,
  realtimeStreams,
  resourceCatalog,
  runMetadata,
  runTimelineMetrics,
  sessionStreams,
  taskContext,
  timeout,
  traceContext,
  waitUntil,
} from '@trigger.dev/core/v3';
import {
  DevUsageManager,
  DurableClock,
  StandardHeartbeatsManager,
  StandardInputStreamManager,
  StandardLifecycleHooksManager,
  StandardLocalsManager,
  StandardMetadataManager,
  StandardRealtimeStreamsManager,
  StandardResourceCatalog,
  StandardRunTimelineMetricsManager,
  StandardSessionStreamManager,
  StandardTraceContextManager,
  StandardWaitUntilManager,
  UsageTimeoutManager,
  usage,
} from '@trigger.dev/core/v3/workers';

/** How long `waitUntil` promises may hold a finished run open, milliseconds. */
const WAIT_UNTIL_TIMEOUT_MS = 60_000;

export type Managers = ReturnType<typeof installManagers>;

/**
 * Installs the package's process-global managers, which `task()` definitions, hooks and `TaskExecutor`
 * reach through module state. They hold the state of one run, hence one run per process, and `reset()`
 * before each.
 */
export function installManagers(apiUrl: string, heartbeatMs: number) {
  const api = apiClientManager.clientOrThrow();

  const locals = new StandardLocalsManager();
  localsAPI.setGlobalLocalsManager(locals);
  const hooks = new StandardLifecycleHooksManager();
  lifecycleHooks.setGlobalLifecycleHooksManager(hooks);
  const timeline = new StandardRunTimelineMetricsManager();
  runTimelineMetrics.setGlobalManager(timeline);
  const usageManager = new DevUsageManager();
  usage.setGlobalUsageManager(usageManager);
  const timeouts = new UsageTimeoutManager(usageManager);
  timeout.setGlobalManager(asDeclared(timeouts));
  const catalog = new StandardResourceCatalog();
  resourceCatalog.setGlobalResourceCatalog(catalog);
  const traces = new StandardTraceContextManager();
  traceContext.setGlobalManager(asDeclared(traces));
  const durableClock = new DurableClock();
  clock.setGlobalClock(durableClock);
  const metadata = new StandardMetadataManager(api);
  runMetadata.setGlobalManager(metadata);
  const streams = new StandardRealtimeStreamsManager(api, apiUrl);
  realtimeStreams.setGlobalManager(streams);
  const inputs = new StandardInputStreamManager(api, apiUrl);
  inputStreams.setGlobalManager(inputs);
  const sessions = new StandardSessionStreamManager(api, apiUrl);
  sessionStreams.setGlobalManager(sessions);
  const background = new StandardWaitUntilManager(WAIT_UNTIL_TIMEOUT_MS);
  waitUntil.setGlobalManager(background);
  const beats = new StandardHeartbeatsManager(heartbeatMs);
  heartbeats.setGlobalManager(beats);

  return {
    catalog,
    metadata,
    usageManager,
    traces,
    heartbeats: beats,
    inputs,
    timeouts,
    reset(): void {
      locals.reset();
      hooks.reset();
      timeline.reset();
      usageManager.reset();
      timeouts.reset();
      metadata.reset();
      streams.reset();
      inputs.reset();
      sessions.reset();
      background.reset();
      durableClock.reset();
      taskContext.disable();
      traces.reset();
      beats.reset();
      // A run ends only when the streams it opened are through.
      background.register({
        requiresResolving: () => streams.hasActiveStreams(),
        promise: (timeoutMs) => streams.waitForAllStreams(timeoutMs),
      });
    },
  };
}

/**
 * The package was compiled without `exactOptionalPropertyTypes`, under which two of its classes do not
 * satisfy its own interfaces (`signal?: AbortSignal` against `AbortSignal | undefined`).
 */
function asDeclared<T>(manager: object): T {
  return manager as T;
}
