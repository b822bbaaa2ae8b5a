-- What happens to the executions of sub-connectors when the execution that called them ends, or is run again.
create function private.end_children(e public.connector_executions) returns void
language plpgsql set search_path = ''
as $$
declare
  child public.connector_executions;
begin
  for child in
    select * from public.connector_executions c
    where c.workspace_id = e.workspace_id and c.parent_id = e.id and c.status in ('queued', 'running') for update
  loop
    if child.status = 'queued' or child.resume_at is not null then
      update public.connector_executions x set status = 'cancelled', finished_at = clock_timestamp(), resume_at = null,
        cancel_requested_at = coalesce(x.cancel_requested_at, now()),
        event_seq = x.event_seq + 1, finished_event = x.event_seq + 1,
        error = jsonb_build_object('class', 'cancelled', 'code', 'cancelled', 'step', null,
          'message', 'Cancelled, because the execution that called it has ended.')
      where x.workspace_id = child.workspace_id and x.id = child.id;
      perform private.end_children(child);
    else
      update public.connector_executions x set cancel_requested_at = coalesce(x.cancel_requested_at, now())
      where x.workspace_id = child.workspace_id and x.id = child.id;
    end if;
  end loop;
end;
$$;

create function private.end_children_of_ended() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.end_children(new);
  return null;
end;
$$;
-- Also one that succeeded: it may have ended itself beside a sub-connector that is parked.
create trigger connector_executions_children after update of status on public.connector_executions
  for each row when (old.finished_at is null and new.finished_at is not null)
  execute function private.end_children_of_ended();

create or replace function public.start_child_execution(
  p_id uuid, p_fence bigint, p_step_name text, p_iteration text, p_connector_id uuid, p_child_id uuid, p_input jsonb
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions := private.hold_execution(p_id, p_fence);
  child public.connector_executions;
  version int;
begin
  -- An id can be worked out by whoever knows the caller's: somebody else's execution is not taken for its answer.
  select * into child from public.connector_executions x
  where x.workspace_id = e.workspace_id and x.id = p_child_id and x.parent_id = e.id for update;
  if not found then
    select c.current_version into version from public.connectors c
    where c.workspace_id = e.workspace_id and c.id = p_connector_id and c.deleted_at is null;
    if version is null then
      return jsonb_build_object('status', 'missing');
    end if;
    insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input, trigger, options,
      parent_id, parent_step, parent_iteration, depth, redrives, created_by)
    values (p_child_id, e.workspace_id, p_connector_id, version, p_input,
      jsonb_build_object('type', 'connector', 'execution_id', e.id, 'step', p_step_name),
      case when e.options is not null then jsonb_build_object('mode', e.options ->> 'mode') end,
      e.id, p_step_name, p_iteration, e.depth + 1, e.redrives, e.created_by)
    returning * into child;
  elsif child.status in ('failed', 'timed_out', 'cancelled') and child.redrives < e.redrives then
    -- The caller was redriven: what it called goes on from its failed step as well.
    perform private.restart(e.workspace_id, array[child.id], null, e.redriven_on_newest);
    update public.connector_executions x set redrives = e.redrives
    where x.workspace_id = e.workspace_id and x.id = child.id returning * into child;
  end if;
  return jsonb_build_object('status', child.status, 'output', child.output, 'error', child.error);
end;
$$;

-- The connectors that a definition's steps call have to exist in its workspace.
create function public.require_connectors(p_workspace_id uuid, p_ids text[]) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'editor');
  missing text[] := array(
    select wanted from unnest(p_ids) wanted where not exists (
      select 1 from public.connectors c
      where c.workspace_id = workspace and c.id = wanted::uuid and c.deleted_at is null)
    order by wanted);
begin
  if cardinality(missing) > 0 then
    -- The hint carries the ids for the API, which knows where in the definition they stand.
    perform private.raise_problem(422, 'unknown_connector',
      'There is no connector: ' || array_to_string(missing, ', ') || '.', array_to_string(missing, ','));
  end if;
  return jsonb_build_object('workspace_id', workspace);
end;
$$;

revoke all on function private.end_children, private.end_children_of_ended from public, anon, authenticated;
grant execute on function private.end_children, private.restart to service_role;
revoke all on function public.require_connectors from public, anon;
grant execute on function public.require_connectors to authenticated;
