-- Batches: one connector over many inputs. Each item is an execution; the batch is what they have in common.
create table public.connector_batches (
  id uuid primary key,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  connector_id uuid not null,
  connector_version int not null,
  total int not null check (total between 1 and 10000),
  status text not null default 'running' check (status in ('running', 'completed', 'cancelled')),
  counts jsonb,
  created_by uuid default private.user_id() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  cancel_requested_at timestamptz,
  finished_at timestamptz,
  turn int not null default 0,
  slice_owner text,
  slice_expires_at timestamptz,
  touched_at timestamptz not null default now(),
  unique (workspace_id, id),
  foreign key (workspace_id, connector_id, connector_version)
    references public.connector_versions (workspace_id, connector_id, version)
);
comment on table public.connector_batches is 'One connector version run over many inputs, each of which is an execution.';
comment on column public.connector_batches.status is
  'As last written down. What is shown is computed from the items, so that it is right before anybody wrote it down.';
comment on column public.connector_batches.counts is 'Items by status when the last one had ended; null while there are open ones.';
comment on column public.connector_batches.turn is
  'Names the task run whose turn it is. It grows whenever another run is wanted, so that one that comes late sees that it is not meant.';
comment on column public.connector_batches.slice_owner is
  'The task run that takes items at the moment. A later attempt of the same run takes over at once: its earlier attempt is dead.';
comment on column public.connector_batches.slice_expires_at is 'After this, the run that takes items is taken for dead.';
create index connector_batches_connector_idx on public.connector_batches (workspace_id, connector_id, id desc);
create index connector_batches_created_by_idx on public.connector_batches (created_by);
create index connector_batches_running_idx on public.connector_batches (touched_at) where status = 'running';

alter table public.connector_batches enable row level security;
alter table public.connector_batches force row level security;
create policy "connector_batches: members read" on public.connector_batches for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
-- A batch without its items would be a lie: both are written by public.create_batch alone.
grant select on public.connector_batches to authenticated;
grant select, insert, update, delete on public.connector_batches to service_role;

drop index public.connector_executions_batch_idx;
create unique index connector_executions_batch_key on public.connector_executions (workspace_id, batch_id, batch_index)
  where batch_id is not null;
create index connector_executions_batch_open_idx on public.connector_executions (batch_id, batch_index)
  where batch_id is not null and status in ('queued', 'running');
alter table public.connector_executions
  add column batch_key text check (char_length(batch_key) between 1 and 200),
  add constraint connector_executions_batch_check check ((batch_id is null) = (batch_index is null)),
  add constraint connector_executions_batch_fkey foreign key (workspace_id, batch_id)
    references public.connector_batches (workspace_id, id) on delete cascade;
comment on column public.connector_executions.batch_key is 'What the caller calls this item of a batch.';
-- Nobody adds items to a batch afterwards.
revoke insert (batch_id, batch_index) on public.connector_executions from authenticated;

create function private.batch_state(p_workspace_id uuid, p_id uuid, out counts jsonb, out open bigint, out ended_at timestamptz)
language sql stable set search_path = ''
as $$
  select '{"queued": 0, "running": 0, "succeeded": 0, "failed": 0, "timed_out": 0, "cancelled": 0}'
      || coalesce(jsonb_object_agg(c.status, c.items), '{}'),
    coalesce(sum(c.items) filter (where c.status in ('queued', 'running')), 0)::bigint, max(c.ended_at)
  from (
    select e.status, count(*) as items, max(e.finished_at) as ended_at
    from public.connector_executions e where e.workspace_id = p_workspace_id and e.batch_id = p_id group by e.status) c
$$;

-- What the API shows of a batch. A batch that was written down as ended has its counts; any other is counted now.
create function private.batch_json(b public.connector_batches) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  items record;
  shown_status text := b.status;
  ended_at timestamptz := b.finished_at;
  counts jsonb := b.counts;
