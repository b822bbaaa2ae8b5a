/** A platform with much in it, made by set-based statements: what pages cost is measured on it. */
export interface Size {
  workspaces: number;
  connectors: number;
  executions: number;
  templates: number;
  /** Connectors that run all the time: each has a row of figures for every hour. */
  active: number;
  /** Three times what a page is asked for, so that reading all is not the shortest way. */
  hours: number;
  /** The same for the figures of the platform, which are few rows an hour. */
  platformHours: number;
  auditEntries: number;
}

export const FULL: Size = {
  workspaces: 1_000,
  connectors: 100_000,
  executions: 1_000_000,
  templates: 10_000,
  active: 1_000,
  hours: 2_160,
  platformHours: 3 * 8_784,
  auditEntries: 500_000,
};
export const SAMPLE: Size = {
  workspaces: 100,
  connectors: 20_000,
  executions: 20_000,
  templates: 6_000,
  active: 100,
  hours: 480,
  platformHours: 2_400,
  auditEntries: 10_000,
};

/** A UUID of a kind and a number, in the order of the number. */
const id = (kind: string, number: string) =>
  `('${kind}' || lpad(to_hex((${number})::bigint), 24, '0'))::uuid`;
export const largeId = (kind: string, number: number) => {
  const hex = kind + number.toString(16).padStart(24, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

export const KIND = {
  user: 'a0000000',
  workspace: 'b0000000',
  connector: 'c0000000',
  execution: 'd0000000',
  template: 'e0000000',
  credential: 'f0000000',
} as const;

/** The first workspace is a tenth of the platform, and the first connector runs a tenth of all executions and never fails. */
const workspaceOf = (connector: string) =>
  `case when ${connector} % 10 = 0 then 0 else ${connector} % $workspaces end`;
const STATUS = `case when n > $executions - 50 then 'running' when n % 100 < 5 then 'failed' when n % 100 = 5 then 'cancelled'
  when n % 100 = 6 then 'timed_out' else 'succeeded' end`;
/** Prime to the number of connectors: the active ones lie all over the workspaces. */
const ACTIVE = '(i * 97) % $connectors';
const STARTED = `date_trunc('hour', now(), 'UTC') - make_interval(hours => $hours)`;

const STATEMENTS = `
insert into auth.users (id) select ${id(KIND.user, 'n')} from generate_series(0, $workspaces) n;
insert into public.saas_admin_users (user_id) values (${id(KIND.user, '$workspaces')});
insert into public.workspaces (id, name) select ${id(KIND.workspace, 'n')}, 'Workspace ' || n from generate_series(0, $workspaces - 1) n;
insert into public.workspace_members (workspace_id, user_id, role)
  select ${id(KIND.workspace, 'n')}, ${id(KIND.user, 'n')}, 'owner' from generate_series(0, $workspaces - 1) n
  union all select ${id(KIND.workspace, '0')}, ${id(KIND.user, 'n')}, 'viewer' from generate_series(1, $workspaces - 1) n;
insert into public.workspace_api_credentials (id, workspace_id, service_name, type, allowed_hosts, field_names, key_id, ciphertext)
  select ${id(KIND.credential, 'n')}, ${id(KIND.workspace, 'n % $workspaces')}, 's' || n / $workspaces, 'bearer', '{a.example}', '{token}',
    'k' || n % 3, 'v1.k' || n % 3 || '.x.y' from generate_series(0, $workspaces * 10 - 1) n;
insert into public.connector_templates (id, slug, name, description, category, provider, status, is_official, is_featured,
    install_count, rating_count, rating_sum)
  select ${id(KIND.template, 'n')}, 't' || n, (array['Phone', 'Mail', 'Chat', 'Billing', 'Sheet'])[1 + n % 5] || ' ' || n,
    'Looks up a person at provider' || n % 50 || case when n % 1000 = 7 then ' by satellite' else '' end,
    'category' || n % 12, 'provider' || n % 50, case when n % 10 = 9 then 'draft' else 'published' end, n % 40 = 0, n % 200 = 0,
    (n * 7919) % 5000, 1 + n % 30, (1 + n % 30) * (1 + n % 5) from generate_series(0, $templates - 1) n;
insert into public.template_versions (template_id, version, definition) select ${id(KIND.template, 'n')}, 1, '{"format": 1, "steps": []}'
  from generate_series(0, $templates - 1) n;
insert into public.connectors (id, workspace_id, name, template_id, template_version)
  select ${id(KIND.connector, 'n')}, ${id(KIND.workspace, workspaceOf('n'))}, 'Connector ' || n,
    case when n % 3 = 0 then ${id(KIND.template, 'n % $templates')} end, case when n % 3 = 0 then 1 end
  from generate_series(0, $connectors - 1) n;
insert into public.connector_versions (workspace_id, connector_id, version, definition, credential_services)
  select ${id(KIND.workspace, workspaceOf('n'))}, ${id(KIND.connector, 'n')}, 1, '{"format": 1, "steps": []}', array['s' || n % 10]
  from generate_series(0, $connectors - 1) n;
insert into public.connector_executions (id, workspace_id, connector_id, connector_version, status, input, error, created_at, started_at, finished_at)
  select ${id(KIND.execution, 'n')}, ${id(KIND.workspace, workspaceOf('c'))}, ${id(KIND.connector, 'c')}, 1, ${STATUS},
    '{"phone": "1"}', case when n % 100 < 5 then '{"class": "rejected", "code": "http_404"}'::jsonb end, at, at,
    case when n <= $executions - 50 then at + make_interval(secs => n % 30 / 10.0) end
  from (select n, ${STARTED} + make_interval(hours => $hours) * (n::double precision / $executions) as at,
      case when n % 10 = 9 then 0 when n % 10 < 7 then (n * 31 % $active) * 97 % $connectors else n * 7919 % $connectors end as c
    from generate_series(1, $executions::bigint) n) x;
insert into public.execution_rollups (workspace_id, connector_id, hour, succeeded, failed, duration_ms_sum, duration_ms_max)
  select ${id(KIND.workspace, workspaceOf('c'))}, ${id(KIND.connector, 'c')}, ${STARTED} + make_interval(hours => h), 9, (c + h) % 20 / 19,
    1000 + c % 5000, 400 + c % 900 from (select ${ACTIVE} as c from generate_series(0, $active - 1) i) a, generate_series(0, $hours - 1) h
  order by h;
insert into public.execution_day_rollups (workspace_id, connector_id, day, executions, duration_ms_sum, duration_ms_max)
  select r.workspace_id, r.connector_id, date_trunc('day', r.hour, 'UTC'), sum(r.succeeded + r.failed), sum(r.duration_ms_sum), max(r.duration_ms_max)
  from public.execution_rollups r group by 1, 2, 3 order by 3;
insert into public.workspace_rollups (workspace_id, hour, executions, failures)
  select r.workspace_id, r.hour, sum(r.succeeded + r.failed), sum(r.failed) from public.execution_rollups r
  group by 1, 2 order by 2;
insert into public.workspace_day_rollups (workspace_id, day, executions, failures)
  select r.workspace_id, date_trunc('day', r.hour, 'UTC'), sum(r.executions), sum(r.failures) from public.workspace_rollups r
  group by 1, 2 order by 2;
insert into public.platform_rollups (hour, shard, succeeded, failed, duration_ms_sum, workspaces, workspaces_of_day)
  select date_trunc('hour', now(), 'UTC') - make_interval(hours => $platformHours - h), s, 90, 5, 12345, 5, 1
  from generate_series(0, $platformHours) h, generate_series(0, 3) s order by h;
insert into public.failure_rollups (workspace_id, connector_id, hour, class, code, host, template_id, failures)
  select r.workspace_id, r.connector_id, r.hour, (array['rejected', 'network', 'timeout'])[1 + extract(hour from r.hour)::int % 3], 'c' || extract(hour from r.hour)::int % 8,
    'api' || (r.duration_ms_max::int % 60) || '.example', c.template_id, 1
  from public.execution_rollups r join public.connectors c on c.id = r.connector_id where r.failed > 0 order by r.hour;
insert into public.audit_log (workspace_id, actor_id, action, entity, entity_id, after)
  select ${id(KIND.workspace, 'case when n % 4 = 0 then 0 else n % $workspaces end')}, ${id(KIND.user, '0')}, 'update',
    (array['connectors', 'workspace_members', 'workspace_api_credentials'])[1 + n % 3], ${id(KIND.connector, 'n % $connectors')}, '{"name": "x"}'
  from generate_series(1, $auditEntries) n;
insert into public.api_keys (id, workspace_id, name, scope, secret_hash, secret_hint)
  select ${id('90000000', 'n')}, ${id(KIND.workspace, 'n % $workspaces')}, 'Key', 'read', md5(n::text) || md5(n::text), 'abcd'
  from generate_series(1, $workspaces * 10) n;
`;

/** The statements in order. They are run as a superuser who leaves triggers and foreign keys out, for time. */
export function largeStatements(size: Size): string[] {
  const filled = STATEMENTS.replace(/\$(\w+)/g, (_, name: string) => {
    const value: unknown = Reflect.get(size, name);
    if (typeof value !== 'number') throw new Error(`no size "${name}"`);
    return String(value);
  });
  return filled.split(/;\n/).filter((statement) => statement.trim() !== '');
}
