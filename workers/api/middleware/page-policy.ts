import type { MiddlewareHandler } from 'hono';

/** Long enough for a visit. The files' names do not change with their content. */
const MAX_AGE_SECONDS = 300;

/**
 * What the reference page may do, in place of the API's own "nothing": load from and talk to this origin. Its icons are
 * data URLs in its style sheet. Registered before `secureHeaders`, so that it has the last word.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function pagePolicy(): MiddlewareHandler {
  return async function pagePolicy(c, next) {
    await next();
    if (c.res.status !== 200) return;
    c.header('Content-Security-Policy', POLICY);
    c.header('Cache-Control', `public, max-age=${MAX_AGE_SECONDS}`);
  };
}
