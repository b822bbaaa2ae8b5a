-- The ledger of steps that loop, page, branch, wait and call other connectors.
alter table public.connector_executions
  drop constraint connector_executions_trigger_check,
  add constraint connector_executions_trigger_check check (
    jsonb_typeof(trigger) = 'object' and coalesce(trigger ->> 'type' in ('api', 'batch', 'connector', 'test'), false)),
  add column options jsonb check (options is null or jsonb_typeof(options) = 'object'),
  add column parent_id uuid,
  add column parent_step text,
  add column parent_iteration text,
  add column depth int not null default 0 check (depth >= 0),
  add column batch_id uuid,
  add column batch_index int,
  add column replay_of uuid,
  add column redrives int not null default 0,
  add column dismissed_at timestamptz,
  add column resume_at timestamptz,
  add column resumed_at timestamptz,
  add column spent_ms double precision not null default 0,
  add column strikes int not null default 0,
  add column event_seq int not null default 0,
  add column started_event int,
  add column finished_event int,
  add constraint connector_executions_parent_fkey foreign key (workspace_id, parent_id)
    references public.connector_executions (workspace_id, id) on delete cascade;
comment on column public.connector_executions.options is
  'Of a test run: what is sent and what stands in for it. Null for every other execution.';
comment on column public.connector_executions.parent_id is 'The execution whose step called this connector and waits for it.';
comment on column public.connector_executions.resume_at is
  'A parked execution: no process holds it until then. Null while it runs or waits in its process.';
comment on column public.connector_executions.spent_ms is
  'Of its five minutes, used up before resumed_at. The time that it is parked does not count.';
comment on column public.connector_executions.strikes is
  'Claims since it was last parked on purpose: what kills every process that runs it is given up.';
comment on column public.connector_executions.event_seq is
  'Counts what happened to the execution; each start and end of a step run has a number of its own.';
comment on column public.connector_executions.dismissed_at is 'When somebody took a failed one off the list of dead letters.';
create index connector_executions_parent_idx on public.connector_executions (workspace_id, parent_id) where parent_id is not null;
create index connector_executions_batch_idx on public.connector_executions (workspace_id, batch_id, batch_index) where batch_id is not null;
create index connector_executions_dead_idx on public.connector_executions (workspace_id, id desc)
  where status in ('failed', 'timed_out') and dismissed_at is null;
grant insert (options, batch_id, batch_index, replay_of) on public.connector_executions to authenticated;

alter table public.connector_step_runs
  drop constraint connector_step_runs_pkey,
  drop constraint connector_step_runs_status_check,
  add constraint connector_step_runs_status_check check (
    status in ('running', 'waiting', 'succeeded', 'failed', 'skipped', 'cancelled', 'interrupted')),
  add column iteration text not null default '' check (iteration ~ '^(p?\d+(\.p?\d+)*)?$'),
  add column settled boolean not null default false,
  add column superseded boolean not null default false,
  add column tolerated boolean not null default false,
  add column resume_at timestamptz,
  add column source text check (source in ('cache', 'mock', 'pinned', 'not_sent')),
  add column started_event int not null default 0,
  add column finished_event int,
  add column last_event int generated always as (coalesce(finished_event, started_event)) stored,
  add primary key (workspace_id, execution_id, step_name, iteration, attempt);
comment on column public.connector_step_runs.iteration is
  'Empty outside of loops; in one, the item''s place ("3", in a loop inside it "3.0"); a page of a list is "p0".';
comment on column public.connector_step_runs.settled is
  'Part of a loop that has ended: its outcome is in the loop''s own row, and no later claim needs this one.';
comment on column public.connector_step_runs.superseded is 'Failed, and then redriven: it counts for the numbers of attempts only.';
comment on column public.connector_step_runs.tolerated is 'Failed, and the execution goes on all the same: a redrive leaves it.';
comment on column public.connector_step_runs.resume_at is 'When the next attempt is due, or a wait ends.';
comment on column public.connector_step_runs.source is 'What answered in place of the service; null for an answer of its own.';
comment on column public.connector_step_runs.status is
  'waiting: parked, together with its execution. interrupted: the process died between the call and its commit, so that what the other side did is not known.';
create index connector_step_runs_events_idx on public.connector_step_runs (workspace_id, execution_id, last_event);
grant select (iteration, settled, superseded, tolerated, resume_at, source, started_event, finished_event, last_event)
  on public.connector_step_runs to authenticated;
grant select (options) on public.connector_executions to authenticated;

