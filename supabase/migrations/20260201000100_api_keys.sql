-- Keys for servers. A key's token is signed by the Worker and names the key and the hash of its secret; the database
-- looks the key up in the same call, so that a revoked key ends at once and row level security stays the guard.
create table public.api_keys (
  id uuid primary key,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (char_length(name) between 1 and 200),
  scope text not null check (scope in ('read', 'execute', 'write', 'admin')),
  secret_hash text not null check (secret_hash ~ '^[0-9a-f]{64}$'),
  secret_hint text not null check (char_length(secret_hint) = 4),
  created_by uuid references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  unique (workspace_id, id)
);
comment on table public.api_keys is 'Keys with which servers call the API for a workspace. The secret itself is nowhere.';
comment on column public.api_keys.secret_hash is 'SHA-256 of the 256-bit random secret, in hex. No grant to API roles.';
comment on column public.api_keys.secret_hint is 'The last four characters of the secret, for people to tell keys apart.';
create index api_keys_created_by_idx on public.api_keys (created_by);

alter table public.api_keys enable row level security;
alter table public.api_keys force row level security;
create policy "api_keys: admins read" on public.api_keys for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids('admin'))));
-- Written through functions only: who could update the row could also bring a revoked key back.
grant select (id, workspace_id, name, scope, secret_hint, created_by, created_at, expires_at, last_used_at, revoked_at)
  on public.api_keys to authenticated;
grant select, insert, update, delete on public.api_keys to service_role;

create function private.presents_api_key() returns boolean
language sql stable set search_path = ''
as $$ select (select auth.jwt()) ? 'api_key_hash' $$;

create function private.api_key() returns public.api_keys
language sql stable security definer set search_path = ''
as $$
  select k.* from public.api_keys k
  where k.id = (select auth.uid()) and k.secret_hash = (select auth.jwt()) ->> 'api_key_hash'
    and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
$$;
comment on function private.api_key is 'The key that the caller presents, if it is valid now; else a row of nulls.';

create function private.user_id() returns uuid
language sql stable set search_path = ''
as $$ select case when private.presents_api_key() then null else auth.uid() end $$;
comment on function private.user_id is 'The calling user; null when a key or the service role calls.';

create or replace function private.workspace_ids(at_least text default 'viewer') returns setof uuid
language sql stable security definer set search_path = ''
as $$
  select m.workspace_id from public.workspace_members m
  where m.user_id = (select private.user_id()) and private.role_rank(m.role) >= private.role_rank(at_least)
  union all
  select k.workspace_id from private.api_key() k
  where private.role_rank(k.scope) >= private.role_rank(at_least)
$$;

create or replace function private.is_saas_admin() returns boolean
language sql stable security definer set search_path = ''
as $$ select exists (select 1 from public.saas_admin_users a where a.user_id = (select private.user_id())) $$;

create or replace function private.authorize(workspace uuid, at_least text) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
  caller uuid := private.user_id();
  key public.api_keys;
  found_role text;
  only_workspace uuid;
  memberships int;
begin
  if private.presents_api_key() then
    key := private.api_key();
    if key.id is null then
      perform private.raise_problem(401, 'unauthenticated', 'The API key is unknown, expired or revoked.');
    elsif workspace is not null and workspace <> key.workspace_id then
      perform private.raise_problem(404, 'workspace_not_found', 'No such workspace.');
    elsif private.role_rank(key.scope) < private.role_rank(at_least) then
      perform private.raise_problem(403, 'forbidden', format('The scope of this API key (%s) does not allow this.', key.scope));
    end if;
    return key.workspace_id;
  end if;
  if workspace is null then
    select count(*), min(m.workspace_id::text)::uuid into memberships, only_workspace
    from (select workspace_id from public.workspace_members where user_id = caller limit 2) m;
    if memberships = 0 then
      perform private.raise_problem(404, 'workspace_not_found', 'You are not a member of any workspace.');
    elsif memberships > 1 then
      perform private.raise_problem(400, 'workspace_required',
        'You are a member of several workspaces: name one in the X-Workspace-Id header.');
    end if;
    workspace := only_workspace;
  end if;
  select m.role into found_role from public.workspace_members m
  where m.workspace_id = workspace and m.user_id = caller;
  if found_role is null then
    perform private.raise_problem(404, 'workspace_not_found', 'No such workspace.');
  elsif private.role_rank(found_role) < private.role_rank(at_least) then
    perform private.raise_problem(403, 'forbidden',
      format('This needs the role %s or higher; yours is %s.',
        case at_least when 'executor' then 'editor' else at_least end, found_role));
  end if;
  return workspace;
