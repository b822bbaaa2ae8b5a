import { Hono } from 'hono';
import { RequestError } from '../accept.ts';
import type { Packets } from '../packets.ts';
import type { RestContext } from './context.ts';

/** Asking for presigned URLs; behind the API key. */
export function packetRoutes({ packets, runs }: RestContext): Hono {
  return new Hono()
    .put('/api/v2/packets/:name', (c) => {
      const name = c.req.param('name');
      return c.json({ presignedUrl: packets.presign('PUT', name), storagePath: name });
    })
    .get('/api/v1/packets/:name', (c) =>
      c.json({ presignedUrl: packets.presign('GET', c.req.param('name')) }),
    )
    .get('/api/v1/runs/:runId/packets/:field', (c) => {
      const run = runs.get(c.req.param('runId'));
      const [name, type] =
        c.req.param('field') === 'output'
          ? [run?.output, run?.output_type]
          : [run?.payload, run?.payload_type];
      if (!name || type !== 'application/store') throw new RequestError('Packet not found', 404);
      return c.json({ presignedUrl: packets.presign('GET', name) });
    });
}

/** The presigned URLs themselves; their signature is the right to use them. */
export function presignedRoutes(packets: Packets): Hono {
  return new Hono()
    .use('/packets/:name', async (c, next) => {
      const { expires = '', signature = '' } = c.req.query();
      const method = c.req.method === 'PUT' ? 'PUT' : 'GET';
      if (!packets.verify(method, c.req.param('name'), expires, signature)) {
        return c.json({ error: 'Invalid signature' }, 403);
      }
      await next();
    })
    .put('/packets/:name', async (c) => {
      const type = c.req.header('content-type') ?? 'application/json';
      packets.put(c.req.param('name'), type, new Uint8Array(await c.req.arrayBuffer()));
      return c.body(null, 200);
    })
    .get('/packets/:name', (c) => {
      const packet = packets.get(c.req.param('name'));
      if (!packet) throw new RequestError('Packet not found', 404);
      return c.body(packet.data, 200, { 'content-type': packet.contentType });
    });
}
