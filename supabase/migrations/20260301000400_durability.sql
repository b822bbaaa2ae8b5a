-- What becomes of executions that did not succeed, how long ended ones are kept, and what happens to each while one looks.
alter table public.connector_executions
  add column queued_at timestamptz not null default now(),
  add column redriven_on_newest boolean not null default false,
  add column timeline jsonb not null default '[]' check (jsonb_typeof(timeline) = 'array');
comment on column public.connector_executions.queued_at is 'Since when it is due: when it was accepted, or redriven last.';
comment on column public.connector_executions.redriven_on_newest is
  'What its steps call goes on with the newest version too.';
comment on column public.connector_executions.timeline is
  'Its changes of state, oldest first: [{"event", "type", "at", "until"?, "error"?}]. "event" is counted like those of step runs.';

alter table public.workspaces
  add column retention_days int default 90 check (retention_days between 1 and 3650);
comment on column public.workspaces.retention_days is 'How long ended executions are kept; null is for ever.';
grant update (retention_days) on public.workspaces to authenticated;

-- A loop of long waits changes state without end.
create function private.note_state() returns trigger
language plpgsql set search_path = ''
as $$
declare
  most constant int := 200;
  final boolean := new.finished_at is not null and old.finished_at is null;
begin
  if new.event_seq = old.event_seq then
    new.event_seq := old.event_seq + 1;
  end if;
  new.timeline := new.timeline || jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
    'event', new.event_seq,
    'type', case when new.status = 'running' and new.resume_at is not null then 'waiting' else new.status end,
    'at', case when final then new.finished_at else clock_timestamp() end,
    'until', case when new.status = 'running' then new.resume_at end,
    'error', case when final then new.error - 'errors' end)));
  while jsonb_array_length(new.timeline) > most loop
    new.timeline := new.timeline - 0;
  end loop;
  return new;
end;
$$;
revoke all on function private.note_state from public, anon, authenticated;
create trigger connector_executions_timeline before update of status, resume_at on public.connector_executions
  for each row when (old.status is distinct from new.status or (old.resume_at is null) <> (new.resume_at is null))
  execute function private.note_state();

-- Each filter of the list of executions walks an index that is in the order of the page. All are partial: most executions
-- succeed, were started through the API, and are the replay of none.
create index connector_executions_error_idx on public.connector_executions (workspace_id, (error ->> 'class'), id desc)
  where error is not null;
create index connector_executions_trigger_idx on public.connector_executions (workspace_id, (trigger ->> 'type'), id desc)
  where trigger ->> 'type' <> 'api';
create index connector_executions_replay_idx on public.connector_executions (workspace_id, replay_of) where replay_of is not null;
-- By age within a workspace, for what is deleted. Children go with their parents.
create index connector_executions_age_idx on public.connector_executions (workspace_id, finished_at)
  where finished_at is not null and parent_id is null;

-- Redrive: the same execution goes on. What has been committed stays, and is never run again. It is counted once more in
-- the figures when it ends: they count ends, and it has two.
create function private.restart(p_workspace_id uuid, p_ids uuid[], p_version int, p_newest boolean) returns void
language plpgsql set search_path = ''
as $$
begin
  -- What it did before is over: a call that nobody answered for stays unknown.
  update public.connector_step_runs s set superseded = true, resume_state = null, resume_at = null,
    status = case s.status when 'running' then 'interrupted' when 'waiting' then 'cancelled' else s.status end,
    finished_at = coalesce(s.finished_at, now()),
    finished_event = case when s.status in ('running', 'waiting') then e.event_seq + 1 else s.finished_event end
  from public.connector_executions e
  where e.workspace_id = p_workspace_id and e.id = any (p_ids)
    and s.workspace_id = p_workspace_id and s.execution_id = e.id
    and s.status in ('failed', 'cancelled', 'interrupted', 'waiting', 'running')
    and not s.tolerated and not s.settled and not s.superseded;
  update public.connector_executions e set
    status = 'queued', queued_at = now(), redrives = e.redrives + 1,
    redriven_on_newest = p_newest or p_version is not null,
    connector_version = case when p_newest then c.current_version else coalesce(p_version, e.connector_version) end,
    error = null, output = null, started_at = null, finished_at = null, started_event = null, finished_event = null,
    cancel_requested_at = null, dismissed_at = null, resume_at = null, resumed_at = null, spent_ms = 0, strikes = 0,
    lease_owner = null, lease_expires_at = null, event_seq = e.event_seq + 1,
    -- Names another wish to run it than the ones before, and shuts out whoever ran it.
    fence = e.fence + 1
  from public.connectors c
  where e.workspace_id = p_workspace_id and e.id = any (p_ids) and c.workspace_id = p_workspace_id and c.id = e.connector_id;
