create function private.connector_summary_json(c public.connectors) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', c.id, 'name', c.name, 'description', c.description, 'version', c.current_version,
    'success_count', c.success_count, 'failure_count', c.failure_count, 'last_executed_at', c.last_executed_at,
    'created_at', c.created_at, 'updated_at', c.updated_at)
$$;

create function private.connector_json(c public.connectors, definition jsonb) returns jsonb
language sql stable set search_path = ''
as $$ select private.connector_summary_json(c) || jsonb_build_object('workspace_id', c.workspace_id, 'definition', definition) $$;

create function public.list_connectors(p_workspace_id uuid, p_limit int, p_after uuid default null) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'viewer');
begin
  return (select coalesce(jsonb_agg(private.connector_summary_json(page) order by page.id desc), '[]') from (
    select c.* from public.connectors c
    where c.workspace_id = workspace and c.deleted_at is null and (p_after is null or c.id < p_after)
    order by c.id desc limit private.page_limit(p_limit)
  ) page);
end;
$$;

create function public.get_connector(p_workspace_id uuid, p_connector_id uuid, p_at_least text default 'viewer') returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, p_at_least);
  answer jsonb;
begin
  select private.connector_json(c, v.definition) into answer
  from public.connectors c
  join public.connector_versions v on v.workspace_id = c.workspace_id and v.connector_id = c.id and v.version = c.current_version
  where c.workspace_id = workspace and c.id = p_connector_id and c.deleted_at is null;
  if answer is null then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
  return answer;
end;
$$;

create function private.require_credentials(workspace uuid, services text[]) returns void
language plpgsql stable set search_path = ''
as $$
declare missing text[];
begin
  select array_agg(s order by s) into missing from unnest(services) s
  where not exists (
    select 1 from public.workspace_api_credentials c where c.workspace_id = workspace and c.service_name = s);
  if missing is not null then
    -- The hint carries the names for the API, which knows where in the definition they stand.
    perform private.raise_problem(422, 'unknown_credential',
      'No credential is stored for: ' || array_to_string(missing, ', ') || '.', array_to_string(missing, ','));
  end if;
end;
$$;

create function public.create_connector(
  p_workspace_id uuid, p_id uuid, p_name text, p_description text, p_definition jsonb, p_credential_services text[]
) returns jsonb
language plpgsql set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'editor');
begin
  perform private.require_credentials(workspace, p_credential_services);
  insert into public.connectors (id, workspace_id, name, description) values (p_id, workspace, p_name, p_description);
  insert into public.connector_versions (workspace_id, connector_id, version, definition, credential_services)
  values (workspace, p_id, 1, p_definition, p_credential_services);
  return public.get_connector(workspace, p_id);
end;
$$;

create function public.update_connector(
  p_workspace_id uuid, p_id uuid, p_expected_version int, p_name text, p_description text, p_definition jsonb,
  p_credential_services text[]
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'editor');
  found_version int;
  old_definition jsonb;
begin
  select c.current_version into found_version from public.connectors c
  where c.workspace_id = workspace and c.id = p_id and c.deleted_at is null for update;
  if found_version is null then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  elsif found_version <> p_expected_version then
    perform private.raise_problem(409, 'version_conflict',
      format('Somebody else changed this connector: it is at version %s now.', found_version));
  end if;
  perform private.require_credentials(workspace, p_credential_services);
  select v.definition into old_definition from public.connector_versions v
  where v.workspace_id = workspace and v.connector_id = p_id and v.version = found_version;
  if old_definition is distinct from p_definition then
    found_version := found_version + 1;
    insert into public.connector_versions (workspace_id, connector_id, version, definition, credential_services)
    values (workspace, p_id, found_version, p_definition, p_credential_services);
  end if;
  update public.connectors c set name = p_name, description = p_description, current_version = found_version
  where c.workspace_id = workspace and c.id = p_id;
  return public.get_connector(workspace, p_id);
end;
$$;

create function public.delete_connector(p_workspace_id uuid, p_id uuid) returns void
language plpgsql set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'editor');
begin
  update public.connectors c set deleted_at = now()
  where c.workspace_id = workspace and c.id = p_id and c.deleted_at is null;
  if not found then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
end;
$$;

-- Counters come from the connector's row; durations from its newest executions, so that the cost stays bounded.
create function public.connector_stats(p_workspace_id uuid, p_connector_id uuid) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'viewer');
  answer jsonb;
begin
  with newest as (
    select e.status, extract(epoch from e.finished_at - e.started_at) * 1000 as duration_ms
    from public.connector_executions e
    where e.workspace_id = workspace and e.connector_id = p_connector_id
    order by e.id desc limit 1000
  )
  select jsonb_build_object(
    'connector_id', c.id,
    'success_count', c.success_count,
    'failure_count', c.failure_count,
    'success_rate', round(c.success_count::numeric / nullif(c.success_count + c.failure_count, 0), 4),
    'last_executed_at', c.last_executed_at,
    'recent', (select jsonb_build_object(
      'executions', count(*),
      'by_status', coalesce((select jsonb_object_agg(s.status, s.n) from (select status, count(*) n from newest group by status) s), '{}'),
      'duration_ms', jsonb_build_object(
        'average', round(avg(duration_ms)::numeric, 1),
        'p50', round((percentile_cont(0.5) within group (order by duration_ms))::numeric, 1),
        'p95', round((percentile_cont(0.95) within group (order by duration_ms))::numeric, 1))) from newest))
  into answer
  from public.connectors c
  where c.workspace_id = workspace and c.id = p_connector_id and c.deleted_at is null;
  if answer is null then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
  return answer;
end;
$$;

revoke all on function private.connector_summary_json, private.connector_json, private.require_credentials from public, anon;
grant execute on function private.connector_summary_json, private.connector_json, private.require_credentials to authenticated, service_role;
revoke all on function public.list_connectors, public.get_connector, public.create_connector, public.update_connector,
  public.delete_connector, public.connector_stats from public, anon;
grant execute on function public.list_connectors, public.get_connector, public.create_connector, public.update_connector,
  public.delete_connector, public.connector_stats to authenticated;
