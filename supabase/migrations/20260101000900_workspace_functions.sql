-- The API's calls about workspaces and members. They run with the caller's rights: row level security is the guard,
-- private.authorize gives the clear answer.
create function public.me() returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'is_saas_admin', (select private.is_saas_admin()),
    'workspaces', coalesce((
      select jsonb_agg(jsonb_build_object('id', w.id, 'name', w.name, 'role', m.role, 'created_at', w.created_at) order by w.id desc)
      from public.workspace_members m join public.workspaces w on w.id = m.workspace_id
      where m.user_id = (select auth.uid())
    ), '[]'))
$$;

create function public.resolve_workspace(p_workspace_id uuid, p_at_least text default 'viewer') returns uuid
language sql stable set search_path = ''
as $$ select private.authorize(p_workspace_id, p_at_least) $$;

create function public.create_workspace(p_id uuid, p_name text) returns jsonb
language plpgsql set search_path = ''
as $$
begin
  insert into public.workspaces (id, name) values (p_id, p_name);
  return (select jsonb_build_object('id', w.id, 'name', w.name, 'role', 'owner', 'created_at', w.created_at)
          from public.workspaces w where w.id = p_id);
end;
$$;

create function public.list_workspaces(p_limit int, p_after uuid default null) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(page.item order by page.id desc), '[]') from (
    select w.id, jsonb_build_object('id', w.id, 'name', w.name, 'role', m.role, 'created_at', w.created_at) as item
    from public.workspace_members m join public.workspaces w on w.id = m.workspace_id
    where m.user_id = (select auth.uid()) and (p_after is null or w.id < p_after)
    order by w.id desc limit private.page_limit(p_limit)
  ) page
$$;

create function private.member_json(m public.workspace_members) returns jsonb
language sql stable set search_path = ''
as $$ select jsonb_build_object('user_id', m.user_id, 'role', m.role, 'created_at', m.created_at) $$;

create function public.list_members(p_workspace_id uuid, p_limit int, p_after uuid default null) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'viewer');
begin
  return (select coalesce(jsonb_agg(private.member_json(page) order by page.user_id desc), '[]') from (
    select m.* from public.workspace_members m
    where m.workspace_id = workspace and (p_after is null or m.user_id < p_after)
    order by m.user_id desc limit private.page_limit(p_limit)
  ) page);
end;
$$;

create function public.add_member(p_workspace_id uuid, p_user_id uuid, p_role text) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, case when p_role = 'owner' then 'owner' else 'admin' end);
  added public.workspace_members;
begin
  insert into public.workspace_members (workspace_id, user_id, role) values (workspace, p_user_id, p_role)
  on conflict do nothing;
  if not found then
    perform private.raise_problem(409, 'member_exists', 'This user is a member already; change the role instead.');
  end if;
  select * into added from public.workspace_members m where m.workspace_id = workspace and m.user_id = p_user_id;
  return private.member_json(added);
exception when foreign_key_violation then
  perform private.raise_problem(422, 'unknown_user', 'No user has this id.', '/user_id');
end;
$$;

create function private.authorize_member_write(p_workspace_id uuid, p_user_id uuid) returns uuid
language plpgsql stable set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, case when p_user_id = (select auth.uid()) then 'viewer' else 'admin' end);
  current_role_name text;
begin
  select m.role into current_role_name from public.workspace_members m
  where m.workspace_id = workspace and m.user_id = p_user_id;
  if not found then
    perform private.raise_problem(404, 'member_not_found', 'No such member in this workspace.');
  end if;
  if current_role_name = 'owner' then
    perform private.authorize(workspace, 'owner');
  end if;
  return workspace;
end;
$$;

create function public.change_member(p_workspace_id uuid, p_user_id uuid, p_role text) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, case when p_role = 'owner' then 'owner' else 'admin' end);
  changed public.workspace_members;
begin
  perform private.authorize_member_write(workspace, p_user_id);
  update public.workspace_members m set role = p_role
  where m.workspace_id = workspace and m.user_id = p_user_id returning * into changed;
  if not found then
    perform private.raise_problem(403, 'forbidden', 'Your role does not allow this change.');
  end if;
  return private.member_json(changed);
end;
$$;

create function public.remove_member(p_workspace_id uuid, p_user_id uuid) returns void
language plpgsql set search_path = ''
as $$
declare workspace uuid := private.authorize_member_write(p_workspace_id, p_user_id);
begin
  delete from public.workspace_members m where m.workspace_id = workspace and m.user_id = p_user_id;
  if not found then
    perform private.raise_problem(403, 'forbidden', 'Your role does not allow this change.');
  end if;
end;
$$;

revoke all on function private.member_json, private.authorize_member_write from public, anon;
grant execute on function private.member_json, private.authorize_member_write to authenticated, service_role;
revoke all on function public.me, public.resolve_workspace, public.create_workspace, public.list_workspaces,
  public.list_members, public.add_member, public.change_member, public.remove_member from public, anon;
grant execute on function public.me, public.resolve_workspace, public.create_workspace, public.list_workspaces,
  public.list_members, public.add_member, public.change_member, public.remove_member to authenticated;
