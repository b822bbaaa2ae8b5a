import { Hono } from 'hono';
import { readMe } from '../../../core/workspace/me.ts';
import type { AppEnv } from '../app-env.ts';

export const meRoutes = new Hono<AppEnv>().get('/', async (c) => {
  const me = await readMe(c.var.db, c.var.actor);
  return c.json({ data: me });
});
