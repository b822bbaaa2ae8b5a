create table public.workspace_api_credentials (
  id uuid primary key,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  service_name text not null check (service_name ~ '^[a-z][a-z0-9_]{0,63}$'),
  type text not null check (type in ('bearer', 'api_key', 'basic', 'custom')),
  placement jsonb,
  allowed_hosts text[] not null check (cardinality(allowed_hosts) > 0),
  field_names text[] not null check (cardinality(field_names) > 0),
  key_id text not null,
  ciphertext text not null check (ciphertext like 'v1.%'),
  created_by uuid references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  last_used_at timestamptz,
  unique (workspace_id, service_name),
  unique (workspace_id, id)
);
comment on table public.workspace_api_credentials is
  'Secret fields for one service in a workspace, encrypted before they reach the database and bound to the hosts they may be sent to.';
comment on column public.workspace_api_credentials.ciphertext is
  'AES-256-GCM, v1.<key id>.<iv>.<ciphertext and tag>; bound to workspace, service and credential id. No grant to API roles.';
comment on column public.workspace_api_credentials.placement is
  'Where an api_key goes: {"in": "header" | "query", "name": "..."}.';
create index workspace_api_credentials_created_by_idx on public.workspace_api_credentials (created_by);
create index workspace_api_credentials_key_idx on public.workspace_api_credentials (key_id, id);

create trigger workspace_api_credentials_touch before update on public.workspace_api_credentials
  for each row execute function private.touch_updated_at();

alter table public.workspace_api_credentials enable row level security;
alter table public.workspace_api_credentials force row level security;

create policy "workspace_api_credentials: members see metadata" on public.workspace_api_credentials for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "workspace_api_credentials: editors delete" on public.workspace_api_credentials for delete to authenticated
  using (workspace_id = any (array(select private.workspace_ids('editor'))));
-- Written only through public.store_credential, which checks the role itself; no grant and no policy for insert or
-- update, because the ciphertext column must not be reachable at all.

grant select (id, workspace_id, service_name, type, placement, allowed_hosts, field_names, key_id, created_by,
  created_at, updated_at, last_used_at) on public.workspace_api_credentials to authenticated;
grant delete on public.workspace_api_credentials to authenticated;
grant select, insert, update, delete on public.workspace_api_credentials to service_role;
