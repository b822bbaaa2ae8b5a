create table public.workspaces (
  id uuid primary key,
  name text not null check (char_length(name) between 1 and 200),
  created_by uuid default auth.uid() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.workspaces is 'The tenant. Everything else belongs to exactly one workspace.';
create index workspaces_created_by_idx on public.workspaces (created_by);

create table public.workspace_members (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role text not null check (role in ('owner', 'admin', 'editor', 'viewer')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, user_id)
);
comment on table public.workspace_members is
  'Who may act in a workspace, and as what. The only source of roles: user-editable metadata is never asked.';
create index workspace_members_user_idx on public.workspace_members (user_id, workspace_id);

create table public.saas_admin_users (
  user_id uuid primary key references auth.users (id) on delete cascade,
  created_at timestamptz not null default now()
);
comment on table public.saas_admin_users is 'Platform operators. Written by the service role only.';

-- Membership as a set, so that a policy becomes one index scan instead of a function call per row.
create function private.role_rank(role text) returns int
language sql immutable set search_path = ''
as $$
  select case role when 'owner' then 5 when 'admin' then 4 when 'editor' then 3 when 'write' then 3
    when 'executor' then 2 when 'execute' then 2 when 'viewer' then 1 when 'read' then 1 else 0 end
$$;
comment on function private.role_rank is
  'One scale for the roles of members and the scopes of keys. executor is no role of a member: it is what executing needs.';

create function private.workspace_ids(at_least text default 'viewer') returns setof uuid
language sql stable security definer set search_path = ''
as $$
  select m.workspace_id from public.workspace_members m
  where m.user_id = (select auth.uid()) and private.role_rank(m.role) >= private.role_rank(at_least)
$$;
comment on function private.workspace_ids is 'The workspaces in which the caller is a member with at least this role.';

create function private.is_saas_admin() returns boolean
language sql stable security definer set search_path = ''
as $$ select exists (select 1 from public.saas_admin_users a where a.user_id = (select auth.uid())) $$;

create function private.authorize(workspace uuid, at_least text) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
  found_role text;
  only_workspace uuid;
  memberships int;
begin
  if workspace is null then
    select count(*), min(m.workspace_id::text)::uuid into memberships, only_workspace
    from (select workspace_id from public.workspace_members where user_id = (select auth.uid()) limit 2) m;
    if memberships = 0 then
      perform private.raise_problem(404, 'workspace_not_found', 'You are not a member of any workspace.');
    elsif memberships > 1 then
      perform private.raise_problem(400, 'workspace_required',
        'You are a member of several workspaces: name one in the X-Workspace-Id header.');
    end if;
    workspace := only_workspace;
  end if;
  select m.role into found_role from public.workspace_members m
  where m.workspace_id = workspace and m.user_id = (select auth.uid());
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
comment on function private.authorize is
  'Resolves the workspace of a call (the named one, or the caller''s only one) and checks the caller''s role in it. A workspace of others answers like a missing one. Row level security stands behind it.';

revoke all on function private.role_rank, private.workspace_ids, private.is_saas_admin, private.authorize from public, anon;
grant execute on function private.role_rank, private.workspace_ids, private.is_saas_admin, private.authorize to authenticated, service_role;

create function private.add_first_owner() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.created_by is not null then
    insert into public.workspace_members (workspace_id, user_id, role) values (new.id, new.created_by, 'owner');
  end if;
  return new;
end;
$$;
create trigger workspaces_first_owner after insert on public.workspaces
  for each row execute function private.add_first_owner();

create function private.keep_an_owner() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if old.role = 'owner' and (tg_op = 'DELETE' or new.role <> 'owner') then
    -- Serialises two owners who step down at the same moment.
    perform 1 from public.workspaces w where w.id = old.workspace_id for update;
    -- A workspace that is being deleted takes its members with it.
    if found and not exists (
      select 1 from public.workspace_members m
      where m.workspace_id = old.workspace_id and m.role = 'owner' and m.user_id <> old.user_id
    ) then
      perform private.raise_problem(409, 'last_owner', 'A workspace keeps at least one owner: name another one first.');
    end if;
  end if;
  return coalesce(new, old);
end;
$$;
create trigger workspace_members_keep_an_owner before update of role or delete on public.workspace_members
  for each row execute function private.keep_an_owner();

create function private.keep_member_identity() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.workspace_id <> old.workspace_id or new.user_id <> old.user_id then
    perform private.raise_problem(400, 'invalid_request', 'A membership cannot be moved; add and remove members instead.');
  end if;
  return new;
end;
$$;
create trigger workspace_members_keep_identity before update on public.workspace_members
  for each row execute function private.keep_member_identity();

create trigger workspaces_touch before update on public.workspaces
  for each row execute function private.touch_updated_at();
create trigger workspace_members_touch before update on public.workspace_members
  for each row execute function private.touch_updated_at();

alter table public.workspaces enable row level security;
alter table public.workspaces force row level security;
alter table public.workspace_members enable row level security;
alter table public.workspace_members force row level security;
alter table public.saas_admin_users enable row level security;
alter table public.saas_admin_users force row level security;

create policy "workspaces: members read" on public.workspaces for select to authenticated
  using (id = any (array(select private.workspace_ids())));
create policy "workspaces: users create their own" on public.workspaces for insert to authenticated
  with check (created_by = (select auth.uid()));
create policy "workspaces: admins change" on public.workspaces for update to authenticated
  using (id = any (array(select private.workspace_ids('admin'))))
  with check (id = any (array(select private.workspace_ids('admin'))));
create policy "workspaces: owners delete" on public.workspaces for delete to authenticated
  using (id = any (array(select private.workspace_ids('owner'))));

create policy "workspace_members: members read" on public.workspace_members for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "workspace_members: admins add, owners add owners" on public.workspace_members for insert to authenticated
  with check (((role <> 'owner' and workspace_id = any (array(select private.workspace_ids('admin'))))
    or workspace_id = any (array(select private.workspace_ids('owner')))));
create policy "workspace_members: admins change, owners change owners" on public.workspace_members for update to authenticated
  using (((role <> 'owner' and workspace_id = any (array(select private.workspace_ids('admin'))))
    or workspace_id = any (array(select private.workspace_ids('owner')))))
  with check (((role <> 'owner' and workspace_id = any (array(select private.workspace_ids('admin'))))
    or workspace_id = any (array(select private.workspace_ids('owner')))));
create policy "workspace_members: admins remove, owners remove owners, anyone leaves" on public.workspace_members for delete to authenticated
  using (
    user_id = (select auth.uid())
    or ((role <> 'owner' and workspace_id = any (array(select private.workspace_ids('admin'))))
    or workspace_id = any (array(select private.workspace_ids('owner'))))
  );

create policy "saas_admin_users: admins see themselves" on public.saas_admin_users for select to authenticated
  using (user_id = (select auth.uid()));

grant select, delete on public.workspaces to authenticated;
grant insert (id, name) on public.workspaces to authenticated;
grant update (name) on public.workspaces to authenticated;
grant select, delete on public.workspace_members to authenticated;
grant insert (workspace_id, user_id, role) on public.workspace_members to authenticated;
grant update (role) on public.workspace_members to authenticated;
grant select on public.saas_admin_users to authenticated;
grant select, insert, update, delete on public.workspaces, public.workspace_members, public.saas_admin_users to service_role;