end;
$$;
revoke all on function private.restart from public, anon, authenticated;

-- Why an execution cannot be run again, if so. The connector may be gone, and tests and children are run by others.
create function private.require_repeatable(e public.connector_executions) returns void
language plpgsql stable set search_path = ''
as $$
begin
  if e.id is null then
    perform private.raise_problem(404, 'execution_not_found', 'No such execution in this workspace.');
  elsif e.options is not null then
    perform private.raise_problem(409, 'not_redrivable', 'This is a test run: start another one.');
  elsif not exists (select 1 from public.connectors c
                    where c.workspace_id = e.workspace_id and c.id = e.connector_id and c.deleted_at is null) then
    perform private.raise_problem(409, 'not_redrivable', 'Its connector has been deleted.');
  end if;
end;
$$;

create function private.redrive(p_workspace_id uuid, p_id uuid, p_version int) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'executor');
  e public.connector_executions;
begin
  select * into e from public.connector_executions x where x.workspace_id = workspace and x.id = p_id for update;
  perform private.require_repeatable(e);
  if e.status in ('queued', 'running') then
    perform private.raise_problem(409, 'not_redrivable', format('It has not ended: %s.', e.status));
  elsif e.status = 'succeeded' then
    perform private.raise_problem(409, 'not_redrivable', 'It has succeeded: replay it to run it again.');
  elsif e.parent_id is not null then
    perform private.raise_problem(409, 'not_redrivable', format('It is part of another execution: redrive %s.', e.parent_id));
  end if;
  perform private.restart(workspace, array[p_id], p_version, false);
  return workspace;
end;
$$;

create function public.redrive_execution(p_workspace_id uuid, p_id uuid, p_version int default null) returns jsonb
language plpgsql set search_path = ''
as $$
declare workspace uuid := private.redrive(p_workspace_id, p_id, p_version);
begin
  return public.get_execution(workspace, p_id) || jsonb_build_object('workspace_id', workspace,
    'fence', (select e.fence from public.connector_executions e where e.workspace_id = workspace and e.id = p_id));
end;
$$;
comment on function public.redrive_execution is
  'p_version: the version to go on with, whose input schema the input has been checked against; null for the same one.';

-- What an execution ran with, and what its input has to fit: the schema of the version that would run.
create function public.get_execution_source(p_workspace_id uuid, p_id uuid, p_newest boolean) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'executor');
  e public.connector_executions;
begin
  select * into e from public.connector_executions x where x.workspace_id = workspace and x.id = p_id;
  perform private.require_repeatable(e);
  return (select jsonb_build_object('version', v.version, 'input', e.input, 'input_schema', v.definition -> 'input_schema',
      'coerce_input', v.definition -> 'coerce_input')
    from public.connectors c
    join public.connector_versions v on v.workspace_id = workspace and v.connector_id = c.id
      and v.version = case when p_newest then c.current_version else e.connector_version end
    where c.workspace_id = workspace and c.id = e.connector_id);
end;
$$;

-- Replay: a new execution with the same input, or another one.
create function public.replay_execution(p_workspace_id uuid, p_id uuid, p_new_id uuid, p_version int, p_input jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'executor');
  e public.connector_executions;
