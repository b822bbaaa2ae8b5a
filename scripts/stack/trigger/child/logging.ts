import { logger, taskContext } from '@trigger.dev/core/v3';
import { TriggerTracer } from '@trigger.dev/core/v3/tracer';
import { ConsoleInterceptor, OtelTaskLogger } from '@trigger.dev/core/v3/workers';
import type { LogLevel } from '../log.ts';
import { notify } from './notify.ts';

type OtelLogger = ConstructorParameters<typeof ConsoleInterceptor>[0];

/** OpenTelemetry severity numbers: 1–4 trace, 5–8 debug, 9–12 info, 13–16 warn, 17 and above error. */
function levelOf(severity: number | undefined): LogLevel {
  if (severity === undefined) return 'info';
  if (severity >= 17) return 'error';
  if (severity >= 13) return 'warn';
  return severity >= 9 ? 'info' : 'debug';
}

/** The package's own presentation attributes ("$style.icon", …) mean nothing in a log line. */
const isPresentation = (name: string): boolean => name.startsWith('$');

/**
 * Takes the log records of `logger.*` and of the intercepted console and sends them to the parent. It
 * stands where an OpenTelemetry exporter would: nothing is batched, so a crash loses no line.
 */
const parentLogger: OtelLogger = {
  emit(record) {
    const ctx = taskContext.ctx;
    const attributes = Object.entries(record.attributes ?? {}).filter(([name]) => !isPresentation(name));
    notify({
      type: 'LOG',
      level: levelOf(record.severityNumber),
      message: typeof record.body === 'string' ? record.body : JSON.stringify(record.body ?? ''),
      fields: {
        ...(ctx && { runId: ctx.run.id, taskIdentifier: ctx.task.id, attempt: ctx.attempt.number }),
        ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
      },
    });
  },
  enabled: () => true,
};

/** Spans go nowhere: without a registered provider the OpenTelemetry API hands out no-op ones. */
export const tracer = new TriggerTracer({ name: 'patchbay-trigger', version: '1' });

export const consoleInterceptor = new ConsoleInterceptor(parentLogger, false, false);

export function installTaskLogger(level: 'none' | 'error' | 'warn' | 'info' | 'debug' | 'log'): void {
  logger.setGlobalTaskLogger(new OtelTaskLogger({ logger: parentLogger, tracer, level }));
}
