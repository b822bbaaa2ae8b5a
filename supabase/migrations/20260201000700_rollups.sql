-- What people ask of executions over time, counted while they end: reading it never scans the executions themselves.
create table public.execution_rollups (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  connector_id uuid not null,
  hour timestamptz not null,
  succeeded int not null default 0,
  failed int not null default 0,
  cancelled int not null default 0,
  timed_out int not null default 0,
  duration_ms_sum double precision not null default 0,
  duration_ms_max double precision not null default 0,
  primary key (workspace_id, connector_id, hour),
  foreign key (workspace_id, connector_id) references public.connectors (workspace_id, id) on delete cascade
);
comment on table public.execution_rollups is 'Ended executions by connector and hour (UTC).';
comment on column public.execution_rollups.duration_ms_sum is 'Of those that ran to an end: not of cancelled ones.';
create index execution_rollups_hour_idx on public.execution_rollups (hour);

create table public.failure_rollups (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  connector_id uuid not null,
  hour timestamptz not null,
  class text not null,
  code text not null,
  host text not null default '',
  template_id uuid,
  failures int not null default 0,
  primary key (workspace_id, connector_id, hour, class, code, host),
  foreign key (workspace_id, connector_id) references public.connectors (workspace_id, id) on delete cascade
);
comment on table public.failure_rollups is 'Failed executions by connector, hour (UTC), error class and code, and the host that was called.';
comment on column public.failure_rollups.template_id is 'Where the connector came from when it failed. The template may be gone.';
create index failure_rollups_hour_idx on public.failure_rollups (hour);

-- The same again, coarser: each page of figures reads a number of rows that depends on the time it covers and on what
-- it shows, and not on how much there is in all.
create table public.execution_day_rollups (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  connector_id uuid not null,
  day timestamptz not null,
  executions int not null default 0,
  duration_ms_sum double precision not null default 0,
  duration_ms_max double precision not null default 0,
  primary key (workspace_id, connector_id, day),
  foreign key (workspace_id, connector_id) references public.connectors (workspace_id, id) on delete cascade
);
comment on table public.execution_day_rollups is 'Executions that ran to an end, by connector and day (UTC).';
create index execution_day_rollups_day_idx on public.execution_day_rollups (day);

create table public.workspace_rollups (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  hour timestamptz not null,
  executions int not null default 0,
  failures int not null default 0,
  primary key (workspace_id, hour)
);
comment on table public.workspace_rollups is 'Ended executions by workspace and hour (UTC).';

create table public.workspace_day_rollups (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  day timestamptz not null,
  executions int not null default 0,
  failures int not null default 0,
  primary key (workspace_id, day)
);
comment on table public.workspace_day_rollups is 'Ended executions by workspace and day (UTC).';

create table public.platform_rollups (
  hour timestamptz not null,
  shard int not null,
  succeeded int not null default 0,
  failed int not null default 0,
  cancelled int not null default 0,
  timed_out int not null default 0,
  duration_ms_sum double precision not null default 0,
  workspaces int not null default 0,
  workspaces_of_day int not null default 0,
  primary key (hour, shard)
);
comment on table public.platform_rollups is 'Ended executions of all workspaces by hour (UTC). What belongs to a deleted workspace stays counted.';
comment on column public.platform_rollups.shard is
  'One of several rows to add up, so that executions which end at the same moment do not wait for each other.';
comment on column public.platform_rollups.workspaces is 'Workspaces whose first execution of this hour is counted here.';
comment on column public.platform_rollups.workspaces_of_day is 'Workspaces whose first execution of this day (UTC) is counted here.';

alter table public.execution_rollups enable row level security;
alter table public.execution_rollups force row level security;
alter table public.failure_rollups enable row level security;
alter table public.failure_rollups force row level security;
alter table public.execution_day_rollups enable row level security;
alter table public.execution_day_rollups force row level security;
alter table public.workspace_rollups enable row level security;
alter table public.workspace_rollups force row level security;
alter table public.workspace_day_rollups enable row level security;
alter table public.workspace_day_rollups force row level security;
alter table public.platform_rollups enable row level security;
alter table public.platform_rollups force row level security;
create policy "execution_rollups: members read" on public.execution_rollups for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "failure_rollups: members read" on public.failure_rollups for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "execution_day_rollups: members read" on public.execution_day_rollups for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "workspace_rollups: members read" on public.workspace_rollups for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "workspace_day_rollups: members read" on public.workspace_day_rollups for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "platform_rollups: admins read" on public.platform_rollups for select to authenticated
  using ((select private.is_saas_admin()));
grant select on public.execution_rollups, public.failure_rollups, public.execution_day_rollups, public.workspace_rollups,
  public.workspace_day_rollups, public.platform_rollups to authenticated;
grant select, insert, update, delete on public.execution_rollups, public.failure_rollups, public.execution_day_rollups,
  public.workspace_rollups, public.workspace_day_rollups, public.platform_rollups to service_role;