begin
  select * into e from public.connector_executions x where x.workspace_id = workspace and x.id = p_id;
  perform private.require_repeatable(e);
  insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input, trigger, replay_of)
  values (p_new_id, workspace, e.connector_id, coalesce(p_version, e.connector_version), coalesce(p_input, e.input),
    '{"type": "api"}', e.id);
  return public.get_execution(workspace, p_new_id) || jsonb_build_object('workspace_id', workspace, 'fence', 0);
end;
$$;
comment on function public.replay_execution is 'p_version, p_input: null for those of the execution that is replayed.';

-- Many at once, newest first. Only what still stands as ended is taken, and what another call has locked is left to it.
create function private.redrive_many(p_workspace_id uuid, p_filter jsonb, p_newest boolean, p_limit int) returns jsonb
language plpgsql security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' set jit = off
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'executor');
  -- How far what is left is counted.
  horizon constant int := 10000;
  wanted_connector uuid := (p_filter ->> 'connector_id')::uuid;
  wanted_ids uuid[] := case when p_filter ? 'ids' then array(select jsonb_array_elements_text(p_filter -> 'ids')::uuid) end;
  statuses text[] := case when p_filter ? 'status' then array[p_filter ->> 'status'] else array['failed', 'timed_out'] end;
  fitting uuid[];
  skipped int;
  taken uuid[];
begin
  if wanted_connector is not null and not exists (
    select 1 from public.connectors c where c.workspace_id = workspace and c.id = wanted_connector) then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
  -- Another version takes the input for certain when it has the same schema for it; what has not is left to people.
  select coalesce(array_agg(m.id order by m.id desc) filter (where m.fits), '{}'), count(*) filter (where not m.fits)
  into fitting, skipped
  from (
    select e.id, not p_newest or e.connector_version = c.current_version
      or was.definition -> 'input_schema' is not distinct from now_is.definition -> 'input_schema' as fits
    from public.connector_executions e
    join public.connectors c on c.workspace_id = workspace and c.id = e.connector_id and c.deleted_at is null
    left join public.connector_versions was on p_newest and was.workspace_id = workspace and was.connector_id = c.id
      and was.version = e.connector_version
    left join public.connector_versions now_is on p_newest and now_is.workspace_id = workspace and now_is.connector_id = c.id
      and now_is.version = c.current_version
    where e.workspace_id = workspace and e.status = any (statuses) and e.status in ('failed', 'timed_out', 'cancelled')
      and e.options is null and e.parent_id is null
      -- Somebody decided that these are done with; who names one by its id has changed their mind.
      and (e.dismissed_at is null or wanted_ids is not null)
      and (wanted_ids is null or e.id = any (wanted_ids))
      and (wanted_connector is null or e.connector_id = wanted_connector)
      and (p_filter ->> 'error_class' is null or e.error ->> 'class' = p_filter ->> 'error_class')
      and (p_filter ->> 'error_code' is null or e.error ->> 'code' = p_filter ->> 'error_code')
      and (p_filter ->> 'created_after' is null or e.created_at >= (p_filter ->> 'created_after')::timestamptz)
      and (p_filter ->> 'created_before' is null or e.created_at < (p_filter ->> 'created_before')::timestamptz)
    order by e.id desc limit p_limit + horizon
  ) m;
  taken := array(
    select e.id from public.connector_executions e
    where e.workspace_id = workspace and e.id = any (fitting[1 : p_limit]) and e.status in ('failed', 'timed_out', 'cancelled')
    order by e.id for update skip locked);
  perform private.restart(workspace, taken, null, p_newest);
  return jsonb_build_object('workspace_id', workspace, 'redriven', cardinality(taken),
    'remaining', cardinality(fitting) - least(cardinality(fitting), p_limit), 'skipped', skipped,
    'newest', (select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'fence', t.fence) order by t.id desc), '[]') from (
      select e.id, e.fence from public.connector_executions e
      where e.workspace_id = workspace and e.id = any (taken) order by e.id desc limit 50) t));
