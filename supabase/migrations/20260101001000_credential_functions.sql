create function private.credential_json(p_id uuid) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', c.id, 'service_name', c.service_name, 'type', c.type, 'placement', c.placement,
    'allowed_hosts', c.allowed_hosts, 'field_names', c.field_names, 'created_at', c.created_at,
    'updated_at', c.updated_at, 'last_used_at', c.last_used_at)
  from public.workspace_api_credentials c where c.id = p_id
$$;

create function public.list_credentials(p_workspace_id uuid, p_limit int, p_after uuid default null) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'viewer');
begin
  return (select coalesce(jsonb_agg(private.credential_json(page.id) order by page.id desc), '[]') from (
    select c.id from public.workspace_api_credentials c
    where c.workspace_id = workspace and (p_after is null or c.id < p_after)
    order by c.id desc limit private.page_limit(p_limit)
  ) page);
end;
$$;

-- The one way in for ciphertext. It needs the rights of its owner, because no API role may touch the column.
create function private.write_credential(workspace uuid, c jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  replaced boolean;
begin
  workspace := private.authorize(workspace, 'editor');
  delete from public.workspace_api_credentials old
  where old.workspace_id = workspace and old.service_name = c ->> 'service_name';
  replaced := found;
  insert into public.workspace_api_credentials
    (id, workspace_id, service_name, type, placement, allowed_hosts, field_names, key_id, ciphertext, created_by)
  values (
    (c ->> 'id')::uuid, workspace, c ->> 'service_name', c ->> 'type', nullif(c -> 'placement', 'null'),
    array(select jsonb_array_elements_text(c -> 'allowed_hosts')), array(select jsonb_array_elements_text(c -> 'field_names')),
    c ->> 'key_id', c ->> 'ciphertext', auth.uid());
  return jsonb_build_object('replaced', replaced, 'credential', private.credential_json((c ->> 'id')::uuid));
end;
$$;

create function public.store_credential(p_workspace_id uuid, p_credential jsonb) returns jsonb
language sql set search_path = ''
as $$ select private.write_credential(p_workspace_id, p_credential) $$;

create function public.check_credential(p_workspace_id uuid, p_service_name text) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'viewer');
  answer jsonb;
begin
  select jsonb_build_object('service_name', c.service_name, 'exists', true, 'type', c.type, 'updated_at', c.updated_at)
  into answer from public.workspace_api_credentials c
  where c.workspace_id = workspace and c.service_name = p_service_name;
  return coalesce(answer, jsonb_build_object('service_name', p_service_name, 'exists', false, 'type', null, 'updated_at', null));
end;
$$;

create function public.delete_credential(p_workspace_id uuid, p_service_name text) returns void
language plpgsql set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'editor');
begin
  delete from public.workspace_api_credentials c where c.workspace_id = workspace and c.service_name = p_service_name;
  if not found then
    perform private.raise_problem(404, 'credential_not_found', 'No credential of this name in this workspace.');
  end if;
end;
$$;

revoke all on function private.credential_json, private.write_credential from public, anon;
grant execute on function private.credential_json, private.write_credential to authenticated, service_role;
revoke all on function public.list_credentials, public.store_credential, public.check_credential, public.delete_credential from public, anon;
grant execute on function public.list_credentials, public.store_credential, public.check_credential, public.delete_credential to authenticated;