-- Answers kept for later executions. Sealed like a credential; no user reads them.
create table public.connector_step_cache (
  workspace_id uuid not null,
  connector_id uuid not null,
  step_name text not null,
  key_hash text not null check (key_hash ~ '^[0-9a-f]{64}$'),
  answer text not null check (answer like 'v1.%'),
  expires_at timestamptz not null,
  primary key (workspace_id, connector_id, step_name, key_hash),
  foreign key (workspace_id, connector_id) references public.connectors (workspace_id, id) on delete cascade
);
comment on table public.connector_step_cache is 'Answers of services that a step keeps for later executions, sealed.';
create index connector_step_cache_expiry_idx on public.connector_step_cache (expires_at);
alter table public.connector_step_cache enable row level security;
alter table public.connector_step_cache force row level security;
grant select, insert, update, delete on public.connector_step_cache to service_role;

-- What the API shows of an execution.
create or replace function private.execution_json(e public.connector_executions) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', e.id, 'connector_id', e.connector_id, 'connector_version', e.connector_version,
    'status', e.status, 'trigger', e.trigger, 'input', e.input, 'output', e.output, 'error', e.error,
    'cancel_requested_at', e.cancel_requested_at, 'created_at', e.created_at, 'started_at', e.started_at,
    'finished_at', e.finished_at,
    'waiting_until', case when e.status = 'running' then e.resume_at end,
    'parent_execution_id', e.parent_id, 'batch_id', e.batch_id, 'replay_of', e.replay_of, 'redrives', e.redrives,
    'duration_ms', round((extract(epoch from e.finished_at - coalesce(e.started_at, e.created_at)) * 1000)::numeric))
$$;

-- One entry a step, in order: the newest attempt of its own row, or of its newest run where it stands inside of a loop.
create or replace function private.steps_json(p_workspace_id uuid, p_execution_id uuid) returns jsonb
language sql stable set search_path = ''
as $$
  with runs as (
    select s.step_name, s.iteration, count(*) over step as runs,
      count(*) filter (where s.status <> 'skipped') over run as attempts,
      min(s.started_at) over run as first_started_at,
      row_number() over (partition by s.step_name order by s.iteration = '' desc, s.started_event desc, s.attempt desc) as newest,
      s.attempt, s.step_index
    from public.connector_step_runs s
    where s.workspace_id = p_workspace_id and s.execution_id = p_execution_id
    window step as (partition by s.step_name), run as (partition by s.step_name, s.iteration)
  )
  select coalesce(jsonb_agg(jsonb_build_object(
      'name', s.step_name, 'status', s.status, 'attempts', r.attempts, 'runs', r.runs, 'started_at', r.first_started_at,
      'duration_ms', s.duration_ms, 'request', s.request, 'response', s.response, 'source', s.source,
      'output', s.output, 'error', s.error) order by r.step_index, r.step_name), '[]')
  from runs r
  join public.connector_step_runs s on s.workspace_id = p_workspace_id and s.execution_id = p_execution_id
    and s.step_name = r.step_name and s.iteration = r.iteration and s.attempt = r.attempt
  where r.newest = 1
$$;

-- A parked execution is held by nobody: it can be ended at once, like one that has not started.
create or replace function private.request_cancel(p_workspace_id uuid, p_id uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'executor');
  e public.connector_executions;
  idle boolean;
begin
  select * into e from public.connector_executions x where x.workspace_id = workspace and x.id = p_id for update;
  if not found then
    perform private.raise_problem(404, 'execution_not_found', 'No such execution in this workspace.');
  elsif e.status = 'cancelled' then
    return workspace;
  elsif e.status not in ('queued', 'running') then
    perform private.raise_problem(409, 'execution_finished', format('This execution has ended already: %s.', e.status));
  end if;
  idle := e.status = 'queued' or e.resume_at is not null;
  update public.connector_executions x set
    cancel_requested_at = coalesce(x.cancel_requested_at, now()),
    status = case when idle then 'cancelled' else x.status end,
    finished_at = case when idle then now() end,
    resume_at = null,
    event_seq = x.event_seq + idle::int,
    finished_event = case when idle then x.event_seq + 1 end,
    error = case when idle then jsonb_build_object('class', 'cancelled', 'code', 'cancelled', 'step', null,
      'message', case when e.status = 'queued' then 'Cancelled before it started.' else 'Cancelled while it waited.' end) end
  where x.workspace_id = workspace and x.id = p_id;
  if idle then
    update public.connector_step_runs s set status = 'cancelled', finished_at = now(), finished_event = e.event_seq + 1
    where s.workspace_id = workspace and s.execution_id = p_id and s.status = 'waiting';
    -- Its sub-connectors that are parked with it.
    perform private.request_cancel(workspace, c.id) from public.connector_executions c
    where c.workspace_id = workspace and c.parent_id = p_id and c.status in ('queued', 'running');
  end if;
  return workspace;
