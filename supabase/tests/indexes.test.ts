import { beforeEach, describe, expect, test } from 'vitest';
import { type Actor, useDatabase } from './harness.ts';
import { DEFINITION, home, user } from './world.ts';

const db = useDatabase();
/** Enough for the planner to see what reading a whole table would cost. */
const WORKSPACES = 20;
const ROWS_EACH = 250;

const anId = (salt: string, number: string) => `md5('${salt}' || ${number})::uuid`;

/** Many workspaces of like size, home among them as number 1; their rows lie mixed in the tables, as in life. */
beforeEach(async () => {
  const workspace = `case when w = 1 then '${home.id}'::uuid else ${anId('w', 'w')} end`;
  const connector = (n: string) =>
    `case when w <> 1 then ${anId('c', 'w')} when ${n} % 100 = 0 then '${home.bareConnector}'::uuid else '${home.connector}' end`;
  await db.script(`
    insert into public.workspaces (id, name) select ${anId('w', 'w')}, 'W' from generate_series(2, ${WORKSPACES}) w;
    insert into public.connectors (id, workspace_id, name)
      select ${anId('c', 'w')}, ${anId('w', 'w')}, 'C' from generate_series(2, ${WORKSPACES}) w;
    insert into public.connector_versions (workspace_id, connector_id, version, definition)
      select ${anId('w', 'w')}, ${anId('c', 'w')}, 1, '${JSON.stringify(DEFINITION)}' from generate_series(2, ${WORKSPACES}) w;
    insert into public.connector_executions
        (id, workspace_id, connector_id, connector_version, input, status, lease_expires_at, fence)
      select ${anId('e', `w || '-' || n`)}, ${workspace}, ${connector('n')}, 1, '{}',
        case when n % 100 = 0 then 'running' when n % 60 = 0 then 'queued' when n % 20 = 0 then 'timed_out' else 'succeeded' end,
        now() - interval '1 hour', 1
      from generate_series(1, ${ROWS_EACH}) n, generate_series(1, ${WORKSPACES}) w;
    insert into public.contacts (id, workspace_id, fields)
      select ${anId('p', `w || '-' || n`)}, ${workspace}, jsonb_build_object('phone', 'p' || n)
      from generate_series(1, ${ROWS_EACH}) n, generate_series(1, ${WORKSPACES}) w;
    analyze public.connector_executions, public.contacts, public.workspace_members;`);
});

/** The plan as text, made for the given values and with the rights of the caller. */
const planOf = async (actor: Actor, sql: string) =>
  (await db.as(actor, `explain ${sql}`)).rows.map((row) => row['QUERY PLAN']).join('\n');

const page = (condition = '') =>
  `select e.* from public.connector_executions e where e.workspace_id = '${home.id}' ${condition} order by e.id desc limit 21`;
const AFTER = `and e.id < '80000000-0000-7000-8000-000000000000'`;

test('no page of executions reads or sorts more than it shows', async () => {
  for (const [sql, index] of [
    [page(), 'connector_executions_workspace_id_id_key'],
    [page(AFTER), 'connector_executions_workspace_id_id_key'],
    [page(`${AFTER} and e.connector_id = '${home.bareConnector}'`), 'connector_executions_connector_idx'],
    [page(`${AFTER} and e.status = 'timed_out'`), 'connector_executions_status_idx'],
  ] as const) {
    const plan = await planOf(user.viewer, sql);
    expect(plan).toContain(index);
    expect(plan).not.toMatch(/Seq Scan|Sort/);
  }
});

test('membership is asked once a statement, not once a row', async () => {
  const plan = await planOf(user.viewer, 'select count(*) from public.connector_executions');
  expect(plan).toContain('InitPlan');
  expect(plan).not.toMatch(/Filter:.*workspace_ids\(/);
});

describe('the engine’s searches', () => {
  test('the sweeper reads unfinished executions only', async () => {
    for (const sql of [
      `select e.id from public.connector_executions e
       where (e.status = 'queued' and e.created_at < now()) or (e.status = 'running' and e.lease_expires_at < now())
       order by row_number() over (partition by e.workspace_id order by e.id), e.id limit 100`,
      `select x.id from public.connector_executions x
       where x.status = 'running' and x.lease_expires_at < now() and x.fence >= 3 order by x.id limit 100 for update skip locked`,
    ]) {
      const plan = await planOf('service_role', sql);
      expect(plan).toContain('connector_executions_unfinished_idx');
      expect(plan).not.toContain('Seq Scan');
    }
  });

  test('a contact is found by its fields through the index', async () => {
    const plan = await planOf(
      'service_role',
      `select x.id from public.contacts x where x.workspace_id = '${home.id}' and x.fields @> '{"phone": "p77"}' order by x.id limit 1`,
    );
    expect(plan).toContain('contacts_fields_idx');
  });
});
