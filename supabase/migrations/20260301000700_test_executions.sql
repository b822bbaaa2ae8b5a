-- Test runs: executions that are not counted, may bring a definition of their own, and have something stand in for services.
create function public.accept_test_execution(
  p_workspace_id uuid, p_connector_id uuid, p_version int, p_id uuid, p_input jsonb, p_options jsonb
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'editor');
  accepted public.connector_executions;
begin
  if not exists (select 1 from public.connectors c
                 where c.workspace_id = workspace and c.id = p_connector_id and c.deleted_at is null) then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
  if p_options ? 'definition' then
    perform private.require_credentials(workspace, array(select jsonb_array_elements_text(p_options -> 'credential_services')));
  end if;
  insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input, trigger, options)
  values (p_id, workspace, p_connector_id, p_version, p_input, '{"type": "test"}', p_options);
  select * into accepted from public.connector_executions e where e.workspace_id = workspace and e.id = p_id;
  return private.execution_json(accepted) || jsonb_build_object('workspace_id', workspace, 'steps', '[]'::jsonb);
end;
$$;
revoke all on function public.accept_test_execution from public, anon;
grant execute on function public.accept_test_execution to authenticated;

-- Its options may bring a definition: who may only execute connectors must not write one on the way past this function.
drop policy "connector_executions: editors and keys that execute start" on public.connector_executions;
create policy "connector_executions: editors and keys that execute start" on public.connector_executions for insert to authenticated
  with check (workspace_id = any (array(select private.workspace_ids('executor'))) and status = 'queued'
    and (options is null or workspace_id = any (array(select private.workspace_ids('editor')))));
-- What claims read of it without looking.
alter table public.connector_executions add constraint connector_executions_services_check
  check (jsonb_typeof(options -> 'credential_services') = 'array');

-- A test run is whatever has options, and nothing else has.
alter table public.connector_executions add constraint connector_executions_test_check check (
  (options is null) = (trigger ->> 'type' <> 'test') or trigger ->> 'type' = 'connector');
