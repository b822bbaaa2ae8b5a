import {
  AddTagsRequestBody,
  UpdateMetadataRequestBody,
  WaitForDurationRequestBody,
} from '@trigger.dev/core/v3';
import { Hono } from 'hono';
import * as z from 'zod';
import { RequestError, tagsOf } from '../accept.ts';
import { applyMetadata } from '../metadata.ts';
import type { Run } from '../run.ts';
import { bodyOf } from './body.ts';
import type { RestContext } from './context.ts';

const ResetBody = z.object({ taskIdentifier: z.string() });

/** What a task calls while it runs: metadata, tags, waits; and the reset of idempotency keys. */
export function inTaskRoutes({ runs, clock, waitpoints, wake }: RestContext): Hono {
  const existing = (id: string): Run => {
    const run = runs.get(id);
    if (!run) throw new RequestError('Run not found', 404);
    return run;
  };
  return new Hono()
    .get('/api/v1/runs/:runId/metadata', (c) =>
      c.json({ metadata: existing(c.req.param('runId')).metadata ?? {} }),
    )
    .put('/api/v1/runs/:runId/metadata', async (c) => {
      const run = existing(c.req.param('runId'));
      const change = await bodyOf(c, UpdateMetadataRequestBody);
      return c.json({ metadata: applyMetadata(runs, run.id, change, clock()) ?? {} });
    })
    .post('/api/v1/runs/:runId/tags', async (c) => {
      const { tags } = await bodyOf(c, AddTagsRequestBody);
      const run = existing(c.req.param('runId'));
      const all = tagsOf([...run.tags, ...(typeof tags === 'string' ? [tags] : tags)]);
      const added = all.length - run.tags.length;
      if (added === 0) return c.json({ message: 'No new tags to add' });
      runs.setTags(run.id, all, clock());
      return c.json({ message: `Successfully set ${added} new tags.` });
    })
    .post('/engine/v1/runs/:runId/wait/duration', async (c) => {
      const run = existing(c.req.param('runId'));
      const { id, dueAt } = waitpoints.waitFor(run.id, await bodyOf(c, WaitForDurationRequestBody));
      wake();
      return c.json({ waitUntil: new Date(dueAt).toISOString(), waitpoint: { id } });
    })
    .post('/api/v1/idempotencyKeys/:key/reset', async (c) => {
      const key = c.req.param('key');
      const { taskIdentifier } = await bodyOf(c, ResetBody);
      if (runs.clearIdempotencyKey(taskIdentifier, key) === 0) {
        throw new RequestError(`No runs found with idempotency key: ${key} for task: ${taskIdentifier}`, 404);
      }
      return c.json({ id: key });
    });
}
