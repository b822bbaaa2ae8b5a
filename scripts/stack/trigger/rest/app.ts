import { Hono } from 'hono';
import { RequestError } from '../accept.ts';
import type { Logger } from '../log.ts';
import { requireSecretKey } from './auth.ts';
import type { RestContext } from './context.ts';
import { runRoutes } from './runs.ts';
import { taskRoutes } from './tasks.ts';

/**
 * The part of Trigger.dev's REST API that its SDK calls. Requests wait for `ready`: before, it is not known which
 * queue a task has.
 */
export function restApp(context: RestContext, secretKey: string, logger: Logger, ready: Promise<void>): Hono {
  const app = new Hono();
  app.onError((error, c) => {
    if (error instanceof RequestError) return c.json({ error: error.message }, error.status);
    logger('error', 'request failed', { path: c.req.path, error: error.stack ?? error.message });
    return c.json({ error: 'Internal Server Error' }, 500);
  });
  app.notFound((c) => c.json({ error: 'Not found' }, 404));
  app.get('/healthcheck', (c) => c.text('OK'));
  app.use(requireSecretKey(secretKey));
  app.use(async (_c, next) => {
    await ready;
    await next();
  });
  app.route('/', taskRoutes(context));
  app.route('/', runRoutes(context));
  return app;
}
