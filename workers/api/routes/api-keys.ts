import { type Context, Hono } from 'hono';
import { createApiKey } from '../../../core/api-key/create.ts';
import { newSecret } from '../../../core/api-key/format.ts';
import { listApiKeys } from '../../../core/api-key/list.ts';
import { revokeApiKey } from '../../../core/api-key/revoke.ts';
import { CreateApiKey } from '../../../core/api-key/schema.ts';
import type { AppEnv } from '../app-env.ts';
import { callerOf } from '../auth/actor.ts';
import { jsonBody } from '../http/json-body.ts';
import { pageBody } from '../http/page-body.ts';
import { Id, PageQuery, pageRequest, path, query } from '../http/params.ts';

export const apiKeyRoutes = new Hono<AppEnv>()
  .get('/', query(PageQuery), async (c) => {
    return c.json(pageBody(await listApiKeys(c.var.call, pageRequest(c.req.valid('query')))));
  })
  .post('/', jsonBody(CreateApiKey), async (c) => {
    const { now } = c.var.ports.runtime;
    const ports = { now, secretFor: (id: string) => secretFor(c, id) };
    const created = await createApiKey(c.var.call, c.req.valid('json'), ports);
    return c.json({ data: created }, 201);
  })
  .post('/:id/revoke', path(Id), async (c) => {
    return c.json({ data: await revokeApiKey(c.var.call, c.req.valid('param').id) });
  });

/**
 * Random, unless the call may be replayed: then derived from the caller's Idempotency-Key and the id, under a key that
 * never leaves the Worker, so that a replay can show what is stored nowhere.
 */
async function secretFor(c: Context<AppEnv>, id: string): Promise<string> {
  const { idempotencyKey, actor, ports } = c.var;
  if (idempotencyKey === null) return newSecret((length) => crypto.getRandomValues(new Uint8Array(length)));
  return ports.repeatableSecret(callerOf(actor), idempotencyKey, id);
}
