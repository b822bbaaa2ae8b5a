import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareMigrated } from '../../scripts/generate/migrated-database.ts';
import { openPostgres } from '../../scripts/stack/supabase/postgres.ts';
import {
  postgresMissing,
  startTestPostgres,
  type TestPostgres,
} from '../../scripts/stack/supabase/test-postgres.ts';
import { FULL, KIND, largeId, largeStatements, SAMPLE } from './large.ts';

const long = process.env.PATCHBAY_TEST_LONG === '1';
const size = long ? FULL : SAMPLE;
/** What a page may take in the database. A sample says nothing about time, and runs beside other tests. */
const MAX_MS = 50;
const RUNS = 5;
/** A plan that serves all calls is made after five: the time of the sixth and later calls is what users wait for. */
const WARM_UP_RUNS = 6;
/** Rows from which on reading a whole table is a fault. */
const LARGE_TABLE_ROWS = 5_000;
/** It counts all credentials, each by its encryption key: there is nothing to leave out. */
const READS_ALL: Readonly<Record<string, string>> = { 'admin_key_rotation()': 'workspace_api_credentials' };
const SETUP_TIMEOUT_MS = 10 * 60_000;

const missing = postgresMissing();
if (missing !== undefined) console.warn(`what pages cost is not measured: ${missing}`);

const viewer = largeId(KIND.user, 1);
const owner = largeId(KIND.user, 0);
const saasAdmin = largeId(KIND.user, size.workspaces);
const workspace = `'${largeId(KIND.workspace, 0)}'::uuid`;
const connector = `'${largeId(KIND.connector, 0)}'::uuid`;
const middle = (kind: string, of: number) => `'${largeId(kind, Math.floor(of / 2))}'::uuid`;
const execution = middle(KIND.execution, size.executions);
const ofWorkspace = `(select id from public.connector_executions where workspace_id = ${workspace} order by id desc limit 1)`;
const HOURS = (hours: number) => `now() - interval '${hours} hours', now() + interval '1 hour'`;
const month = HOURS(size.hours / 3);

const templatesAfter = (value: number) =>
  `p_after => '{"value": ${value}, "id": "${largeId(KIND.template, size.templates - 50)}"}'`;
const TEMPLATE_PAGES = ['newest', 'rating', 'installs'].flatMap((sort) =>
  [
    '',
    `, ${templatesAfter(sort === 'rating' ? 3 : 900)}`,
    `, p_search => 'phone'`,
    `, p_search => 'satell'`,
    `, p_search => 'looks person'`,
    `, p_category => 'category3'`,
    `, p_provider => 'provider7'`,
    ', p_official => true',
    ', p_featured => true',
    `, p_category => 'category3', p_search => 'chat'`,
  ].map((rest): [string, string] => [saasAdmin, `list_templates(21, p_sort => '${sort}'${rest})`]),
);