begin
  if b.status = 'running' then
    select * into items from private.batch_state(b.workspace_id, b.id);
    counts := items.counts;
    if items.open = 0 then
      shown_status := case when b.cancel_requested_at is null then 'completed' else 'cancelled' end;
      ended_at := items.ended_at;
    end if;
  end if;
  return jsonb_build_object('id', b.id, 'workspace_id', b.workspace_id, 'connector_id', b.connector_id,
    'connector_version', b.connector_version, 'status', shown_status, 'total', b.total, 'counts', counts,
    'cancel_requested_at', b.cancel_requested_at, 'created_at', b.created_at, 'finished_at', ended_at);
end;
$$;

-- Writes down that the last item has ended. Whoever comes by may do it: it is the items that decide.
create function private.settle_batch(p_id uuid) returns boolean
language plpgsql set search_path = ''
as $$
declare
  b public.connector_batches;
  items record;
begin
  select * into b from public.connector_batches x where x.id = p_id and x.status = 'running' for update;
  if not found or exists (select 1 from public.connector_executions e
                          where e.batch_id = p_id and e.status in ('queued', 'running')) then
    return false;
  end if;
  select * into items from private.batch_state(b.workspace_id, b.id);
  update public.connector_batches x set counts = items.counts, finished_at = coalesce(items.ended_at, now()),
    status = case when x.cancel_requested_at is null then 'completed' else 'cancelled' end,
    slice_owner = null, slice_expires_at = null
  where x.id = p_id;
  return true;
end;
$$;

-- An item that runs again, whoever wanted it, opens its batch again.
create function private.reopen_batch() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.connector_batches b set status = 'running', counts = null, finished_at = null, cancel_requested_at = null,
    touched_at = now()
  where b.workspace_id = new.workspace_id and b.id = new.batch_id and b.status <> 'running';
  return new;
end;
$$;
create trigger connector_executions_reopen_batch after update of status on public.connector_executions
  for each row when (new.batch_id is not null and old.finished_at is not null and new.finished_at is null)
  execute function private.reopen_batch();

-- Needs its owner's rights: users have no right to write batches, nor items of one.
create function private.write_batch(
  p_workspace_id uuid, p_connector_id uuid, p_version int, p_id uuid, p_item_ids text[], p_items text
) returns public.connector_batches
language plpgsql security definer set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'executor');
  items jsonb := p_items::jsonb;
  written public.connector_batches;
begin
  if not exists (select 1 from public.connectors c
                 where c.workspace_id = workspace and c.id = p_connector_id and c.deleted_at is null) then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
  if jsonb_array_length(items) not between 1 and 10000 or jsonb_array_length(items) <> cardinality(p_item_ids) then
    perform private.raise_problem(422, 'validation_failed', 'A batch has 1 to 10000 items.', '/items');
  end if;
  insert into public.connector_batches (id, workspace_id, connector_id, connector_version, total)
  values (p_id, workspace, p_connector_id, p_version, jsonb_array_length(items)) returning * into written;
  insert into public.connector_executions
    (id, workspace_id, connector_id, connector_version, input, trigger, batch_id, batch_index, batch_key)
  select i.id::uuid, workspace, p_connector_id, p_version, i.item -> 'input', '{"type": "batch"}', p_id, i.place - 1, i.item ->> 'key'
  from rows from (unnest(p_item_ids), jsonb_array_elements(items)) with ordinality as i (id, item, place);
  return written;
end;
$$;

-- p_items: a JSON array as text, [{"input", "key"}]. As text, because a value of its own size would be made of it twice.
create function public.create_batch(
  p_workspace_id uuid, p_connector_id uuid, p_version int, p_id uuid, p_item_ids text[], p_items text
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  written public.connector_batches :=
    private.write_batch(p_workspace_id, p_connector_id, p_version, p_id, p_item_ids, p_items);
begin
  return private.batch_json(written);
end;
$$;

create function private.find_batch(p_workspace_id uuid, p_id uuid) returns public.connector_batches
language plpgsql stable set search_path = ''
as $$
declare found_batch public.connector_batches;
begin
  select * into found_batch from public.connector_batches b where b.workspace_id = p_workspace_id and b.id = p_id;
  if not found then
    perform private.raise_problem(404, 'batch_not_found', 'No such batch in this workspace.');
  end if;
  return found_batch;
end;
$$;

create function public.get_batch(p_workspace_id uuid, p_id uuid) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'viewer');
begin
  return private.batch_json(private.find_batch(workspace, p_id));