end;
$$;

create function public.redrive_executions(p_workspace_id uuid, p_filter jsonb, p_newest boolean, p_limit int) returns jsonb
language sql set search_path = ''
as $$ select private.redrive_many(p_workspace_id, p_filter, p_newest, greatest(1, least(p_limit, 1000))) $$;
comment on function public.redrive_executions is
  'p_filter: {"status"?, "connector_id"?, "error_class"?, "error_code"?, "created_after"?, "created_before"?, "ids"?}.';

-- Which executions a list shows. These run with their owner's rights, and check for themselves: under row level security an
-- expression like error ->> 'class' cannot be looked up in an index, because the operator is not leakproof. Without sorting,
-- the first rows of an index are the page; what sorting costs for the planner must not make it compile the query either.
create function private.dead_letter_ids(
  p_workspace_id uuid, p_limit int, p_after uuid, p_connector_id uuid, p_error_class text
) returns uuid[]
language plpgsql stable security definer
set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_sort = off set jit = off
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'viewer');
begin
  if p_connector_id is not null and not exists (
    select 1 from public.connectors c where c.workspace_id = workspace and c.id = p_connector_id) then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
  return array(
    select e.id from public.connector_executions e
    where e.workspace_id = workspace and e.status in ('failed', 'timed_out') and e.dismissed_at is null
      and e.options is null and e.parent_id is null
      and (p_after is null or e.id < p_after)
      and (p_connector_id is null or e.connector_id = p_connector_id)
      and (p_error_class is null or e.error ->> 'class' = p_error_class)
    order by e.id desc limit private.page_limit(p_limit));
end;
$$;

-- Dead letters: what failed, and nobody has dealt with. The request is that of the failed step, as it was sent last.
create function private.dead_letters_json(p_ids uuid[]) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(private.execution_json(e) - array['input', 'output'] || jsonb_build_object(
      'dismissed_at', e.dismissed_at, 'connector_name', c.name, 'failed_request', case when sent.method is not null then
        jsonb_build_object('method', sent.method, 'url', sent.url, 'iteration', sent.iteration, 'attempt', sent.attempt) end)
    order by e.id desc), '[]')
  from public.connector_executions e
  join public.connectors c on c.workspace_id = e.workspace_id and c.id = e.connector_id
  left join lateral (
    select s.request -> 'method' as method, s.request -> 'url' as url, s.iteration, s.attempt
    from public.connector_step_runs s
    where s.workspace_id = e.workspace_id and s.execution_id = e.id and s.step_name = e.error ->> 'step' and s.request is not null
    order by s.started_event desc, s.attempt desc limit 1
  ) sent on true
  where e.id = any (p_ids)
$$;

create function public.list_dead_letters(
  p_workspace_id uuid, p_limit int, p_after uuid default null, p_connector_id uuid default null, p_error_class text default null
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare ids uuid[] := private.dead_letter_ids(p_workspace_id, p_limit, p_after, p_connector_id, p_error_class);
begin
  return private.dead_letters_json(ids);
end;
$$;

-- Of the newest ones: a workspace that never looked may have a million.
create function private.dead_letter_groups(p_workspace_id uuid) returns jsonb
language plpgsql stable security definer
set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_sort = off set jit = off
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'viewer');
  horizon constant int := 10000;
  most_groups constant int := 200;