end;
$$;

-- Gives a locked execution that may be claimed to `p_owner`.
create function private.take_execution(e public.connector_executions, p_owner text, p_lease_seconds int)
returns public.connector_executions
language plpgsql set search_path = ''
as $$
declare
  taken public.connector_executions;
begin
  update public.connector_executions x set status = 'running', fence = x.fence + 1, lease_owner = p_owner,
    lease_expires_at = now() + make_interval(secs => p_lease_seconds),
    started_at = coalesce(x.started_at, now()),
    resumed_at = case when x.resumed_at is null or x.resume_at is not null then now() else x.resumed_at end,
    resume_at = null, strikes = x.strikes + 1,
    event_seq = x.event_seq + 1, started_event = coalesce(x.started_event, x.event_seq + 1)
  where x.id = e.id returning * into taken;
  -- A call without a commit belongs to a process that is gone: nobody knows what came of it.
  update public.connector_step_runs s set status = 'interrupted', finished_at = now(), finished_event = taken.event_seq
  where s.workspace_id = e.workspace_id and s.execution_id = e.id and s.status = 'running';
  return taken;
end;
$$;

create or replace function public.claim_execution(p_id uuid, p_owner text, p_lease_seconds int) returns jsonb
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
  elsif e.resume_at > now() then
    return jsonb_build_object('outcome', 'waiting', 'resume_at', e.resume_at, 'workspace_id', e.workspace_id, 'fence', e.fence);
  elsif e.status = 'running' and e.lease_expires_at > now() and e.lease_owner is distinct from p_owner then
    return jsonb_build_object('outcome', 'held');
  end if;
  e := private.take_execution(e, p_owner, p_lease_seconds);
  -- A statement of its own: within the one that changed the rows, it would still see the old ones.
  return private.claim_json(e);
end;
$$;
comment on function public.claim_execution is
  'Takes the lease: outcome claimed (with all that the engine needs), held (by another run), waiting (parked), finished, or missing.';

create or replace function private.hold_execution(p_id uuid, p_fence bigint) returns public.connector_executions
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions;
begin
  select * into e from public.connector_executions x
  where x.id = p_id and x.fence = p_fence and x.status = 'running' and x.resume_at is null for update;
  if not found then
    perform private.raise_problem(409, 'lease_lost', 'Another run has taken this execution over.');
  end if;
  return e;
end;
$$;

drop function public.start_step_run(uuid, bigint, int, text, int, jsonb, int);
drop function public.commit_step_run(uuid, bigint, int, text, int, text, jsonb, jsonb, jsonb, jsonb, text, double precision, int);

-- The ledger's rows, several in one transaction: steps that run at the same time share a write. Saying the same thing
-- twice is no error, because the answer to the first time may have been lost; another run's row is never touched.
create function public.write_step_runs(p_id uuid, p_fence bigint, p_writes jsonb, p_lease_seconds int) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions := private.hold_execution(p_id, p_fence);
  seq int := e.event_seq;
  w jsonb;
  known public.connector_step_runs;