end;
$$;

create function public.list_batches(
  p_workspace_id uuid, p_limit int, p_after uuid default null, p_connector_id uuid default null
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'viewer');
begin
  if p_connector_id is not null and not exists (
    select 1 from public.connectors c where c.workspace_id = workspace and c.id = p_connector_id) then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
  return (select coalesce(jsonb_agg(private.batch_json(page) order by page.id desc), '[]') from (
    select b.* from public.connector_batches b
    where b.workspace_id = workspace and (p_after is null or b.id < p_after)
      and (p_connector_id is null or b.connector_id = p_connector_id)
    order by b.id desc limit private.page_limit(p_limit)
  ) page);
end;
$$;

-- Items in order. Bounded by rows and by bytes, since all of an answer is in memory at once.
create function private.batch_items(
  p_workspace_id uuid, p_id uuid, p_most int, p_after int, p_status text
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  max_bytes constant bigint := 2 * 1024 * 1024;
  bytes bigint := 0;
  items jsonb[] := '{}';
  r record;
begin
  for r in
    select jsonb_build_object('index', e.batch_index, 'key', e.batch_key, 'execution_id', e.id, 'status', e.status,
      'output', e.output, 'error', e.error) as item, octet_length(e.output::text) as size
    from public.connector_executions e
    where e.workspace_id = p_workspace_id and e.batch_id = p_id and e.batch_index > coalesce(p_after, -1)
      and (p_status is null or e.status = p_status)
    order by e.batch_index limit p_most + 1
  loop
    bytes := bytes + coalesce(r.size, 0);
    -- One is always in it, however large: else a list would never come to its end.
    if cardinality(items) = p_most or (bytes > max_bytes and cardinality(items) > 0) then
      return jsonb_build_object('items', to_jsonb(items), 'more', true);
    end if;
    items := items || r.item;
  end loop;
  return jsonb_build_object('items', to_jsonb(items), 'more', false);
end;
$$;

create function public.get_batch_items(
  p_workspace_id uuid, p_id uuid, p_limit int, p_after int default null, p_status text default null
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'viewer');
  b public.connector_batches := private.find_batch(workspace, p_id);
begin
  return private.batch_items(workspace, b.id, private.page_limit(p_limit, 1000), p_after, p_status);
end;
$$;

-- What private.count_execution does, for many at once: updating one row of figures thousands of times in a transaction
-- takes minutes.
create function private.count_cancelled(p_workspace_id uuid, p_connector_id uuid, p_times int) returns void
language plpgsql set search_path = ''
as $$
declare
  ended_hour timestamptz := date_trunc('hour', now(), 'UTC');
  ended_day timestamptz := date_trunc('day', now(), 'UTC');
  my_shard int := pg_backend_pid() % 4;
  first_of_hour boolean;
  first_of_day boolean;
begin
  if p_times = 0 then
    return;
  end if;
  insert into public.platform_rollups as r (hour, shard, cancelled) values (ended_hour, my_shard, p_times)
  on conflict (hour, shard) do update set cancelled = r.cancelled + excluded.cancelled;
  insert into public.workspace_rollups as r (workspace_id, hour, executions) values (p_workspace_id, ended_hour, p_times)
  on conflict (workspace_id, hour) do update set executions = r.executions + excluded.executions
  returning r.executions = p_times into first_of_hour;
  insert into public.workspace_day_rollups as r (workspace_id, day, executions) values (p_workspace_id, ended_day, p_times)
  on conflict (workspace_id, day) do update set executions = r.executions + excluded.executions
  returning r.executions = p_times into first_of_day;
  if first_of_hour then
    update public.platform_rollups r set
      workspaces = r.workspaces + 1, workspaces_of_day = r.workspaces_of_day + first_of_day::int
    where r.hour = ended_hour and r.shard = my_shard;
  end if;
  insert into public.execution_rollups as r (workspace_id, connector_id, hour, cancelled)
  values (p_workspace_id, p_connector_id, ended_hour, p_times)
  on conflict (workspace_id, connector_id, hour) do update set cancelled = r.cancelled + excluded.cancelled;
end;
$$;
drop trigger connector_executions_count on public.connector_executions;
create trigger connector_executions_count after update of status on public.connector_executions
  for each row when (old.finished_at is null and new.finished_at is not null and new.options is null
    and coalesce(current_setting('patchbay.counted_together', true), '') <> 'on')
  execute function private.count_execution();

-- Items that wait end now, those that run are asked to. What they count for is added up once, not once an item.
create function private.request_batch_cancel(p_workspace_id uuid, p_id uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'executor');
  b public.connector_batches;
  ended int;
begin
  select * into b from public.connector_batches x where x.workspace_id = workspace and x.id = p_id for update;
  if not found then
    perform private.raise_problem(404, 'batch_not_found', 'No such batch in this workspace.');
  elsif b.status = 'cancelled' then
    return workspace;
  elsif b.status <> 'running' or not exists (select 1 from public.connector_executions e
                                             where e.batch_id = p_id and e.status in ('queued', 'running')) then
    perform private.settle_batch(p_id);
    if b.cancel_requested_at is not null then
      return workspace;
    end if;
    perform private.raise_problem(409, 'batch_finished', 'All items of this batch have ended already.');
  end if;
  update public.connector_batches x set cancel_requested_at = coalesce(x.cancel_requested_at, now()) where x.id = p_id;
  perform set_config('patchbay.counted_together', 'on', true);
  with idle as (
    update public.connector_executions e set cancel_requested_at = coalesce(e.cancel_requested_at, now()),
      status = 'cancelled', finished_at = now(), resume_at = null, event_seq = e.event_seq + 1, finished_event = e.event_seq + 1,
      error = jsonb_build_object('class', 'cancelled', 'code', 'cancelled', 'step', null, 'message', case when e.status = 'queued'
        then 'Cancelled before it started.' else 'Cancelled while it waited.' end)
    where e.id in (select x.id from public.connector_executions x
                   where x.batch_id = p_id and (x.status = 'queued' or (x.status = 'running' and x.resume_at is not null))
                   order by x.id for update)
    returning e.id, e.event_seq, e.started_at
  ), waits as (
    update public.connector_step_runs s set status = 'cancelled', finished_at = now(), finished_event = idle.event_seq
    from idle where idle.started_at is not null and s.workspace_id = workspace and s.execution_id = idle.id and s.status = 'waiting'
  )
  select count(*) into ended from idle;
  perform private.count_cancelled(workspace, b.connector_id, ended);
  perform set_config('patchbay.counted_together', '', true);
  -- Sub-connectors that are parked with their item.
  perform private.request_cancel(workspace, c.id) from public.connector_executions c
  join public.connector_executions e on e.workspace_id = c.workspace_id and e.id = c.parent_id
  where c.workspace_id = workspace and c.parent_id is not null and e.batch_id = p_id and e.status = 'cancelled'
    and c.status in ('queued', 'running');
  update public.connector_executions e set cancel_requested_at = coalesce(e.cancel_requested_at, now())
  where e.batch_id = p_id and e.status = 'running';
  perform private.settle_batch(p_id);
  return workspace;
end;
$$;

create function public.cancel_batch(p_workspace_id uuid, p_id uuid) returns jsonb
language plpgsql set search_path = ''
as $$
declare workspace uuid := private.request_batch_cancel(p_workspace_id, p_id);
begin
  return public.get_batch(workspace, p_id);
end;
$$;

-- Items that did not succeed run again, from the step that failed. Their batch is running again.
create function private.request_batch_redrive(p_workspace_id uuid, p_id uuid) returns public.connector_batches
language plpgsql security definer set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'executor');
  b public.connector_batches;
  again uuid[];