begin
  return (
    with dead as materialized (
      select e.id, e.connector_id, e.error ->> 'class' as class, e.error ->> 'code' as code, e.finished_at
      from public.connector_executions e
      where e.workspace_id = workspace and e.status in ('failed', 'timed_out') and e.dismissed_at is null
        and e.options is null and e.parent_id is null
      order by e.id desc limit horizon + 1
    ), groups as (
      select d.connector_id, coalesce(d.class, 'internal') as class, coalesce(d.code, 'internal') as code,
        count(*) as count, max(d.finished_at) as newest_at, (array_agg(d.id order by d.id desc))[1] as newest_id
      from (select * from dead limit horizon) d group by 1, 2, 3
    ), shown as (
      select * from groups g order by g.count desc, g.newest_id desc limit most_groups
    )
    select jsonb_build_object('total', (select least(count(*), horizon) from dead),
      'complete', (select count(*) from dead) <= horizon and (select count(*) from groups) <= most_groups,
      'groups', coalesce((select jsonb_agg(to_jsonb(s) || jsonb_build_object('connector_name', c.name)
          order by s.count desc, s.newest_id desc)
        from shown s join public.connectors c on c.workspace_id = workspace and c.id = s.connector_id), '[]')));
end;
$$;

create function public.dead_letter_summary(p_workspace_id uuid) returns jsonb
language sql stable set search_path = ''
as $$ select private.dead_letter_groups(p_workspace_id) $$;

create function private.set_dismissed(p_workspace_id uuid, p_id uuid, p_dismissed boolean) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'executor');
  e public.connector_executions;
begin
  select * into e from public.connector_executions x where x.workspace_id = workspace and x.id = p_id for update;
  if not found then
    perform private.raise_problem(404, 'execution_not_found', 'No such execution in this workspace.');
  elsif e.status not in ('failed', 'timed_out') or e.options is not null or e.parent_id is not null then
    perform private.raise_problem(409, 'no_dead_letter', format('This execution is no dead letter: %s.', e.status));
  end if;
  update public.connector_executions x set dismissed_at = case when p_dismissed then coalesce(x.dismissed_at, now()) end
  where x.workspace_id = workspace and x.id = p_id;
  return workspace;
end;
$$;

create function public.dismiss_dead_letter(p_workspace_id uuid, p_id uuid, p_dismissed boolean) returns jsonb
language plpgsql set search_path = ''
as $$
begin
  perform private.set_dismissed(p_workspace_id, p_id, p_dismissed);
  return private.dead_letters_json(array[p_id]) -> 0;
end;
$$;
comment on function public.dismiss_dead_letter is 'p_dismissed false: back on the list.';

-- Tests are shown to who asks for them, or for the children of one.
create function private.execution_ids(
  p_workspace_id uuid, p_limit int, p_after uuid, p_connector_id uuid, p_status text, p_trigger_type text, p_batch_id uuid,
  p_parent_id uuid, p_replay_of uuid, p_error_class text, p_created_after timestamptz, p_created_before timestamptz
) returns uuid[]
language plpgsql stable security definer
set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_sort = off set jit = off
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'viewer');
begin
  -- A deleted connector's history stays readable; an id of another workspace answers like a missing one.
  if p_connector_id is not null and not exists (
    select 1 from public.connectors c where c.workspace_id = workspace and c.id = p_connector_id) then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
  if p_batch_id is not null or p_parent_id is not null or p_replay_of is not null then
    -- Few enough to be found by what they belong to, and then sorted.
    return array(
      with few as materialized (
        select e.* from public.connector_executions e
        where e.workspace_id = workspace and (p_batch_id is null or e.batch_id = p_batch_id)
          and (p_parent_id is null or e.parent_id = p_parent_id) and (p_replay_of is null or e.replay_of = p_replay_of))
      select e.id from few e
      where (p_after is null or e.id < p_after)
        and (p_connector_id is null or e.connector_id = p_connector_id) and (p_status is null or e.status = p_status)
        and (p_trigger_type is null or e.trigger ->> 'type' = p_trigger_type)
        and (p_error_class is null or e.error ->> 'class' = p_error_class)
        and (p_created_after is null or e.created_at >= p_created_after)
        and (p_created_before is null or e.created_at < p_created_before)
        and (p_trigger_type = 'test' or p_parent_id is not null or e.options is null)
      order by e.id desc limit private.page_limit(p_limit));
  end if;
  return array(
    select e.id from public.connector_executions e
    where e.workspace_id = workspace and (p_after is null or e.id < p_after)
      and (p_connector_id is null or e.connector_id = p_connector_id) and (p_status is null or e.status = p_status)
      and (p_trigger_type is null or e.trigger ->> 'type' = p_trigger_type)
      and (p_error_class is null or e.error ->> 'class' = p_error_class)
      and (p_created_after is null or e.created_at >= p_created_after and e.id >= private.id_at(p_created_after - interval '1 day'))
      and (p_created_before is null or e.created_at < p_created_before and e.id < private.id_at(p_created_before + interval '1 day'))
      and (p_trigger_type = 'test' or e.options is null)
    order by e.id desc limit private.page_limit(p_limit));
