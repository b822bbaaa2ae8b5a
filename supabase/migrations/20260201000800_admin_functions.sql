-- The SaaS admins' view over all workspaces. Each needs its owner's rights, and asks first who calls.
create function private.admin_stats(p_from timestamptz, p_to timestamptz, p_bucket text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_saas_admin();
  return (
    with hours as (
      select date_trunc(p_bucket, r.hour, 'UTC') as bucket, sum(r.succeeded) as succeeded, sum(r.failed) as failed,
        sum(r.cancelled) as cancelled, sum(r.timed_out) as timed_out, sum(r.duration_ms_sum) as duration_ms_sum,
        -- Whoever ran something in two hours of a day is one workspace of that day; longer buckets are not counted.
        case p_bucket when 'hour' then sum(r.workspaces) when 'day' then sum(r.workspaces_of_day) end as workspaces
      from public.platform_rollups r where r.hour >= p_from and r.hour < p_to group by 1)
    select jsonb_build_object(
      'from', p_from, 'to', p_to,
      'totals', jsonb_build_object(
        'workspaces', private.row_estimate('public.workspaces'),
        'connectors', private.row_estimate('public.connectors'),
        'templates', (select count(*) from public.connector_templates t where t.status = 'published'),
        'executions', coalesce(sum(h.succeeded + h.failed + h.cancelled + h.timed_out), 0),
        'succeeded', coalesce(sum(h.succeeded), 0), 'failed', coalesce(sum(h.failed), 0),
        'cancelled', coalesce(sum(h.cancelled), 0), 'timed_out', coalesce(sum(h.timed_out), 0),
        'success_rate', round(sum(h.succeeded)::numeric / nullif(sum(h.succeeded + h.failed + h.timed_out), 0), 4),
        'average_duration_ms', round((sum(h.duration_ms_sum) / nullif(sum(h.succeeded + h.failed + h.timed_out), 0))::numeric, 1)),
      'series', coalesce(jsonb_agg(jsonb_build_object('at', h.bucket, 'succeeded', h.succeeded, 'failed', h.failed,
        'cancelled', h.cancelled, 'timed_out', h.timed_out, 'workspaces', h.workspaces) order by h.bucket), '[]'))
    from hours h);
end;
$$;

-- A count that costs the same on any size: exact while the planner has no statistics yet or the table is small.
create function private.row_estimate(relation regclass) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
declare
  estimate bigint := (select c.reltuples::bigint from pg_catalog.pg_class c where c.oid = relation);
  exact bigint;
begin
  if estimate > 10000 then
    return estimate;
  end if;
  execute format('select count(*) from (select 1 from %s limit 20000) few', relation) into exact;
  return exact;
end;
$$;

create function private.admin_workspaces(p_from timestamptz, p_to timestamptz, p_limit int, p_after uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_saas_admin();
  return (select coalesce(jsonb_agg(jsonb_build_object('id', page.id, 'name', page.name, 'created_at', page.created_at,
      'members', (select count(*) from public.workspace_members m where m.workspace_id = page.id),
      'connectors', (select count(*) from (select 1 from public.connectors c
        where c.workspace_id = page.id and c.deleted_at is null limit 10000) few),
      'credentials', (select count(*) from public.workspace_api_credentials c where c.workspace_id = page.id),
      'executions', usage.executions, 'failures', usage.failures) order by page.id desc), '[]')
    from (select w.* from public.workspaces w where p_after is null or w.id < p_after order by w.id desc limit private.page_limit(p_limit)) page
    cross join lateral (
      -- Two days by the hour; more than that by whole days, which are the days that the range touches.
      select coalesce(sum(r.executions), 0) as executions, coalesce(sum(r.failures), 0) as failures
      from (
        select h.executions, h.failures from public.workspace_rollups h
        where p_to - p_from <= interval '48 hours' and h.workspace_id = page.id and h.hour >= p_from and h.hour < p_to
        union all
        select d.executions, d.failures from public.workspace_day_rollups d
        where p_to - p_from > interval '48 hours' and d.workspace_id = page.id
          and d.day >= date_trunc('day', p_from, 'UTC') and d.day < p_to) r) usage);
end;
$$;

create function private.admin_recent_executions(p_limit int, p_after uuid, p_status text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_saas_admin();
  -- Input, output and steps belong to the workspace: an operator sees how it went, not what was in it.
  return (select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'workspace_id', e.workspace_id,
      'workspace_name', w.name, 'connector_id', e.connector_id, 'connector_name', c.name, 'status', e.status,
      'error_class', e.error ->> 'class', 'error_code', e.error ->> 'code', 'created_at', e.created_at,
      'duration_ms', round((extract(epoch from e.finished_at - coalesce(e.started_at, e.created_at)) * 1000)::numeric)) order by e.id desc), '[]')
    from (select x.* from public.connector_executions x
      where (p_after is null or x.id < p_after) and (p_status is null or x.status = p_status)
      order by x.id desc limit private.page_limit(p_limit)) e
    join public.workspaces w on w.id = e.workspace_id
    join public.connectors c on c.workspace_id = e.workspace_id and c.id = e.connector_id);
