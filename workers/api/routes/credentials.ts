import { Hono } from 'hono';
import * as z from 'zod';
import { checkCredential } from '../../../core/credential/check.ts';
import { deleteCredential } from '../../../core/credential/delete.ts';
import { listCredentials } from '../../../core/credential/list.ts';
import { ServiceName, StoreCredential } from '../../../core/credential/schema.ts';
import { storeCredential } from '../../../core/credential/store.ts';
import type { AppEnv } from '../app-env.ts';
import { jsonBody } from '../http/json-body.ts';
import { pageBody } from '../http/page-body.ts';
import { PageQuery, pageRequest, path, query } from '../http/params.ts';

export const Service = z.object({ service_name: ServiceName });

export const credentialRoutes = new Hono<AppEnv>()
  .get('/', query(PageQuery), async (c) => {
    const page = await listCredentials(c.var.call, pageRequest(c.req.valid('query')));
    return c.json(pageBody(page));
  })
  .post('/', jsonBody(StoreCredential), async (c) => {
    const call = { ...c.var.call, sealer: c.var.ports.sealer };
    const { credential, replaced } = await storeCredential(call, c.req.valid('json'));
    if (replaced) return c.json({ data: credential }, 200);
    return c.json({ data: credential }, 201, {
      Location: `/api/v1/workspace/credentials/check/${credential.service_name}`,
    });
  })
  .get('/check/:service_name', path(Service), async (c) => {
    const check = await checkCredential(c.var.call, c.req.valid('param').service_name);
    return c.json({ data: check });
  })
  .delete('/:service_name', path(Service), async (c) => {
    await deleteCredential(c.var.call, c.req.valid('param').service_name);
    return c.body(null, 204);
  });
