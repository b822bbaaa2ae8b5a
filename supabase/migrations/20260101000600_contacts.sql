create table public.contacts (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  fields jsonb not null check (jsonb_typeof(fields) = 'object'),
  last_execution_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (workspace_id, id),
  foreign key (workspace_id, last_execution_id)
    references public.connector_executions (workspace_id, id) on delete set null (last_execution_id)
);
comment on table public.contacts is 'People of a workspace, onto whose fields executions map what they learnt.';
create index contacts_fields_idx on public.contacts using gin (fields jsonb_path_ops);
create index contacts_last_execution_idx on public.contacts (workspace_id, last_execution_id);

create trigger contacts_touch before update on public.contacts
  for each row execute function private.touch_updated_at();

alter table public.contacts enable row level security;
alter table public.contacts force row level security;
create policy "contacts: members read" on public.contacts for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "contacts: editors create" on public.contacts for insert to authenticated
  with check (workspace_id = any (array(select private.workspace_ids('editor'))));
create policy "contacts: editors change" on public.contacts for update to authenticated
  using (workspace_id = any (array(select private.workspace_ids('editor'))))
  with check (workspace_id = any (array(select private.workspace_ids('editor'))));
create policy "contacts: editors delete" on public.contacts for delete to authenticated
  using (workspace_id = any (array(select private.workspace_ids('editor'))));

grant select, delete on public.contacts to authenticated;
grant insert (id, workspace_id, fields), update (fields) on public.contacts to authenticated;
grant select, insert, update, delete on public.contacts to service_role;
