import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { PortsVariables } from './with-ports.ts';

/** How long a browser may remember a preflight; Chrome keeps none longer than this. */
const PREFLIGHT_SECONDS = 7200;

export interface AllowedOriginsOptions {
  readonly allowHeaders?: string[];
  readonly exposeHeaders?: string[];
}

/**
 * CORS for the configured origins and no others. Tokens travel in a header, so no cookie and no other ambient
 * credential is ever asked for (`Access-Control-Allow-Credentials` stays away).
 */
export function allowedOrigins(
  options: AllowedOriginsOptions = {},
): MiddlewareHandler<{ Variables: PortsVariables }> {
  const handler = cors({
    origin: (origin, c) => (c.get('ports').config.allowedOrigins.includes(origin) ? origin : null),
    allowMethods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowHeaders: options.allowHeaders ?? [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'If-None-Match',
      'Prefer',
      'X-Request-Id',
      'X-Workspace-Id',
    ],
    exposeHeaders: options.exposeHeaders ?? [
      'ETag',
      'Idempotency-Replayed',
      'Location',
      'Preference-Applied',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'X-Request-Id',
    ],
    maxAge: PREFLIGHT_SECONDS,
  });
  return async function allowedOrigins(c, next) {
    return handler(c, next);
  };
}
