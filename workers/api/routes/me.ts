import { Hono } from 'hono';
import { readMe } from '../../../core/workspace/me.ts';
import type { AppEnv } from '../app-env.ts';

export const meRoutes = new Hono<AppEnv>().get('/', async (c) => {
  const { actor } = c.var;
  const caller =
    actor.type === 'user' ? { id: actor.userId, email: actor.email } : { id: actor.apiKeyId, email: null };
  return c.json({ data: await readMe(c.var.db, caller) });
});