create function private.count_execution() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  ended_hour timestamptz := date_trunc('hour', new.finished_at, 'UTC');
  ended_day timestamptz := date_trunc('day', new.finished_at, 'UTC');
  -- How long a cancelled one waited to be cancelled says nothing about its connector.
  ran boolean := new.status <> 'cancelled';
  took double precision := case when ran
    then extract(epoch from new.finished_at - coalesce(new.started_at, new.created_at)) * 1000 else 0 end;
  failed boolean := new.status in ('failed', 'timed_out');
  my_shard int := pg_backend_pid() % 4;
  first_of_hour boolean;
  first_of_day boolean;
  called_host text;
begin
  -- From the general to the particular, in all transactions: they wait for each other at the first row, and never in a circle.
  insert into public.platform_rollups as r (hour, shard, succeeded, failed, cancelled, timed_out, duration_ms_sum)
  values (ended_hour, my_shard, (new.status = 'succeeded')::int, (new.status = 'failed')::int,
    (new.status = 'cancelled')::int, (new.status = 'timed_out')::int, took)
  on conflict (hour, shard) do update set
    succeeded = r.succeeded + excluded.succeeded, failed = r.failed + excluded.failed,
    cancelled = r.cancelled + excluded.cancelled, timed_out = r.timed_out + excluded.timed_out,
    duration_ms_sum = r.duration_ms_sum + excluded.duration_ms_sum;
  insert into public.workspace_rollups as r (workspace_id, hour, executions, failures)
  values (new.workspace_id, ended_hour, 1, failed::int)
  on conflict (workspace_id, hour) do update set
    executions = r.executions + 1, failures = r.failures + excluded.failures
  returning r.executions = 1 into first_of_hour;
  insert into public.workspace_day_rollups as r (workspace_id, day, executions, failures)
  values (new.workspace_id, ended_day, 1, failed::int)
  on conflict (workspace_id, day) do update set
    executions = r.executions + 1, failures = r.failures + excluded.failures
  returning r.executions = 1 into first_of_day;
  if first_of_hour then
    update public.platform_rollups r set
      workspaces = r.workspaces + 1, workspaces_of_day = r.workspaces_of_day + first_of_day::int
    where r.hour = ended_hour and r.shard = my_shard;
  end if;
  if ran then
    insert into public.execution_day_rollups as r (workspace_id, connector_id, day, executions, duration_ms_sum, duration_ms_max)
    values (new.workspace_id, new.connector_id, ended_day, 1, took, took)
    on conflict (workspace_id, connector_id, day) do update set
      executions = r.executions + 1, duration_ms_sum = r.duration_ms_sum + excluded.duration_ms_sum,
      duration_ms_max = greatest(r.duration_ms_max, excluded.duration_ms_max);
  end if;
  insert into public.execution_rollups as r
    (workspace_id, connector_id, hour, succeeded, failed, cancelled, timed_out, duration_ms_sum, duration_ms_max)
  values (new.workspace_id, new.connector_id, ended_hour, (new.status = 'succeeded')::int, (new.status = 'failed')::int,
    (new.status = 'cancelled')::int, (new.status = 'timed_out')::int, took, took)
  on conflict (workspace_id, connector_id, hour) do update set
    succeeded = r.succeeded + excluded.succeeded, failed = r.failed + excluded.failed,
    cancelled = r.cancelled + excluded.cancelled, timed_out = r.timed_out + excluded.timed_out,
    duration_ms_sum = r.duration_ms_sum + excluded.duration_ms_sum,
    duration_ms_max = greatest(r.duration_ms_max, excluded.duration_ms_max);
  if failed then
    -- A name longer than any (RFC 1035 section 2.3.4) is no entry for an index, which would refuse the execution's end.
    select left(substring(s.request ->> 'url' from '^https?://(?:[^/?#@]*@)?([^/?#@]+)'), 260) into called_host
    from public.connector_step_runs s
    where s.workspace_id = new.workspace_id and s.execution_id = new.id and s.step_name = new.error ->> 'step'
    order by s.step_index desc, s.attempt desc limit 1;
    insert into public.failure_rollups as f (workspace_id, connector_id, hour, class, code, host, template_id, failures)
    values (new.workspace_id, new.connector_id, ended_hour, coalesce(new.error ->> 'class', 'internal'),
      coalesce(new.error ->> 'code', 'internal'), coalesce(called_host, ''),
      (select c.template_id from public.connectors c where c.workspace_id = new.workspace_id and c.id = new.connector_id), 1)
    on conflict (workspace_id, connector_id, hour, class, code, host) do update set failures = f.failures + 1;
  end if;
  return new;
end;
$$;
create trigger connector_executions_count after update of status on public.connector_executions
  for each row when (old.finished_at is null and new.finished_at is not null)
  execute function private.count_execution();
revoke all on function private.count_execution from public, anon;
