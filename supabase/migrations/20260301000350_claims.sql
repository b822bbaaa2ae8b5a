-- Everything that a run needs, in one answer.
create function private.claim_json(e public.connector_executions) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'outcome', 'claimed',
    'execution_id', e.id, 'workspace_id', e.workspace_id, 'connector_id', e.connector_id,
    'connector_version', e.connector_version, 'fence', e.fence, 'trigger', e.trigger, 'input', e.input,
    'options', e.options, 'depth', e.depth, 'redrives', e.redrives,
    'created_at', e.created_at,
    'running_for_ms', round(e.spent_ms + extract(epoch from clock_timestamp() - e.resumed_at) * 1000),
    'cancel_requested', e.cancel_requested_at is not null,
    'definition', coalesce(e.options -> 'definition', (select v.definition from public.connector_versions v
      where v.workspace_id = e.workspace_id and v.connector_id = e.connector_id and v.version = e.connector_version)),
    'credentials', coalesce((
      select jsonb_agg(to_jsonb(c) - array['workspace_id', 'field_names', 'key_id', 'created_by', 'created_at', 'updated_at',
        'last_used_at', 'expires_at', 'last_test', 'revision'])
      from public.workspace_api_credentials c
      where c.workspace_id = e.workspace_id and c.service_name = any (
        case when e.options ? 'definition'
          then array(select jsonb_array_elements_text(e.options -> 'credential_services'))
          else (select v.credential_services from public.connector_versions v where v.workspace_id = e.workspace_id
            and v.connector_id = e.connector_id and v.version = e.connector_version) end)), '[]'),
    'circuits', private.troubled_circuits(e.workspace_id),
    'steps', coalesce((
      select jsonb_agg(jsonb_build_object('step_name', s.step_name, 'iteration', s.iteration, 'attempt', s.attempt,
        'status', s.status, 'superseded', s.superseded, 'started_at', s.started_at, 'resume_at', s.resume_at,
        'resume_state', s.resume_state)
        order by s.step_index, s.iteration, s.attempt)
      from public.connector_step_runs s
      where s.workspace_id = e.workspace_id and s.execution_id = e.id and not s.settled), '[]'))
$$;

revoke all on function private.claim_json from public, anon, authenticated;
grant execute on function private.claim_json to service_role;
