-- The API's calls about executions, with the caller's rights.
create function private.execution_json(e public.connector_executions) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', e.id, 'connector_id', e.connector_id, 'connector_version', e.connector_version,
    'status', e.status, 'trigger', e.trigger, 'input', e.input, 'output', e.output, 'error', e.error,
    'cancel_requested_at', e.cancel_requested_at, 'created_at', e.created_at, 'started_at', e.started_at,
    'finished_at', e.finished_at,
    'duration_ms', round((extract(epoch from e.finished_at - coalesce(e.started_at, e.created_at)) * 1000)::numeric))
$$;

-- One entry a step, in order: its newest attempt, and how many there were.
create function private.steps_json(p_workspace_id uuid, p_execution_id uuid) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
      'name', newest.step_name, 'status', newest.status, 'attempts', newest.attempts, 'started_at', newest.first_started_at,
      'duration_ms', newest.duration_ms, 'request', newest.request, 'response', newest.response,
      'output', newest.output, 'error', newest.error) order by newest.step_index), '[]')
  from (
    select distinct on (s.step_index) s.step_index, s.step_name, s.status, s.duration_ms, s.request, s.response,
      s.output, s.error,
      count(*) filter (where s.status <> 'skipped') over step as attempts,
      min(s.started_at) over step as first_started_at
    from public.connector_step_runs s
    where s.workspace_id = p_workspace_id and s.execution_id = p_execution_id
    window step as (partition by s.step_index)
    order by s.step_index, s.attempt desc
  ) newest
$$;

create function public.accept_execution(
  p_workspace_id uuid, p_connector_id uuid, p_version int, p_id uuid, p_input jsonb, p_trigger jsonb
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'executor');
  accepted public.connector_executions;
begin
  if not exists (select 1 from public.connectors c
                 where c.workspace_id = workspace and c.id = p_connector_id and c.deleted_at is null) then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
  insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input, trigger)
  values (p_id, workspace, p_connector_id, p_version, p_input, p_trigger);
  select * into accepted from public.connector_executions e where e.workspace_id = workspace and e.id = p_id;
  return private.execution_json(accepted) || jsonb_build_object('workspace_id', workspace, 'steps', '[]'::jsonb);
end;
$$;

create function public.list_executions(
  p_workspace_id uuid, p_limit int, p_after uuid default null, p_connector_id uuid default null, p_status text default null
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'viewer');
begin
  -- A deleted connector's history stays readable; an id of another workspace answers like a missing one.
  if p_connector_id is not null and not exists (
    select 1 from public.connectors c where c.workspace_id = workspace and c.id = p_connector_id) then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
  return (select coalesce(jsonb_agg(private.execution_json(page) - array['input', 'output'] order by page.id desc), '[]') from (
    select e.* from public.connector_executions e
    where e.workspace_id = workspace and (p_after is null or e.id < p_after)
      and (p_connector_id is null or e.connector_id = p_connector_id) and (p_status is null or e.status = p_status)
    order by e.id desc limit private.page_limit(p_limit)
  ) page);
end;
$$;

create function public.get_execution(p_workspace_id uuid, p_id uuid) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'viewer');
  answer jsonb;
begin
  select private.execution_json(e) || jsonb_build_object('steps', private.steps_json(workspace, e.id)) into answer
  from public.connector_executions e where e.workspace_id = workspace and e.id = p_id;
  if answer is null then
    perform private.raise_problem(404, 'execution_not_found', 'No such execution in this workspace.');
  end if;
  return answer;
end;
$$;

-- Needs its owner's rights: a user may ask for the end of an execution, but not write its status.
create function private.request_cancel(p_workspace_id uuid, p_id uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'executor');
  found_status text;
begin
  update public.connector_executions e set
    cancel_requested_at = coalesce(e.cancel_requested_at, now()),
    status = case when e.status = 'queued' then 'cancelled' else e.status end,
    finished_at = case when e.status = 'queued' then now() end,
    error = case when e.status = 'queued'
      then jsonb_build_object('class', 'cancelled', 'code', 'cancelled', 'message', 'Cancelled before it started.', 'step', null) end
  where e.workspace_id = workspace and e.id = p_id and e.status in ('queued', 'running');
  if not found then
    select e.status into found_status from public.connector_executions e where e.workspace_id = workspace and e.id = p_id;
    if found_status is null then
      perform private.raise_problem(404, 'execution_not_found', 'No such execution in this workspace.');
    elsif found_status <> 'cancelled' then
      perform private.raise_problem(409, 'execution_finished', format('This execution has ended already: %s.', found_status));
    end if;
  end if;
  return workspace;
end;
$$;

create function public.cancel_execution(p_workspace_id uuid, p_id uuid) returns jsonb
language plpgsql set search_path = ''
as $$
declare workspace uuid := private.request_cancel(p_workspace_id, p_id);
begin
  -- A statement of its own: within the one that changed the row, a stable function would still see the old one.
  return public.get_execution(workspace, p_id);
end;
$$;

revoke all on function private.execution_json, private.steps_json, private.request_cancel from public, anon;
grant execute on function private.execution_json, private.steps_json, private.request_cancel to authenticated, service_role;
revoke all on function public.accept_execution, public.list_executions, public.get_execution, public.cancel_execution from public, anon;
grant execute on function public.accept_execution, public.list_executions, public.get_execution, public.cancel_execution to authenticated;