end;
$$;

drop function public.list_executions(uuid, int, uuid, uuid, text);
create function public.list_executions(
  p_workspace_id uuid, p_limit int, p_after uuid default null, p_connector_id uuid default null, p_status text default null,
  p_trigger_type text default null, p_batch_id uuid default null, p_parent_id uuid default null, p_replay_of uuid default null,
  p_error_class text default null, p_created_after timestamptz default null, p_created_before timestamptz default null
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  ids uuid[] := private.execution_ids(p_workspace_id, p_limit, p_after, p_connector_id, p_status, p_trigger_type, p_batch_id,
    p_parent_id, p_replay_of, p_error_class, p_created_after, p_created_before);
begin
  return (select coalesce(jsonb_agg(private.execution_json(e) - array['input', 'output'] order by e.id desc), '[]')
    from public.connector_executions e where e.id = any (ids));
end;
$$;

-- An id says when it was made (UUIDv7, RFC 9562 section 5.7), so that a time bounds a walk along the ids. The day's margin
-- above is for clocks that disagree; created_at decides.
create function private.id_at(moment timestamptz) returns uuid
language sql immutable set search_path = ''
as $$
  select (lpad(to_hex(greatest(0, least(floor(extract(epoch from moment) * 1000), 281474976710655))::bigint), 12, '0')
    || '00000000000000000000')::uuid
$$;

-- Every row of the ledger of an execution, in the order in which they began. A page ends early when it gets large.
create function public.get_step_runs(
  p_workspace_id uuid, p_id uuid, p_limit int, p_after jsonb default null, p_step text default null
) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan'
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'viewer');
  most_bytes constant int := 4 * 1024 * 1024;
begin
  if not exists (select 1 from public.connector_executions e where e.workspace_id = workspace and e.id = p_id) then
    perform private.raise_problem(404, 'execution_not_found', 'No such execution in this workspace.');
  end if;
  return (
    with page as materialized (
      select s.step_name, s.iteration, s.attempt, row_number() over place as place, sum(s.size) over place as bytes
      from (
        select r.started_event, r.step_name, r.iteration, r.attempt, coalesce(pg_column_size(r.request), 0)
          + coalesce(pg_column_size(r.response), 0) + coalesce(pg_column_size(r.output), 0) as size
        from public.connector_step_runs r
        where r.workspace_id = workspace and r.execution_id = p_id and (p_step is null or r.step_name = p_step)
          and (p_after is null or (r.started_event, r.step_name, r.iteration, r.attempt)
            > ((p_after ->> 0)::int, p_after ->> 1, p_after ->> 2, (p_after ->> 3)::int))
        order by r.started_event, r.step_name, r.iteration, r.attempt limit private.page_limit(p_limit + 1)
      ) s
      window place as (order by s.started_event, s.step_name, s.iteration, s.attempt)
    ), shown as (
      select * from page where place = 1 or (place <= p_limit and bytes <= most_bytes)
    )
    select jsonb_build_object('more', (select count(*) from page) > (select count(*) from shown),
      'rows', coalesce(jsonb_agg(jsonb_build_object('step', s.step_name, 'iteration', s.iteration, 'attempt', s.attempt,
        'status', s.status, 'superseded', s.superseded, 'tolerated', s.tolerated, 'source', s.source,
        'started_event', s.started_event, 'started_at', s.started_at, 'finished_at', s.finished_at,
        'resume_at', s.resume_at, 'duration_ms', s.duration_ms,
        'request', s.request, 'response', s.response, 'output', s.output, 'error', s.error) order by shown.place), '[]'))
    from shown
    join public.connector_step_runs s on s.workspace_id = workspace and s.execution_id = p_id
      and s.step_name = shown.step_name and s.iteration = shown.iteration and s.attempt = shown.attempt);