end;
$$;
-- Written once in the life of an execution, at its end. Those that have not ended have an index of their own.
create index connector_executions_ended_idx on public.connector_executions (status, id desc)
  where status in ('succeeded', 'failed', 'cancelled', 'timed_out');

create function private.admin_failures(p_from timestamptz, p_to timestamptz, p_by text, p_limit int) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_saas_admin();
  -- Counted first, named afterwards: only what is shown is looked up.
  if p_by = 'connector' then
    return (select coalesce(jsonb_agg(jsonb_build_object('key', f.connector_id, 'name', c.name, 'failures', f.failures)
        order by f.failures desc, f.connector_id), '[]')
      from (
        select r.workspace_id, r.connector_id, sum(r.failures) as failures from public.failure_rollups r
        where r.hour >= p_from and r.hour < p_to
        group by 1, 2 order by 3 desc, 2 limit private.page_limit(p_limit)) f
      join public.connectors c on c.workspace_id = f.workspace_id and c.id = f.connector_id);
  elsif p_by = 'template' then
    return (select coalesce(jsonb_agg(jsonb_build_object('key', f.template_id, 'name', t.name, 'failures', f.failures)
        order by f.failures desc, f.template_id), '[]')
      from (
        select r.template_id, sum(r.failures) as failures from public.failure_rollups r
        where r.hour >= p_from and r.hour < p_to and r.template_id is not null
        group by 1 order by 2 desc, 1 limit private.page_limit(p_limit)) f
      join public.connector_templates t on t.id = f.template_id);
  end if;
  return (select coalesce(jsonb_agg(jsonb_build_object('key', f.key, 'name', null, 'failures', f.failures)
      order by f.failures desc, f.key), '[]')
    from (
      select case p_by when 'host' then r.host when 'code' then r.code else r.class end as key, sum(r.failures) as failures
      from public.failure_rollups r
      where r.hour >= p_from and r.hour < p_to and (p_by <> 'host' or r.host <> '')
      group by 1 order by 2 desc, 1 limit private.page_limit(p_limit)) f);
end;
$$;

create function private.admin_slowest_connectors(p_from timestamptz, p_to timestamptz, p_limit int) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_saas_admin();
  return (select coalesce(jsonb_agg(jsonb_build_object('connector_id', s.connector_id, 'connector_name', c.name,
      'workspace_id', s.workspace_id, 'workspace_name', w.name, 'executions', s.executions,
      'average_duration_ms', s.average, 'max_duration_ms', s.slowest) order by s.average desc, s.connector_id), '[]')
    from (
      select r.workspace_id, r.connector_id, sum(r.executions) as executions,
        round((sum(r.duration_ms_sum) / sum(r.executions))::numeric, 1) as average,
        round(max(r.duration_ms_max)::numeric, 1) as slowest
      from (
        -- Two days by the hour; more than that by whole days, which are the days that the range touches.
        select h.workspace_id, h.connector_id, h.succeeded + h.failed + h.timed_out as executions, h.duration_ms_sum, h.duration_ms_max
        from public.execution_rollups h
        where p_to - p_from <= interval '48 hours' and h.hour >= p_from and h.hour < p_to
        union all
        select d.workspace_id, d.connector_id, d.executions, d.duration_ms_sum, d.duration_ms_max
        from public.execution_day_rollups d
        where p_to - p_from > interval '48 hours' and d.day >= date_trunc('day', p_from, 'UTC') and d.day < p_to) r
      group by 1, 2 having sum(r.executions) > 0 order by 4 desc, 2 limit private.page_limit(p_limit)) s
    join public.connectors c on c.workspace_id = s.workspace_id and c.id = s.connector_id
    join public.workspaces w on w.id = s.workspace_id);
