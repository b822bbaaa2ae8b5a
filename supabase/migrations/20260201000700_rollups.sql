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
create index execution_rollups_hour_idx on public.execution_rollups (hour);

create table public.failure_rollups (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  connector_id uuid not null,
  hour timestamptz not null,
  class text not null,
  code text not null,
  host text not null default '',
  failures int not null default 0,
  primary key (workspace_id, connector_id, hour, class, code, host),
  foreign key (workspace_id, connector_id) references public.connectors (workspace_id, id) on delete cascade
);
comment on table public.failure_rollups is 'Failed executions by connector, hour (UTC), error class and code, and the host that was called.';
create index failure_rollups_hour_idx on public.failure_rollups (hour);

alter table public.execution_rollups enable row level security;
alter table public.execution_rollups force row level security;
alter table public.failure_rollups enable row level security;
alter table public.failure_rollups force row level security;
create policy "execution_rollups: members read" on public.execution_rollups for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "failure_rollups: members read" on public.failure_rollups for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
grant select on public.execution_rollups, public.failure_rollups to authenticated;
grant select, insert, update, delete on public.execution_rollups, public.failure_rollups to service_role;

create function private.count_execution() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  ended_hour timestamptz := date_trunc('hour', new.finished_at, 'UTC');
  took double precision := extract(epoch from new.finished_at - coalesce(new.started_at, new.created_at)) * 1000;
  called_host text;
begin
  insert into public.execution_rollups as r
    (workspace_id, connector_id, hour, succeeded, failed, cancelled, timed_out, duration_ms_sum, duration_ms_max)
  values (new.workspace_id, new.connector_id, ended_hour, (new.status = 'succeeded')::int, (new.status = 'failed')::int,
    (new.status = 'cancelled')::int, (new.status = 'timed_out')::int, took, took)
  on conflict (workspace_id, connector_id, hour) do update set
    succeeded = r.succeeded + excluded.succeeded, failed = r.failed + excluded.failed,
    cancelled = r.cancelled + excluded.cancelled, timed_out = r.timed_out + excluded.timed_out,
    duration_ms_sum = r.duration_ms_sum + excluded.duration_ms_sum,
    duration_ms_max = greatest(r.duration_ms_max, excluded.duration_ms_max);
  if new.status in ('failed', 'timed_out') then
    select substring(s.request ->> 'url' from '^https?://([^/?#]+)') into called_host
    from public.connector_step_runs s
    where s.workspace_id = new.workspace_id and s.execution_id = new.id and s.step_name = new.error ->> 'step'
    order by s.step_index desc, s.attempt desc limit 1;
    insert into public.failure_rollups as f (workspace_id, connector_id, hour, class, code, host, failures)
    values (new.workspace_id, new.connector_id, ended_hour, coalesce(new.error ->> 'class', 'internal'),
      coalesce(new.error ->> 'code', 'internal'), coalesce(called_host, ''), 1)
    on conflict (workspace_id, connector_id, hour, class, code, host) do update set failures = f.failures + 1;
  end if;
  return new;
end;
$$;
create trigger connector_executions_count after update of status on public.connector_executions
  for each row when (old.finished_at is null and new.finished_at is not null)
  execute function private.count_execution();
revoke all on function private.count_execution from public, anon;