begin
  select * into b from public.connector_batches x where x.workspace_id = workspace and x.id = p_id for update;
  if not found then
    perform private.raise_problem(404, 'batch_not_found', 'No such batch in this workspace.');
  elsif not exists (select 1 from public.connectors c
                    where c.workspace_id = workspace and c.id = b.connector_id and c.deleted_at is null) then
    perform private.raise_problem(404, 'connector_not_found', 'The connector of this batch has been deleted.');
  end if;
  again := array(select e.id from public.connector_executions e
    where e.workspace_id = workspace and e.batch_id = p_id and e.status in ('failed', 'timed_out', 'cancelled')
    order by e.id for update);
  if cardinality(again) > 0 then
    -- First, so that the trigger on its items finds it open.
    update public.connector_batches x set status = 'running', counts = null, finished_at = null, cancel_requested_at = null,
      turn = x.turn + 1, touched_at = now()
    where x.id = p_id;
    perform private.restart(workspace, again, null, false);
  end if;
  select * into b from public.connector_batches x where x.id = p_id;
  return b;
end;
$$;

create function public.redrive_batch(p_workspace_id uuid, p_id uuid) returns jsonb
language plpgsql set search_path = ''
as $$
declare b public.connector_batches := private.request_batch_redrive(p_workspace_id, p_id);
begin
  return private.batch_json(b) || jsonb_build_object('turn', b.turn);
