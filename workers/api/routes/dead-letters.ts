import { Hono } from 'hono';
import * as z from 'zod';
import { dismissDeadLetter } from '../../../core/execution/dismiss-dead-letter.ts';
import { listDeadLetters } from '../../../core/execution/list-dead-letters.ts';
import { ErrorClass } from '../../../core/execution/schema.ts';
import { summarizeDeadLetters } from '../../../core/execution/summarize-dead-letters.ts';
import type { AppEnv } from '../app-env.ts';
import { pageBody } from '../http/page-body.ts';
import { Id, PageQuery, pageRequest, path, query } from '../http/params.ts';

export const DeadLetterQuery = PageQuery.extend({
  connector_id: z.uuid().optional(),
  error_class: ErrorClass.optional(),
});

export const deadLetterRoutes = new Hono<AppEnv>()
  .get('/', query(DeadLetterQuery), async (c) => {
    const valid = c.req.valid('query');
    const filter = { connectorId: valid.connector_id, errorClass: valid.error_class };
    return c.json(pageBody(await listDeadLetters(c.var.call, pageRequest(valid), filter)));
  })
  .get('/summary', async (c) => c.json({ data: await summarizeDeadLetters(c.var.call) }))
  .post('/:id/dismiss', path(Id), async (c) =>
    c.json({ data: await dismissDeadLetter(c.var.call, c.req.valid('param').id, true) }),
  )
  .post('/:id/restore', path(Id), async (c) =>
    c.json({ data: await dismissDeadLetter(c.var.call, c.req.valid('param').id, false) }),
  );