end;
$$;

-- What happened to an execution after the event p_after, in order. Every writer holds the execution's row until it commits:
-- who sees an event sees all those before it. Events of one number happened at once, and come together.
create function public.execution_events(p_workspace_id uuid, p_id uuid, p_after int default null) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' set jit = off
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'viewer');
  most constant int := 500;
  e public.connector_executions;
  since int := coalesce(p_after, -1);
  answer jsonb;
begin
  select * into e from public.connector_executions x where x.workspace_id = workspace and x.id = p_id;
  if not found then
    perform private.raise_problem(404, 'execution_not_found', 'No such execution in this workspace.');
  end if;
  with happened as (
    select 0 as event, 1 as rank, null::text as step, '' as iteration, 0 as attempt, jsonb_build_object(
      'type', 'execution.queued', 'status', 'queued', 'at', e.created_at) as what
    where since < 0
    union all
    select (t ->> 'event')::int, 1, null, '', 0,
      jsonb_build_object('type', 'execution.' || (t ->> 'type'), 'status', t ->> 'type', 'at', t -> 'at', 'until', t -> 'until',
        'error', t -> 'error')
    from jsonb_array_elements(e.timeline) t where (t ->> 'event')::int > since
    union all
    -- It ended before there were events.
    select 1, 1, null, '', 0, jsonb_build_object('type', 'execution.' || e.status, 'status', e.status, 'at', e.finished_at,
      'error', e.error - 'errors')
    where e.finished_at is not null and e.timeline = '[]' and since < 1
    union all
    select s.started_event, 0, s.step_name, s.iteration, s.attempt, jsonb_build_object(
      'type', 'step.started', 'status', 'running', 'at', s.started_at)
    from public.connector_step_runs s
    where s.workspace_id = workspace and s.execution_id = p_id and s.last_event > since
      and s.started_event > greatest(since, 0)
      -- What was written once has no beginning of its own. A wait has: its end is written over later.
      and (s.started_event is distinct from s.finished_event or s.status = 'waiting')
    union all
    select s.finished_event, 0, s.step_name, s.iteration, s.attempt, jsonb_build_object(
      'type', 'step.' || s.status, 'status', s.status, 'at', s.finished_at, 'duration_ms', s.duration_ms, 'source', s.source,
      'error', s.error - 'errors')
    from public.connector_step_runs s
    where s.workspace_id = workspace and s.execution_id = p_id and s.last_event > since
      and s.finished_event > since and s.status not in ('running', 'waiting')
  ), cut as (
    select max(h.event) as last from (select happened.event from happened order by happened.event limit most) h
  ), shown as (
    select h.*, row_number() over (partition by h.event order by h.rank, h.step, h.iteration, h.attempt, h.what ->> 'type') as part,
      count(*) over (partition by h.event) as parts
    from happened h, cut where h.event <= cut.last
  )
  select jsonb_build_object(
    'final', e.finished_at is not null and not exists (select 1 from happened h, cut where h.event > cut.last),
    'events', coalesce(jsonb_agg(jsonb_build_object('event', s.event, 'part', s.part, 'parts', s.parts,
      'step', s.step, 'iteration', s.iteration, 'attempt', s.attempt) || s.what order by s.event, s.part), '[]'))
  into answer from shown s;
  return answer;
end;
$$;
comment on function public.execution_events is
  '{"final": nothing follows, "events": [{"event", "part", "parts", "type", "status", "at", "step", ...}]}. p_after null: from the start.';

