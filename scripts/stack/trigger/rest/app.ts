import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { RequestError } from '../accept.ts';
import type { Logger } from '../log.ts';
import { requireSecretKey } from './auth.ts';
import { batchRoutes } from './batches.ts';
import type { RestContext } from './context.ts';
import { inTaskRoutes } from './in-task.ts';
import { listRunsRoute } from './list-runs.ts';
import { packetRoutes, presignedRoutes } from './packets.ts';
import { runRoutes } from './runs.ts';
import { scheduleRoutes } from './schedules.ts';
import { taskRoutes } from './tasks.ts';
import { telemetryRoutes } from './telemetry.ts';

/** A packet may be 10 MiB on the platform; a batch's items come in one request. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/**
 * The part of Trigger.dev's REST API that its SDK calls. Requests wait for `ready`: before, it is not
 * known which queue a task has.
 */
export function restApp(context: RestContext, secretKey: string, logger: Logger, ready: Promise<void>): Hono {
  const app = new Hono();
  app.onError((error, c) => {
    if (error instanceof RequestError) return c.json({ error: error.message }, error.status);
    logger('error', 'request failed', { path: c.req.path, error: error.stack ?? error.message });
    return c.json({ error: 'Internal Server Error' }, 500);
  });
  app.notFound((c) => c.json({ error: 'Not found' }, 404));
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (c) => c.json({ error: 'Request body is too large' }, 413),
    }),
  );
  app.get('/healthcheck', (c) => c.text('OK'));
  app.route('/', presignedRoutes(context.packets));
  app.use(requireSecretKey(secretKey));
  app.route('/', telemetryRoutes());
  app.use(async (_c, next) => {
    await ready;
    await next();
  });
  app.route('/', taskRoutes(context));
  app.route('/', batchRoutes(context));
  app.route('/', listRunsRoute(context));
  app.route('/', runRoutes(context));
  app.route('/', inTaskRoutes(context));
  app.route('/', scheduleRoutes(context));
  app.route('/', packetRoutes(context));
  return app;
}
