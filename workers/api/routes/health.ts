import { Hono } from 'hono';
import * as z from 'zod';
import { Problem } from '../../../core/problem/problem.ts';
import type { AppEnv } from '../app-env.ts';

export const Health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
export const Readiness = z
  .object({ status: z.literal('ready'), checks: z.object({ database: z.boolean(), trigger: z.boolean() }) })
  .meta({ id: 'Readiness' });

/** Alive: the isolate runs. Asks nobody, so that a dead database does not get healthy Workers replaced. */
export const healthRoutes = new Hono<AppEnv>().get('/health', (c) => c.json(Health.parse({ status: 'ok' })));

/** Ready: what requests need behind the Worker answers, too. */
export const readyRoutes = new Hono<AppEnv>().get('/ready', async (c) => {
  const checks = await c.var.ports.probe();
  const failing = Object.entries(checks).flatMap(([name, ok]) => (ok ? [] : [name]));
  if (failing.length > 0) throw new Problem('unavailable', `Not answering: ${failing.join(', ')}.`);
  return c.json(Readiness.parse({ status: 'ready', checks }));
});
