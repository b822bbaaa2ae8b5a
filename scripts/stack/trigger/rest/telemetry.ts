import { Hono } from 'hono';

/**
 * The OTLP endpoints take and drop what comes. Children send none: their log lines go to the runtime over
 * IPC. A task with an exporter of its own must not fail for want of a receiver.
 */
export function telemetryRoutes(): Hono {
  const routes = new Hono();
  for (const signal of ['traces', 'logs', 'metrics']) routes.post(`/v1/${signal}`, (c) => c.json({}));
  return routes;
}
