import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Admits only `Authorization: Bearer <secretKey>`. Digests are compared, so timing tells nothing of the key. */
export function requireSecretKey(secretKey: string): MiddlewareHandler {
  const expected = digest(secretKey);
  return async function auth(c, next) {
    const [scheme, token] = (c.req.header('authorization') ?? '').split(' ');
    const admitted = timingSafeEqual(digest(token ?? ''), expected);
    if (!admitted || scheme?.toLowerCase() !== 'bearer') return c.json({ error: 'Invalid API key' }, 401);
    await next();
  };
}
