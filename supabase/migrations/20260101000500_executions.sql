create table public.connector_executions (
  id uuid primary key,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  connector_id uuid not null,
  connector_version int not null,
  status text not null default 'queued'
    check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'timed_out')),
  trigger jsonb not null default '{"type": "api"}'
    check (jsonb_typeof(trigger) = 'object' and trigger -> 'type' is not distinct from '"api"'),
  input jsonb not null,
  output jsonb,
  error jsonb,
  created_by uuid default auth.uid() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  cancel_requested_at timestamptz,
  fence bigint not null default 0,
  lease_owner text,
  lease_expires_at timestamptz,
  unique (workspace_id, id),
  foreign key (workspace_id, connector_id, connector_version)
    references public.connector_versions (workspace_id, connector_id, version)
);
comment on table public.connector_executions is 'One durable run of one connector version.';
comment on column public.connector_executions.fence is
  'Grows with every claim. A commit names the fence it was claimed with; an older one is a zombie''s and is refused.';
comment on column public.connector_executions.lease_expires_at is
  'Until when the claiming run holds the execution; after that anybody may claim it again.';
comment on column public.connector_executions.lease_owner is
  'The task run that holds the lease. A later attempt of the same run takes over at once: its earlier attempt is dead.';
-- Every change of status writes every index anew, so there are few: the key (workspace_id, id), read backwards, serves
-- the page of a whole workspace.
create index connector_executions_connector_idx on public.connector_executions (workspace_id, connector_id, id desc);
create index connector_executions_status_idx on public.connector_executions (workspace_id, status, id desc);
create index connector_executions_created_by_idx on public.connector_executions (created_by);
create index connector_executions_unfinished_idx on public.connector_executions (id) where status in ('queued', 'running');

create table public.connector_step_runs (
  workspace_id uuid not null,
  execution_id uuid not null,
  step_index int not null check (step_index >= 0),
  attempt int not null check (attempt >= 0),
  step_name text not null,
  fence bigint not null,
  status text not null check (status in ('running', 'succeeded', 'failed', 'skipped', 'cancelled', 'interrupted')),
  request jsonb,
  response jsonb,
  output jsonb,
  error jsonb,
  resume_state text check (resume_state like 'v1.%'),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  duration_ms double precision,
  primary key (workspace_id, execution_id, step_index, attempt),
  foreign key (workspace_id, execution_id) references public.connector_executions (workspace_id, id) on delete cascade
);
comment on table public.connector_step_runs is
  'The ledger: one row for each attempt at a step, written before the call and completed after it. Secrets are redacted.';
comment on column public.connector_step_runs.resume_state is
  'What later steps see of a committed step, sealed like a credential, so that a resumed execution continues with the real values while the readable columns stay redacted. No grant to API roles.';
comment on column public.connector_step_runs.status is
  'interrupted: the process died between the call and its commit, so that what the other side did is not known.';

alter table public.connector_executions enable row level security;
alter table public.connector_executions force row level security;
alter table public.connector_step_runs enable row level security;
alter table public.connector_step_runs force row level security;

create policy "connector_executions: members read" on public.connector_executions for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "connector_executions: editors start" on public.connector_executions for insert to authenticated
  with check (workspace_id = any (array(select private.workspace_ids('editor'))) and status = 'queued');
create policy "connector_step_runs: members read" on public.connector_step_runs for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));

-- The engine alone changes the state of an execution; a user may start one, and ask for its end through
-- public.cancel_execution.
grant select on public.connector_executions to authenticated;
grant insert (id, workspace_id, connector_id, connector_version, input, trigger) on public.connector_executions to authenticated;
grant select (workspace_id, execution_id, step_index, attempt, step_name, fence, status, request, response, output,
  error, started_at, finished_at, duration_ms) on public.connector_step_runs to authenticated;
grant select, insert, update, delete on public.connector_executions, public.connector_step_runs to service_role;
