-- The engine's calls: claim an execution, keep its ledger, finish it. For the service role only.
create function public.claim_execution(p_id uuid, p_owner text, p_lease_seconds int) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions;
begin
  select * into e from public.connector_executions x where x.id = p_id for update;
  if not found then
    return jsonb_build_object('outcome', 'missing');
  elsif e.status not in ('queued', 'running') then
    return jsonb_build_object('outcome', 'finished', 'status', e.status);
  elsif e.status = 'running' and e.lease_expires_at > now() and e.lease_owner is distinct from p_owner then
    return jsonb_build_object('outcome', 'held');
  end if;
  update public.connector_executions x set status = 'running', fence = x.fence + 1, lease_owner = p_owner,
    lease_expires_at = now() + make_interval(secs => p_lease_seconds), started_at = coalesce(x.started_at, now())
  where x.id = p_id returning * into e;
  -- A call without a commit belongs to a process that is gone: nobody knows what came of it.
  update public.connector_step_runs s set status = 'interrupted', finished_at = now()
  where s.workspace_id = e.workspace_id and s.execution_id = e.id and s.status = 'running';
  return jsonb_build_object(
    'outcome', 'claimed',
    'execution_id', e.id, 'workspace_id', e.workspace_id, 'connector_id', e.connector_id,
    'connector_version', e.connector_version, 'fence', e.fence, 'trigger', e.trigger, 'input', e.input,
    'created_at', e.created_at, 'running_for_ms', round(extract(epoch from clock_timestamp() - e.started_at) * 1000),
    'cancel_requested', e.cancel_requested_at is not null,
    'definition', (select v.definition from public.connector_versions v where v.workspace_id = e.workspace_id
      and v.connector_id = e.connector_id and v.version = e.connector_version),
    'credentials', coalesce((
      select jsonb_agg(jsonb_build_object('id', c.id, 'service_name', c.service_name, 'type', c.type,
        'placement', c.placement, 'allowed_hosts', c.allowed_hosts, 'ciphertext', c.ciphertext))
      from public.workspace_api_credentials c
      where c.workspace_id = e.workspace_id and c.service_name = any (
        select unnest(v.credential_services) from public.connector_versions v where v.workspace_id = e.workspace_id
        and v.connector_id = e.connector_id and v.version = e.connector_version)), '[]'),
    'steps', coalesce((
      select jsonb_agg(jsonb_build_object('step_index', s.step_index, 'attempt', s.attempt, 'status', s.status,
        'resume_state', s.resume_state) order by s.step_index, s.attempt)
      from public.connector_step_runs s where s.workspace_id = e.workspace_id and s.execution_id = e.id), '[]'));
end;
$$;
comment on function public.claim_execution is
  'Takes the lease: outcome claimed (with all that the engine needs), held (by another run), finished, or missing.';

-- Locks the execution for the one who holds it, and refuses a zombie.
create function private.hold_execution(p_id uuid, p_fence bigint) returns public.connector_executions
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions;
begin
  select * into e from public.connector_executions x where x.id = p_id and x.fence = p_fence and x.status = 'running' for update;
  if not found then
    perform private.raise_problem(409, 'lease_lost', 'Another run has taken this execution over.');
  end if;
  return e;
end;
$$;

create function public.renew_lease(p_id uuid, p_fence bigint, p_lease_seconds int) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions := private.hold_execution(p_id, p_fence);
begin
  update public.connector_executions x set lease_expires_at = now() + make_interval(secs => p_lease_seconds) where x.id = p_id;
  return jsonb_build_object('cancel_requested', e.cancel_requested_at is not null);
end;
$$;

create function public.release_lease(p_id uuid, p_fence bigint) returns void
language plpgsql set search_path = ''
as $$
begin
  perform private.hold_execution(p_id, p_fence);
  update public.connector_executions x set lease_expires_at = now() where x.id = p_id;
end;
$$;