-- An execution that was redriven is due by when it was queued again. The items of a batch are started by the batch, which is
-- swept by itself; one of them that was redriven alone is not.
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
    where (e.status = 'queued' and (e.batch_id is null or e.redrives > 0)
           and e.queued_at < now() - make_interval(secs => p_older_than_seconds))
       or (e.status = 'running' and e.lease_expires_at < now() - make_interval(secs => p_older_than_seconds))
       or (e.status = 'running' and e.resume_at < now() - make_interval(secs => p_older_than_seconds))
    -- In turn by workspace: one that has queued more than fits must not keep the others from being swept.
    order by row_number() over (partition by e.workspace_id order by e.id), e.id limit p_limit
  ) due);
end;
$$;

-- The figures stay. What a deleted execution called goes with it, so one whose children are younger stays until they are old.
create function public.forget_executions(p_limit int) returns int
language sql set search_path = ''
as $$
  with old as (
    select o.workspace_id, o.id from public.workspaces w
    cross join lateral (
      select e.workspace_id, e.id from public.connector_executions e
      where e.workspace_id = w.id and e.parent_id is null and e.finished_at < now() - make_interval(days => w.retention_days)
        and e.status not in ('queued', 'running')
        and not exists (
          select 1 from public.connector_executions c where c.workspace_id = w.id and c.parent_id = e.id
          and (c.finished_at is null or c.finished_at >= now() - make_interval(days => w.retention_days)))
      order by e.finished_at limit p_limit
    ) o
    where w.retention_days is not null limit p_limit
  ), deleted as (
    delete from public.connector_executions e using old where e.workspace_id = old.workspace_id and e.id = old.id returning 1
  )
  select count(*)::int from deleted
$$;
comment on function public.forget_executions is
  'Deletes executions that ended longer ago than their workspace keeps them, a workspace''s oldest first. Answers how many.';

create or replace function private.workspace_json(p_id uuid, p_role text) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', w.id, 'name', w.name, 'role', p_role, 'retention_days', w.retention_days,
    'revision', w.revision, 'created_at', w.created_at)
  from public.workspaces w where w.id = p_id
$$;

drop function public.update_workspace(uuid, text, int);
create function public.update_workspace(p_workspace_id uuid, p_changes jsonb, p_expected_revision int default null) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'admin');
begin
  perform private.require_revision(
    (select w.revision from public.workspaces w where w.id = workspace for update), p_expected_revision);
  update public.workspaces w set
    name = coalesce(p_changes ->> 'name', w.name),
    retention_days = case when p_changes ? 'retention_days' then (p_changes ->> 'retention_days')::int else w.retention_days end
  where w.id = workspace;
  return public.get_workspace(workspace);
end;
$$;
comment on function public.update_workspace is 'p_changes: {"name"?, "retention_days"?}; what is not named stays.';

revoke all on function private.require_repeatable, private.redrive, private.redrive_many, private.dead_letter_ids,
  private.dead_letters_json, private.dead_letter_groups, private.execution_ids,
  private.set_dismissed, private.id_at from public, anon;
grant execute on function private.require_repeatable, private.redrive, private.redrive_many, private.dead_letter_ids,
  private.dead_letters_json, private.dead_letter_groups, private.execution_ids,
  private.set_dismissed, private.id_at to authenticated, service_role;
revoke all on function public.redrive_execution, public.get_execution_source, public.replay_execution,
  public.redrive_executions, public.list_dead_letters, public.dead_letter_summary, public.dismiss_dead_letter,
  public.list_executions, public.get_step_runs, public.execution_events, public.update_workspace from public, anon;
grant execute on function public.redrive_execution, public.get_execution_source, public.replay_execution,
  public.redrive_executions, public.list_dead_letters, public.dead_letter_summary, public.dismiss_dead_letter,
  public.list_executions, public.get_step_runs, public.execution_events, public.update_workspace to authenticated;
revoke all on function public.forget_executions from public, anon, authenticated;
grant execute on function public.forget_executions to service_role;