end;
$$;

create function private.admin_key_rotation() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_saas_admin();
  return (select coalesce(jsonb_agg(jsonb_build_object('key_id', k.key_id, 'credentials', k.n) order by k.key_id), '[]')
    from (select c.key_id, count(*) as n from public.workspace_api_credentials c group by 1) k);
end;
$$;

create function private.admin_list_admins() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_saas_admin();
  return (select coalesce(jsonb_agg(jsonb_build_object('user_id', a.user_id, 'created_at', a.created_at) order by a.created_at, a.user_id), '[]')
    from public.saas_admin_users a);
end;
$$;

create function private.admin_add_admin(p_user_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.require_saas_admin();
  insert into public.saas_admin_users (user_id) values (p_user_id) on conflict do nothing;
  return (select jsonb_build_object('user_id', a.user_id, 'created_at', a.created_at) from public.saas_admin_users a where a.user_id = p_user_id);
exception when foreign_key_violation then
  perform private.raise_problem(422, 'unknown_user', 'No user has this id.', '/user_id');
end;
$$;

create function private.admin_remove_admin(p_user_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.require_saas_admin();
  lock table public.saas_admin_users in share row exclusive mode;
  delete from public.saas_admin_users a where a.user_id = p_user_id;
  if not found then
    perform private.raise_problem(404, 'admin_not_found', 'This user is no SaaS admin.');
  elsif not exists (select 1 from public.saas_admin_users) then
    perform private.raise_problem(409, 'last_admin', 'The platform keeps at least one SaaS admin.');
  end if;
end;
$$;

create function public.admin_stats(p_from timestamptz, p_to timestamptz, p_bucket text) returns jsonb
language sql stable set search_path = '' as $$ select private.admin_stats(p_from, p_to, p_bucket) $$;
create function public.admin_workspaces(p_from timestamptz, p_to timestamptz, p_limit int, p_after uuid default null) returns jsonb
language sql stable set search_path = '' as $$ select private.admin_workspaces(p_from, p_to, p_limit, p_after) $$;
create function public.admin_recent_executions(p_limit int, p_after uuid default null, p_status text default null) returns jsonb
language sql stable set search_path = '' as $$ select private.admin_recent_executions(p_limit, p_after, p_status) $$;
create function public.admin_failures(p_from timestamptz, p_to timestamptz, p_by text, p_limit int) returns jsonb
language sql stable set search_path = '' as $$ select private.admin_failures(p_from, p_to, p_by, p_limit) $$;
create function public.admin_slowest_connectors(p_from timestamptz, p_to timestamptz, p_limit int) returns jsonb
language sql stable set search_path = '' as $$ select private.admin_slowest_connectors(p_from, p_to, p_limit) $$;
create function public.admin_key_rotation() returns jsonb
language sql stable set search_path = '' as $$ select private.admin_key_rotation() $$;
create function public.admin_list_admins() returns jsonb
language sql stable set search_path = '' as $$ select private.admin_list_admins() $$;
create function public.admin_add_admin(p_user_id uuid) returns jsonb
language sql set search_path = '' as $$ select private.admin_add_admin(p_user_id) $$;
create function public.admin_remove_admin(p_user_id uuid) returns void
language sql set search_path = '' as $$ select private.admin_remove_admin(p_user_id) $$;

revoke all on function private.admin_stats, private.row_estimate, private.admin_workspaces, private.admin_recent_executions,
  private.admin_failures, private.admin_slowest_connectors, private.admin_key_rotation, private.admin_list_admins,
  private.admin_add_admin, private.admin_remove_admin from public, anon;
grant execute on function private.admin_stats, private.admin_workspaces, private.admin_recent_executions,
  private.admin_failures, private.admin_slowest_connectors, private.admin_key_rotation, private.admin_list_admins,
  private.admin_add_admin, private.admin_remove_admin to authenticated;
revoke all on function public.admin_stats, public.admin_workspaces, public.admin_recent_executions, public.admin_failures,
  public.admin_slowest_connectors, public.admin_key_rotation, public.admin_list_admins, public.admin_add_admin,
  public.admin_remove_admin from public, anon;
grant execute on function public.admin_stats, public.admin_workspaces, public.admin_recent_executions, public.admin_failures,
  public.admin_slowest_connectors, public.admin_key_rotation, public.admin_list_admins, public.admin_add_admin,
  public.admin_remove_admin to authenticated;
