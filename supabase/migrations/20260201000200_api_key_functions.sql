create function private.api_key_json(p_id uuid) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', k.id, 'name', k.name, 'scope', k.scope, 'secret_hint', k.secret_hint,
    'created_by', k.created_by, 'created_at', k.created_at, 'expires_at', k.expires_at,
    'last_used_at', k.last_used_at, 'revoked_at', k.revoked_at)
  from public.api_keys k where k.id = p_id
$$;

create function private.write_api_key(workspace uuid, k jsonb) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  -- Only people make keys: a key that leaked must not be able to make itself successors.
  creator uuid := private.require_user();
begin
  workspace := private.authorize(workspace, 'admin');
  insert into public.api_keys (id, workspace_id, name, scope, secret_hash, secret_hint, expires_at, created_by)
  values ((k ->> 'id')::uuid, workspace, k ->> 'name', k ->> 'scope', k ->> 'secret_hash', k ->> 'secret_hint',
    (k ->> 'expires_at')::timestamptz, creator);
  return (k ->> 'id')::uuid;
end;
$$;

create function public.create_api_key(p_workspace_id uuid, p_api_key jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
declare written uuid := private.write_api_key(p_workspace_id, p_api_key);
begin
  return private.api_key_json(written);
end;
$$;

create function public.list_api_keys(p_workspace_id uuid, p_limit int, p_after uuid default null) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'admin');
begin
  return (select coalesce(jsonb_agg(private.api_key_json(page.id) order by page.id desc), '[]') from (
    select k.id from public.api_keys k
    where k.workspace_id = workspace and (p_after is null or k.id < p_after)
    order by k.id desc limit private.page_limit(p_limit)
  ) page);
end;
$$;

create function private.end_api_key(workspace uuid, p_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  workspace := private.authorize(workspace, 'admin');
  update public.api_keys k set revoked_at = coalesce(k.revoked_at, now()) where k.workspace_id = workspace and k.id = p_id;
  if not found then
    perform private.raise_problem(404, 'api_key_not_found', 'No such API key in this workspace.');
  end if;
end;
$$;

create function public.revoke_api_key(p_workspace_id uuid, p_id uuid) returns jsonb
language plpgsql set search_path = ''
as $$
begin
  perform private.end_api_key(p_workspace_id, p_id);
  return private.api_key_json(p_id);
end;
$$;

-- Called by the key itself, beside an ordinary call and at most now and then.
create function private.write_api_key_use() returns void
language sql security definer set search_path = ''
as $$
  update public.api_keys k set last_used_at = now()
  from private.api_key() presented
  where k.id = presented.id and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute')
$$;
create function public.note_api_key_use() returns void
language sql set search_path = ''
as $$ select private.write_api_key_use() $$;

-- `me` for a key: the workspace that it opens, and its scope in place of a role.
create or replace function public.me() returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  key public.api_keys;
begin
  if private.presents_api_key() then
    key := private.api_key();
    perform private.authorize(null, 'viewer');
    return jsonb_build_object('is_saas_admin', false,
      'api_key', jsonb_build_object('id', key.id, 'name', key.name, 'scope', key.scope),
      'workspaces', (select jsonb_agg(jsonb_build_object('id', w.id, 'name', w.name, 'role', null, 'created_at', w.created_at))
        from public.workspaces w where w.id = key.workspace_id));
  end if;
  return jsonb_build_object(
    'is_saas_admin', (select private.is_saas_admin()),
    'api_key', null,
    'workspaces', coalesce((
      select jsonb_agg(jsonb_build_object('id', w.id, 'name', w.name, 'role', m.role, 'created_at', w.created_at) order by w.id desc)
      from public.workspace_members m join public.workspaces w on w.id = m.workspace_id
      where m.user_id = (select private.user_id())
    ), '[]'));
end;
$$;

-- For a key: the one workspace that it opens.
create or replace function public.list_workspaces(p_limit int, p_after uuid default null) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  perform private.require_caller();
  return (select coalesce(jsonb_agg(page.item order by page.id desc), '[]') from (
    select w.id, jsonb_build_object('id', w.id, 'name', w.name, 'role', m.role, 'created_at', w.created_at) as item
    from public.workspaces w
    left join public.workspace_members m on m.workspace_id = w.id and m.user_id = (select private.user_id())
    where w.id = any (array(select private.workspace_ids())) and (p_after is null or w.id < p_after)
    order by w.id desc limit private.page_limit(p_limit)
  ) page);
end;
$$;

revoke all on function private.api_key_json, private.write_api_key, private.end_api_key, private.write_api_key_use from public, anon;
grant execute on function private.api_key_json, private.write_api_key, private.end_api_key, private.write_api_key_use to authenticated, service_role;
revoke all on function public.create_api_key, public.list_api_keys, public.revoke_api_key, public.note_api_key_use from public, anon;
grant execute on function public.create_api_key, public.list_api_keys, public.revoke_api_key, public.note_api_key_use to authenticated;