end;
$$;

-- When a batch may take one of its open items; null: not at all, or another run holds it.
create function private.batch_item_due(e public.connector_executions) returns timestamptz
language sql immutable set search_path = ''
as $$
  select case
    when e.status = 'queued' then e.queued_at
    when e.resume_at is not null then e.resume_at
    -- Items share a process. One that was lost with it several times may be what killed it: it gets a process of its
    -- own, from sweep_executions.
    when e.strikes < 3 then e.lease_expires_at
  end
$$;

-- One run at a time takes items. A later attempt of the same run goes on with what its earlier one held.
create function public.begin_batch_slice(p_batch_id uuid, p_turn int, p_owner text, p_lease_seconds int) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  b public.connector_batches;
begin
  select * into b from public.connector_batches x where x.id = p_batch_id for update;
  if not found then
    return jsonb_build_object('outcome', 'missing');
  elsif b.status <> 'running' then
    return jsonb_build_object('outcome', 'finished');
  elsif b.slice_owner = p_owner then
    update public.connector_executions e set lease_expires_at = now()
    where e.batch_id = p_batch_id and e.status = 'running' and e.lease_owner = p_owner and e.lease_expires_at > now();
  elsif b.turn <> p_turn then
    return jsonb_build_object('outcome', 'stale');
  elsif b.slice_expires_at > now() then
    return jsonb_build_object('outcome', 'held');
  end if;
  update public.connector_batches x set slice_owner = p_owner, touched_at = now(),
    slice_expires_at = now() + make_interval(secs => p_lease_seconds)
  where x.id = p_batch_id;
  return jsonb_build_object('outcome', 'begun', 'workspace_id', b.workspace_id);
end;
$$;

create function public.renew_batch_slice(p_batch_id uuid, p_owner text, p_lease_seconds int) returns boolean
language plpgsql set search_path = ''
as $$
begin
  update public.connector_batches x set slice_expires_at = now() + make_interval(secs => p_lease_seconds)
  where x.id = p_batch_id and x.slice_owner = p_owner;
  return found;
end;
$$;

create function public.claim_batch_executions(p_batch_id uuid, p_owner text, p_limit int, p_lease_seconds int) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  e public.connector_executions;
  claims jsonb[] := '{}';
begin
  if not exists (select 1 from public.connector_batches b where b.id = p_batch_id and b.slice_owner = p_owner) then
    return null;
  end if;
  for e in
    select x.* from public.connector_executions x
    where x.batch_id = p_batch_id and x.status in ('queued', 'running') and private.batch_item_due(x) <= now()
    order by x.batch_index limit p_limit for update skip locked
  loop
    claims := claims || private.claim_json(private.take_execution(e, p_owner, p_lease_seconds));
  end loop;
  return to_jsonb(claims);
end;
$$;
comment on function public.claim_batch_executions is
  'Takes the leases of up to p_limit items that are due: an array of what claim_execution answers. Null: another run has the turn.';

-- Gives the turn on. `due`: when the next run is wanted, null for none; `turn` names it.
create function public.end_batch_slice(p_batch_id uuid, p_owner text) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  b public.connector_batches;
  due timestamptz;
