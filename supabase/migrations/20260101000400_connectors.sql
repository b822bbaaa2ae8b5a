create table public.connectors (
  id uuid primary key,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (char_length(name) between 1 and 200),
  description text not null default '' check (char_length(description) <= 2000),
  current_version int not null default 1 check (current_version > 0),
  success_count bigint not null default 0,
  failure_count bigint not null default 0,
  last_executed_at timestamptz,
  template_id uuid,
  template_version int,
  created_by uuid default auth.uid() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  unique (workspace_id, id)
);
comment on table public.connectors is 'A workspace''s programs of HTTP calls. The program itself is in connector_versions.';
comment on column public.connectors.deleted_at is 'A deleted connector keeps its row, so that its executions stay readable.';
create index connectors_page_idx on public.connectors (workspace_id, id desc) where deleted_at is null;
create index connectors_created_by_idx on public.connectors (created_by);
create index connectors_template_idx on public.connectors (template_id, template_version) where template_id is not null;

create table public.connector_versions (
  workspace_id uuid not null,
  connector_id uuid not null,
  version int not null check (version > 0),
  definition jsonb not null check (jsonb_typeof(definition) = 'object'),
  credential_services text[] not null default '{}',
  created_by uuid default auth.uid() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, connector_id, version),
  foreign key (workspace_id, connector_id) references public.connectors (workspace_id, id) on delete cascade
);
comment on table public.connector_versions is 'Every definition a connector ever had; never changed once written.';
comment on column public.connector_versions.definition is
  'Format version, input schema, steps, output, contact mapping; parsed by the ConnectorDefinition schema on read and on write.';
comment on column public.connector_versions.credential_services is 'The services whose credentials the definition refers to.';
create index connector_versions_created_by_idx on public.connector_versions (created_by);
create index connector_versions_services_idx on public.connector_versions using gin (credential_services);

-- Written in one transaction with its first version, hence checked at its end.
alter table public.connectors add constraint connectors_current_version_fkey
  foreign key (workspace_id, id, current_version)
  references public.connector_versions (workspace_id, connector_id, version) deferrable initially deferred;

create trigger connectors_touch before update of name, description, current_version, deleted_at on public.connectors
  for each row execute function private.touch_updated_at();

create function public.increment_connector_success(connector_id uuid) returns void
language sql set search_path = ''
as $$
  update public.connectors c set success_count = c.success_count + 1, last_executed_at = now()
  where c.id = increment_connector_success.connector_id
$$;
create function public.increment_connector_failure(connector_id uuid) returns void
language sql set search_path = ''
as $$
  update public.connectors c set failure_count = c.failure_count + 1, last_executed_at = now()
  where c.id = increment_connector_failure.connector_id
$$;
revoke all on function public.increment_connector_success, public.increment_connector_failure from public, anon, authenticated;
grant execute on function public.increment_connector_success, public.increment_connector_failure to service_role;

alter table public.connectors enable row level security;
alter table public.connectors force row level security;
alter table public.connector_versions enable row level security;
alter table public.connector_versions force row level security;

create policy "connectors: members read" on public.connectors for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "connectors: editors create" on public.connectors for insert to authenticated
  with check (workspace_id = any (array(select private.workspace_ids('editor'))));
create policy "connectors: editors change" on public.connectors for update to authenticated
  using (workspace_id = any (array(select private.workspace_ids('editor'))))
  with check (workspace_id = any (array(select private.workspace_ids('editor'))));

create policy "connector_versions: members read" on public.connector_versions for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "connector_versions: editors create" on public.connector_versions for insert to authenticated
  with check (workspace_id = any (array(select private.workspace_ids('editor'))));

-- Counters belong to the engine: no column grant reaches them. Deleting is an update of deleted_at; versions are immutable.
grant select on public.connectors, public.connector_versions to authenticated;
grant insert (id, workspace_id, name, description, template_id, template_version) on public.connectors to authenticated;
grant update (name, description, current_version, deleted_at) on public.connectors to authenticated;
grant insert (workspace_id, connector_id, version, definition, credential_services) on public.connector_versions to authenticated;
grant select, insert, update, delete on public.connectors, public.connector_versions to service_role;