/** Every page that people turn, by who turns it. */
const PAGES: [user: string, call: string][] = [
  [viewer, 'me()'],
  [owner, 'list_workspaces(101)'],
  [viewer, `list_members(${workspace}, 101)`],
  [owner, `list_api_keys(${workspace}, 101)`],
  [viewer, `list_credentials(${workspace}, 101)`],
  [viewer, `get_credential(${workspace}, 's3')`],
  [viewer, `list_connectors(${workspace}, 101)`],
  [viewer, `list_connectors(${workspace}, 101, ${middle(KIND.connector, size.connectors)})`],
  [viewer, `get_connector(${workspace}, ${connector})`],
  [viewer, `connector_stats(${workspace}, ${connector})`],
  [viewer, `list_executions(${workspace}, 101)`],
  [viewer, `list_executions(${workspace}, 101, ${execution})`],
  [viewer, `list_executions(${workspace}, 101, p_connector_id => ${connector})`],
  [viewer, `list_executions(${workspace}, 101, p_status => 'failed')`],
  [viewer, `list_executions(${workspace}, 101, p_status => 'timed_out')`],
  [viewer, `list_executions(${workspace}, 101, p_status => 'queued')`],
  [viewer, `list_executions(${workspace}, 101, ${execution}, ${connector}, 'cancelled')`],
  ...['succeeded', 'failed', 'running', 'queued'].map((status): [string, string] => [
    viewer,
    `list_executions(${workspace}, 101, null, ${connector}, '${status}')`,
  ]),
  ...[
    ...["p_trigger_type => 'test'", "p_trigger_type => 'api'", "p_error_class => 'upstream'"],
    ...["p_error_class => 'nothing'", `p_replay_of => ${execution}`, `p_parent_id => ${execution}`],
    `p_batch_id => ${execution}`,
  ].map((filter): [string, string] => [viewer, `list_executions(${workspace}, 101, ${filter})`]),
  [viewer, `list_dead_letters(${workspace}, 101)`],
  [viewer, `list_dead_letters(${workspace}, 101, ${execution})`],
  [viewer, `list_dead_letters(${workspace}, 101, p_connector_id => ${connector})`],
  [viewer, `list_dead_letters(${workspace}, 101, p_error_class => 'nothing')`],
  [viewer, `dead_letter_summary(${workspace})`],
  [viewer, `execution_events(${workspace}, ${ofWorkspace})`],
  [viewer, `get_step_runs(${workspace}, ${ofWorkspace}, 101)`],
  [viewer, `export_connectors(${workspace}, 1000)`],
  [
    viewer,
    `get_execution(${workspace}, (select id from public.connector_executions where workspace_id = ${workspace} order by id desc limit 1))`,
  ],
  [owner, `list_audit_log(${workspace}, 101)`],
  [owner, `list_audit_log(${workspace}, 101, 5000)`],
  [owner, `list_audit_log(${workspace}, 101, p_entity => 'workspace_members')`],
  [owner, `list_audit_log(${workspace}, 101, p_entity => 'connectors', p_entity_id => 'nothing')`],
  [viewer, `export_connectors(${workspace}, 101)`],
  ...TEMPLATE_PAGES.map(([, call]): [string, string] => [viewer, call]),
  [saasAdmin, `list_templates(21, p_status => null)`],
  [saasAdmin, `list_templates(21, p_status => 'draft', p_sort => 'installs')`],
  [viewer, `get_template('t77')`],
  [viewer, `list_template_versions('${largeId(KIND.template, 77)}', 101)`],
  [viewer, `get_template_update(${workspace}, ${connector})`],
  [saasAdmin, `admin_stats(${HOURS(24)}, 'hour')`],
  [saasAdmin, `admin_stats(${month}, 'hour')`],
  [saasAdmin, `admin_stats(${month}, 'day')`],
  [saasAdmin, `admin_workspaces(${HOURS(24)}, 21)`],
  [saasAdmin, `admin_workspaces(${month}, 101)`],
  ...['null', `'failed'`, `'running'`, `'timed_out'`, `'succeeded'`].flatMap((status): [string, string][] => [
    [saasAdmin, `admin_recent_executions(101, null, ${status})`],
    [saasAdmin, `admin_recent_executions(101, ${execution}, ${status})`],
  ]),
  [saasAdmin, `admin_stats(${HOURS(size.platformHours / 3)}, 'day')`],
  [saasAdmin, `admin_workspaces(${HOURS(366 * 24)}, 101)`],
  ...['class', 'code', 'host', 'connector', 'template'].map((by): [string, string] => [
    saasAdmin,
    `admin_failures(${month}, '${by}', 21)`,
  ]),
  [saasAdmin, `admin_slowest_connectors(${HOURS(24)}, 21)`],
  [saasAdmin, `admin_slowest_connectors(${HOURS(48)}, 21)`],
  [saasAdmin, `admin_slowest_connectors(${month}, 21)`],
  [saasAdmin, 'admin_key_rotation()'],
];