begin
  for w in select * from jsonb_array_elements(p_writes) loop
    seq := seq + 1;
    select * into known from public.connector_step_runs s where s.workspace_id = e.workspace_id and s.execution_id = e.id
      and s.step_name = w ->> 'step_name' and s.iteration = w ->> 'iteration' and s.attempt = (w ->> 'attempt')::int;
    if w ->> 'op' = 'start' then
      if found then
        continue when known.fence = p_fence and known.status = 'running';
        perform private.raise_problem(409, 'step_started', 'This attempt at the step has been started already.');
      end if;
      insert into public.connector_step_runs (workspace_id, execution_id, step_index, step_name, iteration, attempt, fence,
        status, request, resume_state, started_event)
      values (e.workspace_id, e.id, (w ->> 'step_index')::int, w ->> 'step_name', w ->> 'iteration', (w ->> 'attempt')::int,
        p_fence, 'running', nullif(w -> 'request', 'null'), w ->> 'resume_state', seq);
      continue;
    end if;
    if not found then
      insert into public.connector_step_runs (workspace_id, execution_id, step_index, step_name, iteration, attempt, fence,
        status, started_event)
      values (e.workspace_id, e.id, (w ->> 'step_index')::int, w ->> 'step_name', w ->> 'iteration', (w ->> 'attempt')::int,
        p_fence, 'running', seq);
    elsif known.status <> 'waiting' and (known.status <> 'running' or known.fence <> p_fence) then
      continue when known.fence = p_fence and known.status = w ->> 'status';
      perform private.raise_problem(409, 'step_committed', 'This attempt at the step has been committed already.');
    end if;
    update public.connector_step_runs s set
      status = w ->> 'status', fence = p_fence, request = coalesce(nullif(w -> 'request', 'null'), s.request),
      response = nullif(w -> 'response', 'null'), output = nullif(w -> 'output', 'null'), error = nullif(w -> 'error', 'null'),
      resume_state = w ->> 'resume_state', resume_at = (w ->> 'resume_at')::timestamptz,
      tolerated = coalesce((w ->> 'tolerated')::boolean, false), source = w ->> 'source',
      finished_at = now(), finished_event = seq, duration_ms = (w ->> 'duration_ms')::double precision
    where s.workspace_id = e.workspace_id and s.execution_id = e.id
      and s.step_name = w ->> 'step_name' and s.iteration = w ->> 'iteration' and s.attempt = (w ->> 'attempt')::int;
    if w ->> 'settles_to' is not null then
      update public.connector_step_runs s set settled = true, resume_state = null
      where s.workspace_id = e.workspace_id and s.execution_id = e.id
        and s.step_index between (w ->> 'step_index')::int and (w ->> 'settles_to')::int
        -- Deeper in the loops; or in the same round, and inside of the step.
        and case when s.iteration = w ->> 'iteration' then s.step_index > (w ->> 'step_index')::int
          else starts_with(s.iteration, case when w ->> 'iteration' = '' then '' else (w ->> 'iteration') || '.' end) end;
    end if;
  end loop;
  update public.connector_executions x set lease_expires_at = now() + make_interval(secs => p_lease_seconds), event_seq = seq
  where x.id = p_id;
  return jsonb_build_object('cancel_requested', e.cancel_requested_at is not null);
end;
$$;
comment on function public.write_step_runs is
  'p_writes: [{"op": "start" | "commit", "step_index", "step_name", "iteration", "attempt", ...}] in order.';

-- Leaves an execution that has nothing to do until p_resume_at. A wish to cancel it comes first.
create function public.park_execution(p_id uuid, p_fence bigint, p_resume_at timestamptz) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions := private.hold_execution(p_id, p_fence);
begin
  if e.cancel_requested_at is not null then
    return jsonb_build_object('cancel_requested', true);
  end if;
  update public.connector_step_runs s set status = 'waiting'
  where s.workspace_id = e.workspace_id and s.execution_id = e.id and s.status = 'running';
  update public.connector_executions x set resume_at = p_resume_at, lease_owner = null, lease_expires_at = null, strikes = 0,
    spent_ms = x.spent_ms + extract(epoch from clock_timestamp() - x.resumed_at) * 1000
  where x.id = p_id;
  return jsonb_build_object('cancel_requested', false);
end;
$$;

