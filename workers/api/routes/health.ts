import { Hono } from 'hono';
import { Problem } from '../../../core/problem/problem.ts';
import type { AppEnv } from '../app-env.ts';

/** Alive: the isolate runs. Asks nobody, so that a dead database does not get healthy Workers replaced. */
export const healthRoutes = new Hono<AppEnv>().get('/health', (c) => c.json({ status: 'ok' as const }));

/** Ready: what requests need behind the Worker answers, too. */
export const readyRoutes = new Hono<AppEnv>().get('/ready', async (c) => {
  const checks = await c.var.ports.probe();
  const failing = Object.entries(checks).flatMap(([name, ok]) => (ok ? [] : [name]));
  if (failing.length > 0) throw new Problem('unavailable', `Not answering: ${failing.join(', ')}.`);
  return c.json({ status: 'ready' as const, checks });
});
