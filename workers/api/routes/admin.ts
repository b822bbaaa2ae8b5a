import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { addSaasAdmin } from '../../../core/admin/add-admin.ts';
import { countFailures } from '../../../core/admin/failures.ts';
import { keyRotation } from '../../../core/admin/key-rotation.ts';
import { listSaasAdmins } from '../../../core/admin/list-admins.ts';
import { listWorkspaceUsage } from '../../../core/admin/list-workspaces.ts';
import { Bucket, RangeQuery, timeRange } from '../../../core/admin/range.ts';
import { recentExecutions } from '../../../core/admin/recent-executions.ts';
import { removeSaasAdmin } from '../../../core/admin/remove-admin.ts';
import { AddSaasAdmin, FailureKey } from '../../../core/admin/schema.ts';
import { slowestConnectors } from '../../../core/admin/slowest-connectors.ts';
import { adminStats } from '../../../core/admin/stats.ts';
import { CREDENTIAL_REKEY_TASK_ID } from '../../../core/credential/rekey-task.ts';
import { ExecutionStatus } from '../../../core/execution/schema.ts';
import { Problem } from '../../../core/problem/problem.ts';
import type { AppEnv } from '../app-env.ts';
import { jsonBody } from '../http/json-body.ts';
import { pageBody } from '../http/page-body.ts';
import { PageQuery, pageRequest, path, query } from '../http/params.ts';

export const StatsQuery = RangeQuery.extend({ bucket: Bucket.default('hour') });
export const UsageQuery = PageQuery.extend(RangeQuery.shape);
export const RecentQuery = PageQuery.extend({ status: ExecutionStatus.optional() });
/** The first of a ranking: there are no further pages. */
export const TopQuery = RangeQuery.extend({ limit: PageQuery.shape.limit });
export const FailureQuery = TopQuery.extend({ by: FailureKey.default('class') });
export const UserPath = z.object({ user_id: z.uuid() });

/** For SaaS admins: the database's functions refuse everybody else. The workspace header has no say here. */
export const adminRoutes = new Hono<AppEnv>()
  .get('/stats', query(StatsQuery), async (c) => {
    const { bucket, ...range } = c.req.valid('query');
    const stats = await adminStats(c.var, timeRange(range, now(c), bucket), bucket);
    return c.json({ data: stats });
  })
  .get('/workspaces', query(UsageQuery), async (c) => {
    const valid = c.req.valid('query');
    return c.json(pageBody(await listWorkspaceUsage(c.var, timeRange(valid, now(c)), pageRequest(valid))));
  })
  .get('/executions/recent', query(RecentQuery), async (c) => {
    const valid = c.req.valid('query');
    return c.json(pageBody(await recentExecutions(c.var, pageRequest(valid), valid.status)));
  })
  .get('/failures', query(FailureQuery), async (c) => {
    const { by, ...valid } = c.req.valid('query');
    const items = await countFailures(c.var, timeRange(valid, now(c)), by, pageRequest(valid).limit);
    return c.json(pageBody({ items, next: null }));
  })
  .get('/connectors/slowest', query(TopQuery), async (c) => {
    const valid = c.req.valid('query');
    const items = await slowestConnectors(c.var, timeRange(valid, now(c)), pageRequest(valid).limit);
    return c.json(pageBody({ items, next: null }));
  })
  .get('/credential-keys', async (c) => {
    const rotation = await keyRotation(c.var, c.var.ports.config.keyRing);
    return c.json({ data: rotation });
  })
  .post('/credential-keys/rotate', async (c) => {
    // Reading the status is also what refuses callers who are no SaaS admin.
    const rotation = await keyRotation(c.var, c.var.ports.config.keyRing);
    await startRekeying(c);
    return c.json({ data: rotation }, 202, { Location: '/api/v1/admin/credential-keys' });
  })
  .get('/saas-admins', async (c) => {
    const items = await listSaasAdmins(c.var);
    return c.json(pageBody({ items, next: null }));
  })
  .post('/saas-admins', jsonBody(AddSaasAdmin), async (c) => {
    const admin = await addSaasAdmin(c.var, c.req.valid('json'));
    return c.json({ data: admin }, 201);
  })
  .delete('/saas-admins/:user_id', path(UserPath), async (c) => {
    await removeSaasAdmin(c.var, c.req.valid('param').user_id);
    return c.body(null, 204);
  });

const now = (c: Context<AppEnv>) => c.var.ports.runtime.now();

async function startRekeying(c: Context<AppEnv>): Promise<void> {
  const { trigger, runtime } = c.var.ports;
  // The task runs by the hour: by hand it gets what its schedule would send.
  const payload = {
    type: 'IMPERATIVE',
    timestamp: new Date(runtime.now()).toISOString(),
    timezone: 'UTC',
    scheduleId: 'by-hand',
    upcoming: [],
  };
  const { idempotencyKey, userId } = c.var;
  const options =
    idempotencyKey === null ? {} : { idempotencyKey: JSON.stringify(['rekey', userId, idempotencyKey]) };
  try {
    await trigger.trigger(CREDENTIAL_REKEY_TASK_ID, payload, options);
  } catch (error) {
    runtime.log('warn', 'trigger_failed', {
      requestId: c.var.requestId,
      task: CREDENTIAL_REKEY_TASK_ID,
      message: error instanceof Error ? error.message : 'unknown',
    });
    throw new Problem('unavailable', 'The task cannot be started at the moment; try again.');
  }
}
