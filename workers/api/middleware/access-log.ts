import type { Context, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Log, LogLevel } from '../log.ts';

/**
 * One line for each request. It names the route's pattern, never the URL: a query or a path can hold what nobody
 * should find in a log.
 */
export function accessLog(options: { log: Log; now(): number }): MiddlewareHandler {
  return async function accessLog(c, next) {
    const startedAt = options.now();
    await next();
    options.log(levelOf(c.res.status), 'request', {
      requestId: c.get('requestId'),
      method: c.req.method,
      route: routePath(c, -1),
      status: c.res.status,
      durationMs: options.now() - startedAt,
      ...callerIn(c),
      workspaceId: textIn(c, 'workspaceId'),
    });
  };
}

/** A key in place of a user when a key calls. */
function callerIn(c: Context): { apiKeyId: string } | { userId: string | null } {
  const apiKeyId = textIn(c, 'apiKeyId');
  return apiKeyId === null ? { userId: textIn(c, 'userId') } : { apiKeyId };
}

/** Set by the middleware behind this one, if the request came that far. */
function textIn(c: Context, key: string): string | null {
  const value: unknown = c.get(key);
  return typeof value === 'string' ? value : null;
}

function levelOf(status: number): LogLevel {
  if (status >= 500) return 'error';
  return 'info';
}