describe.skipIf(missing !== undefined)(`pages on ${size.executions} executions`, () => {
  let server: TestPostgres;
  let client: postgres.Sql;
  let large: Set<string>;
  const notices: string[] = [];
  const figures: { page: string; ms: number }[] = [];

  beforeAll(async () => {
    server = await startTestPostgres();
    const db = await openPostgres(server.url());
    await prepareMigrated(db);
    await db.close();
    client = postgres(server.url(), {
      max: 1,
      onnotice: ({ message }) => notices.push(String(message)),
    });
    await client.unsafe('set session_replication_role = replica');
    for (const statement of largeStatements(size)) await client.unsafe(statement);
    await client.unsafe('set session_replication_role = default');
    await client.unsafe('vacuum analyze');
    await client.unsafe(`load 'auto_explain'`);
    await client.unsafe(
      'set auto_explain.log_nested_statements = on; set auto_explain.log_level = notice; set jit = off',
    );
    const rows = await client.unsafe(
      `select relname from pg_class where relnamespace = 'public'::regnamespace and reltuples >= ${LARGE_TABLE_ROWS}`,
    );
    large = new Set(rows.map(({ relname }) => String(relname)));
  }, SETUP_TIMEOUT_MS);

  afterAll(async () => {
    await client?.end({ timeout: 5 });
    await server?.[Symbol.asyncDispose]();
    if (long) {
      const lines = figures
        .toSorted((a, b) => b.ms - a.ms)
        .map(({ page, ms }) => `${ms.toFixed(1)} ms  ${page}`);
      console.log(lines.join('\n'));
    }
  });

  /** As PostgREST runs it; the time is that of the one statement. */
  async function callAs(user: string, call: string): Promise<number> {
    return client.begin(async (sql) => {
      const claims = JSON.stringify({ role: 'authenticated', sub: user });
      await sql.unsafe(`set local role authenticated; set local request.jwt.claims = '${claims}'`);
      const started = performance.now();
      await sql.unsafe(`select public.${call} as answer`);
      return performance.now() - started;
    });
  }

  test('the tables that pages read are large', () => {
    const read = [
      'connector_executions',
      'connectors',
      'connector_templates',
      'execution_rollups',
      'audit_log',
    ];
    expect([...large]).toEqual(expect.arrayContaining(read));
  });

  test.each(PAGES)('as %s: %s reads no large table as a whole, and in time', async (user, call) => {
    await client.unsafe('set auto_explain.log_min_duration = 0');
    notices.length = 0;
    await callAs(user, call);
    await client.unsafe('set auto_explain.log_min_duration = -1');
    const plans = notices.filter((notice) => notice.includes('plan:'));
    expect(plans.length).toBeGreaterThan(1);
    const scanned = plans.flatMap((plan) =>
      [...plan.matchAll(/Seq Scan on (\w+)/g)].map((match) => String(match[1])),
    );
    expect(
      scanned.filter((table) => large.has(table) && table !== READS_ALL[call]),
      plans.join('\n'),
    ).toEqual([]);

    if (!long) return;
    for (let n = 0; n < WARM_UP_RUNS; n += 1) await callAs(user, call);
    const times: number[] = [];
    for (let n = 0; n < RUNS; n += 1) times.push(await callAs(user, call));
    const ms = times.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.POSITIVE_INFINITY;
    figures.push({ page: call, ms });
    expect(ms).toBeLessThan(MAX_MS);
  });

  test('the check can fail: a search without an index shows', async () => {
    await client.unsafe('set auto_explain.log_min_duration = 0');
    notices.length = 0;
    await client.unsafe(`select count(*) from public.connector_executions where input ->> 'phone' = '2'`);
    await client.unsafe('set auto_explain.log_min_duration = -1');
    expect(notices.join('\n')).toMatch(/Seq Scan on (public\.)?connector_executions/);
  });
});