end;
$$;

create function private.require_caller() returns void
language plpgsql stable set search_path = ''
as $$
begin
  if private.presents_api_key() and (private.api_key()).id is null then
    perform private.raise_problem(401, 'unauthenticated', 'The API key is unknown, expired or revoked.');
  end if;
end;
$$;
comment on function private.require_caller is
  'For calls that are open to everybody signed in: refuses a key that is not valid. private.authorize does so by itself.';

create function private.require_user() returns uuid
language plpgsql stable set search_path = ''
as $$
begin
  perform private.require_caller();
  if private.user_id() is null then
    perform private.raise_problem(403, 'forbidden', 'This is for signed-in users, not for API keys.');
  end if;
  return private.user_id();
end;
$$;

-- A key is no user: what it makes has no creator among the users.
alter table public.workspaces alter column created_by set default private.user_id();
alter table public.connectors alter column created_by set default private.user_id();
alter table public.connector_versions alter column created_by set default private.user_id();
alter table public.connector_executions alter column created_by set default private.user_id();
alter table public.connector_templates alter column created_by set default private.user_id();
alter table public.template_versions alter column created_by set default private.user_id();
alter table public.template_installs alter column installed_by set default private.user_id();
alter table public.template_ratings alter column user_id set default private.user_id();

-- The id of a key is chosen by who makes it, so it must never be taken for the id of a user.
alter policy "workspaces: users create their own" on public.workspaces with check (created_by = (select private.user_id()));
alter policy "workspace_members: admins remove, owners remove owners, anyone leaves" on public.workspace_members using (
  user_id = (select private.user_id())
  or ((role <> 'owner' and workspace_id = any (array(select private.workspace_ids('admin'))))
  or workspace_id = any (array(select private.workspace_ids('owner')))));
alter policy "saas_admin_users: admins see themselves" on public.saas_admin_users using (user_id = (select private.user_id()));
alter policy "template_ratings: users read their own" on public.template_ratings using (user_id = (select private.user_id()));
alter policy "template_ratings: members rate what they installed" on public.template_ratings with check (
  user_id = (select private.user_id())
  and workspace_id = any (array(select private.workspace_ids()))
  and exists (
    select 1 from public.template_installs i
    where i.workspace_id = template_ratings.workspace_id and i.template_id = template_ratings.template_id));
alter policy "template_ratings: users change their own" on public.template_ratings
  using (user_id = (select private.user_id())) with check (user_id = (select private.user_id()));
alter policy "template_ratings: users delete their own" on public.template_ratings using (user_id = (select private.user_id()));

drop policy "connector_executions: editors start" on public.connector_executions;
create policy "connector_executions: editors and keys that execute start" on public.connector_executions for insert to authenticated
  with check (workspace_id = any (array(select private.workspace_ids('executor'))) and status = 'queued');

alter table public.audit_log add column actor_type text not null default 'user'
  check (actor_type in ('user', 'api_key', 'service'));
comment on column public.audit_log.actor_id is 'The user, or the API key; null for the service itself.';

create function private.actor_type() returns text
language sql stable set search_path = ''
as $$
  select case when private.presents_api_key() then 'api_key' when auth.uid() is null then 'service' else 'user' end
$$;
alter table public.audit_log alter column actor_type set default private.actor_type();

create trigger api_keys_audit after insert or delete or update of name, scope, expires_at, revoked_at on public.api_keys
  for each row execute function private.write_audit('id', 'secret_hash', 'last_used_at');

revoke all on function private.presents_api_key, private.api_key, private.user_id, private.require_caller, private.require_user, private.actor_type from public, anon;
grant execute on function private.presents_api_key, private.api_key, private.user_id, private.require_caller, private.require_user, private.actor_type to authenticated, service_role;