create or replace function public.finish_execution(
  p_id uuid, p_fence bigint, p_status text, p_output jsonb, p_error jsonb, p_contact jsonb
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions := private.hold_execution(p_id, p_fence);
begin
  update public.connector_executions x set status = p_status, output = nullif(p_output, 'null'), error = p_error,
    finished_at = clock_timestamp(), lease_expires_at = null, lease_owner = null,
    event_seq = x.event_seq + 1, finished_event = x.event_seq + 1
  where x.id = p_id;
  -- A test run says nothing about the connector, and must not change what it works on.
  if e.options is not null then
    return jsonb_build_object('status', p_status);
  end if;
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

drop trigger connector_executions_count on public.connector_executions;
create trigger connector_executions_count after update of status on public.connector_executions
  for each row when (old.finished_at is null and new.finished_at is not null and new.options is null)
  execute function private.count_execution();

create or replace function public.sweep_executions(p_older_than_seconds int, p_max_claims int, p_limit int) returns jsonb
language plpgsql set search_path = ''
as $$
begin
  -- An execution that was claimed this often kills whatever runs it. It ends here, where people can see it.
  with ended as (
    update public.connector_executions e set status = 'failed', finished_at = now(), lease_expires_at = null, lease_owner = null,
      event_seq = e.event_seq + 1, finished_event = e.event_seq + 1,
      error = jsonb_build_object('class', 'internal', 'code', 'gave_up', 'step', null,
        'message', format('The execution was started %s times without coming to an end.', e.strikes))
    where e.id in (
      select x.id from public.connector_executions x
      where x.status = 'running' and x.lease_expires_at < now() and x.strikes >= p_max_claims
      order by x.id limit p_limit for update skip locked)
    returning e.workspace_id, e.id, e.connector_id, e.options, e.event_seq
  ), interrupted as (
    update public.connector_step_runs s set status = 'interrupted', finished_at = now(), finished_event = ended.event_seq
    from ended where s.workspace_id = ended.workspace_id and s.execution_id = ended.id and s.status = 'running'
  )
  update public.connectors c set failure_count = c.failure_count + failed.times, last_executed_at = now()
  from (select connector_id, count(*) as times from ended where options is null group by connector_id) failed
  where c.id = failed.connector_id;
  return (select coalesce(jsonb_agg(jsonb_build_object('id', due.id, 'workspace_id', due.workspace_id, 'fence', due.fence)
                                    order by due.id), '[]') from (
    select e.id, e.workspace_id, e.fence from public.connector_executions e
    -- The items of a batch are started by the batch, which is swept by itself.
    where (e.status = 'queued' and e.batch_id is null and e.created_at < now() - make_interval(secs => p_older_than_seconds))
       or (e.status = 'running' and e.lease_expires_at < now() - make_interval(secs => p_older_than_seconds))
       or (e.status = 'running' and e.resume_at < now() - make_interval(secs => p_older_than_seconds))
    -- In turn by workspace: one that has queued more than fits must not keep the others from being swept.
    order by row_number() over (partition by e.workspace_id order by e.id), e.id limit p_limit
  ) due);
end;
$$;

-- The execution of a step that calls another connector: the same one again when the caller comes back after a crash.
create function public.start_child_execution(
  p_id uuid, p_fence bigint, p_step_name text, p_iteration text, p_connector_id uuid, p_child_id uuid, p_input jsonb
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions := private.hold_execution(p_id, p_fence);
  child public.connector_executions;
  version int;
begin
  select * into child from public.connector_executions x where x.workspace_id = e.workspace_id and x.id = p_child_id;
  if not found then
    select c.current_version into version from public.connectors c
    where c.workspace_id = e.workspace_id and c.id = p_connector_id and c.deleted_at is null;
    if version is null then
      return jsonb_build_object('status', 'missing');
    end if;
    insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input, trigger, options,
      parent_id, parent_step, parent_iteration, depth, created_by)
    values (p_child_id, e.workspace_id, p_connector_id, version, p_input,
      jsonb_build_object('type', 'connector', 'execution_id', e.id, 'step', p_step_name),
      case when e.options is not null then jsonb_build_object('mode', e.options ->> 'mode') end,
      e.id, p_step_name, p_iteration, e.depth + 1, e.created_by)
    returning * into child;
  end if;
  return jsonb_build_object('status', child.status, 'output', child.output, 'error', child.error, 'resume_at', child.resume_at);
end;
$$;

create function public.read_step_cache(p_workspace_id uuid, p_connector_id uuid, p_step_name text, p_key_hash text) returns jsonb
language sql stable set search_path = ''
as $$
  select to_jsonb(c.answer) from public.connector_step_cache c
  where c.workspace_id = p_workspace_id and c.connector_id = p_connector_id and c.step_name = p_step_name
    and c.key_hash = p_key_hash and c.expires_at > now()
$$;

create function public.write_step_cache(
  p_workspace_id uuid, p_connector_id uuid, p_step_name text, p_key_hash text, p_answer text, p_ttl_seconds int
) returns void
language sql set search_path = ''
as $$
  insert into public.connector_step_cache (workspace_id, connector_id, step_name, key_hash, answer, expires_at)
  values (p_workspace_id, p_connector_id, p_step_name, p_key_hash, p_answer, now() + make_interval(secs => p_ttl_seconds))
  on conflict (workspace_id, connector_id, step_name, key_hash) do update set
    answer = excluded.answer, expires_at = excluded.expires_at
$$;

create function public.forget_step_cache(p_limit int) returns int
language sql set search_path = ''
as $$
  with old as (
    delete from public.connector_step_cache c where (c.workspace_id, c.connector_id, c.step_name, c.key_hash) in (
      select o.workspace_id, o.connector_id, o.step_name, o.key_hash from public.connector_step_cache o
      where o.expires_at < now() order by o.expires_at limit p_limit)
    returning 1)
  select count(*)::int from old
$$;

revoke all on function private.take_execution from public, anon, authenticated;
grant execute on function private.take_execution to service_role;
revoke all on function public.write_step_runs, public.park_execution, public.start_child_execution, public.read_step_cache,
  public.write_step_cache, public.forget_step_cache from public, anon, authenticated;
grant execute on function public.write_step_runs, public.park_execution, public.start_child_execution, public.read_step_cache,
  public.write_step_cache, public.forget_step_cache to service_role;