begin
  select * into b from public.connector_batches x where x.id = p_batch_id and x.slice_owner = p_owner for update;
  if not found or private.settle_batch(p_batch_id) then
    return jsonb_build_object('due', null, 'turn', coalesce(b.turn, 0));
  end if;
  if exists (select 1 from public.connector_executions e where e.batch_id = p_batch_id and e.status = 'queued') then
    due := now();
  else
    select min(private.batch_item_due(e)) into due from public.connector_executions e
    where e.batch_id = p_batch_id and e.status = 'running';
  end if;
  update public.connector_batches x set slice_owner = null, slice_expires_at = null, touched_at = now(),
    turn = x.turn + (due is not null)::int
  where x.id = p_batch_id;
  return jsonb_build_object('due', due, 'turn', b.turn + (due is not null)::int);
end;
$$;

-- Batches with work that is overdue and that nobody does. Also writes down the end of those whose last item has ended.
create function public.sweep_batches(p_older_than_seconds int, p_limit int) returns jsonb
language plpgsql set search_path = ''
as $$
begin
  perform private.settle_batch(ended.id) from (
    select b.id from public.connector_batches b
    where b.status = 'running' and b.touched_at < now() - make_interval(secs => p_older_than_seconds)
      and not exists (select 1 from public.connector_executions e
                      where e.batch_id = b.id and e.status in ('queued', 'running'))
    order by b.id limit p_limit) ended;
  -- The name of a run that died with its turn has been used up. That of one which has not begun stands for a run that
  -- may still wait in its queue: the same name again starts no second one.
  update public.connector_batches x set slice_owner = null, slice_expires_at = null, turn = x.turn + 1
  where x.id in (select b.id from public.connector_batches b
                 where b.status = 'running' and b.slice_expires_at < now() order by b.id limit p_limit for update skip locked);
  return (select coalesce(jsonb_agg(jsonb_build_object('id', due.id, 'workspace_id', due.workspace_id, 'turn', due.turn)
                                    order by due.id), '[]') from (
    select b.id, b.workspace_id, b.turn from public.connector_batches b
    where b.status = 'running' and b.slice_owner is null
      and b.touched_at < now() - make_interval(secs => p_older_than_seconds)
      and exists (select 1 from public.connector_executions e where e.batch_id = b.id and e.status in ('queued', 'running')
                  and private.batch_item_due(e) < now() - make_interval(secs => p_older_than_seconds))
    order by b.touched_at limit p_limit
  ) due);
end;
$$;

-- As before, but for the items of batches, also those that were redriven alone: their batch is open again.
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
    where ((e.status = 'queued' and e.queued_at < now() - make_interval(secs => p_older_than_seconds))
        or (e.status = 'running' and e.lease_expires_at < now() - make_interval(secs => p_older_than_seconds))
        or (e.status = 'running' and e.resume_at < now() - make_interval(secs => p_older_than_seconds)))
      -- The items of a batch are started by the batch, which is swept by itself, unless it takes one no more.
      and (e.batch_id is null or (e.status = 'running' and private.batch_item_due(e) is null))
    -- In turn by workspace: one that has queued more than fits must not keep the others from being swept.
    order by row_number() over (partition by e.workspace_id order by e.id), e.id limit p_limit
  ) due);
end;
$$;

revoke all on function private.batch_state, private.batch_json, private.settle_batch, private.reopen_batch, private.write_batch,
  private.find_batch, private.batch_items, private.count_cancelled, private.request_batch_cancel,
  private.request_batch_redrive, private.batch_item_due from public, anon, authenticated;
grant execute on function private.batch_state, private.batch_json, private.write_batch, private.find_batch,
  private.batch_items, private.request_batch_cancel, private.request_batch_redrive to authenticated, service_role;
grant execute on function private.settle_batch, private.batch_item_due to service_role;
revoke all on function public.create_batch, public.get_batch, public.list_batches, public.get_batch_items, public.cancel_batch,
  public.redrive_batch, public.begin_batch_slice, public.renew_batch_slice, public.claim_batch_executions,
  public.end_batch_slice, public.sweep_batches from public, anon, authenticated;
grant execute on function public.create_batch, public.get_batch, public.list_batches, public.get_batch_items,
  public.cancel_batch, public.redrive_batch to authenticated;
grant execute on function public.begin_batch_slice, public.renew_batch_slice, public.claim_batch_executions,
  public.end_batch_slice, public.sweep_batches to service_role;