create function public.start_step_run(
  p_id uuid, p_fence bigint, p_step_index int, p_step_name text, p_attempt int, p_request jsonb, p_lease_seconds int
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions := private.hold_execution(p_id, p_fence);
begin
  insert into public.connector_step_runs (workspace_id, execution_id, step_index, attempt, step_name, fence, status, request)
  values (e.workspace_id, e.id, p_step_index, p_attempt, p_step_name, p_fence, 'running', p_request)
  on conflict do nothing;
  if not found then
    perform private.raise_problem(409, 'step_started', 'This attempt at the step has been started already.');
  end if;
  update public.connector_executions x set lease_expires_at = now() + make_interval(secs => p_lease_seconds) where x.id = p_id;
  return jsonb_build_object('cancel_requested', e.cancel_requested_at is not null);
end;
$$;

create function public.commit_step_run(
  p_id uuid, p_fence bigint, p_step_index int, p_step_name text, p_attempt int, p_status text, p_request jsonb,
  p_response jsonb, p_output jsonb, p_error jsonb, p_resume_state text, p_duration_ms double precision, p_lease_seconds int
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions := private.hold_execution(p_id, p_fence);
begin
  insert into public.connector_step_runs as s (workspace_id, execution_id, step_index, attempt, step_name, fence, status,
    request, response, output, error, resume_state, finished_at, duration_ms)
  values (e.workspace_id, e.id, p_step_index, p_attempt, p_step_name, p_fence, p_status,
    p_request, p_response, p_output, p_error, p_resume_state, now(), p_duration_ms)
  on conflict (workspace_id, execution_id, step_index, attempt) do update set
    status = excluded.status, request = coalesce(excluded.request, s.request), response = excluded.response,
    output = excluded.output, error = excluded.error, resume_state = excluded.resume_state,
    finished_at = excluded.finished_at, duration_ms = excluded.duration_ms
  where s.fence = p_fence and s.status = 'running';
  if not found then
    perform private.raise_problem(409, 'step_committed', 'This attempt at the step has been committed already.');
  end if;
  update public.connector_executions x set lease_expires_at = now() + make_interval(secs => p_lease_seconds) where x.id = p_id;
  return jsonb_build_object('cancel_requested', e.cancel_requested_at is not null);
end;
$$;

create function private.upsert_contact(p_workspace_id uuid, p_execution_id uuid, p_contact jsonb) returns void
language plpgsql set search_path = ''
as $$
declare
  -- A field without a value identifies nobody: two people without a phone number are not the same person.
  match jsonb := jsonb_strip_nulls(p_contact -> 'match');
  -- What an execution did not find out takes nothing away from what is known.
  learnt jsonb := jsonb_strip_nulls(p_contact -> 'fields');
begin
  -- Two executions that learn of the same new person at the same moment must not create that person twice.
  perform pg_advisory_xact_lock(hashtextextended(p_workspace_id::text || match::text, 0));
  update public.contacts c set fields = c.fields || learnt, last_execution_id = p_execution_id
  where c.id = (
    select x.id from public.contacts x
    where x.workspace_id = p_workspace_id and x.fields @> match and match <> '{}'
    order by x.id limit 1);
  if not found then
    insert into public.contacts (workspace_id, fields, last_execution_id)
    values (p_workspace_id, learnt, p_execution_id);
  end if;
end;
$$;

create function public.finish_execution(
  p_id uuid, p_fence bigint, p_status text, p_output jsonb, p_error jsonb, p_contact jsonb
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions := private.hold_execution(p_id, p_fence);
begin
  update public.connector_executions x set status = p_status, output = nullif(p_output, 'null'), error = p_error,
    finished_at = clock_timestamp(), lease_expires_at = null, lease_owner = null
  where x.id = p_id;
  if p_status = 'succeeded' then
    perform public.increment_connector_success(e.connector_id);
    if p_contact is not null then
      perform private.upsert_contact(e.workspace_id, e.id, p_contact);
    end if;
  elsif p_status in ('failed', 'timed_out') then
    perform public.increment_connector_failure(e.connector_id);
  end if;
  -- Once a minute is enough for people to see, and keeps one row from being written by every execution.
  update public.workspace_api_credentials c set last_used_at = now()
  from public.connector_versions v
  where v.workspace_id = e.workspace_id and v.connector_id = e.connector_id and v.version = e.connector_version
    and c.workspace_id = e.workspace_id and c.service_name = any (v.credential_services)
    and (c.last_used_at is null or c.last_used_at < now() - interval '1 minute');
  return jsonb_build_object('status', p_status);
end;
$$;

create function public.sweep_executions(p_older_than_seconds int, p_max_claims int, p_limit int) returns jsonb
language plpgsql set search_path = ''
as $$
begin
  -- An execution that was claimed this often kills whatever runs it. It ends here, where people can see it.
  with ended as (
    update public.connector_executions e set status = 'failed', finished_at = now(), lease_expires_at = null, lease_owner = null,
      error = jsonb_build_object('class', 'internal', 'code', 'gave_up', 'step', null,
        'message', format('The execution was started %s times without coming to an end.', e.fence))
    where e.id in (
      select x.id from public.connector_executions x
      where x.status = 'running' and x.lease_expires_at < now() and x.fence >= p_max_claims
      order by x.id limit p_limit for update skip locked)
    returning e.workspace_id, e.id, e.connector_id
  ), interrupted as (
    update public.connector_step_runs s set status = 'interrupted', finished_at = now()
    from ended where s.workspace_id = ended.workspace_id and s.execution_id = ended.id and s.status = 'running'
  )
  update public.connectors c set failure_count = c.failure_count + failed.times, last_executed_at = now()
  from (select connector_id, count(*) as times from ended group by connector_id) failed where c.id = failed.connector_id;
  return (select coalesce(jsonb_agg(jsonb_build_object('id', due.id, 'workspace_id', due.workspace_id, 'fence', due.fence)
                                    order by due.id), '[]') from (
    select e.id, e.workspace_id, e.fence from public.connector_executions e
    where (e.status = 'queued' and e.created_at < now() - make_interval(secs => p_older_than_seconds))
       or (e.status = 'running' and e.lease_expires_at < now() - make_interval(secs => p_older_than_seconds))
    -- In turn by workspace: one that has queued more than fits must not keep the others from being swept.
    order by row_number() over (partition by e.workspace_id order by e.id), e.id limit p_limit
  ) due);
end;
$$;
comment on function public.sweep_executions is
  'Executions that were accepted but never started, or whose lease ran out: to be triggered again.';

revoke all on function private.hold_execution, private.upsert_contact from public, anon, authenticated;
grant execute on function private.hold_execution, private.upsert_contact to service_role;
revoke all on function public.claim_execution, public.renew_lease, public.release_lease, public.start_step_run,
  public.commit_step_run, public.finish_execution, public.sweep_executions from public, anon, authenticated;
grant execute on function public.claim_execution, public.renew_lease, public.release_lease, public.start_step_run,
  public.commit_step_run, public.finish_execution, public.sweep_executions to service_role;
