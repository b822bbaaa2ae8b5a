-- Credentials: changed and rotated in place, with an expiry date, a test call, and the list of what uses them.
alter table public.workspace_api_credentials
  add column expires_at timestamptz,
  add column last_test jsonb,
  -- As the key ring names its keys: what stands here is counted, and shown to those who operate the platform.
  add constraint workspace_api_credentials_key_id_check check (key_id ~ '^[a-z0-9_-]{1,32}$'),
  add constraint workspace_api_credentials_key_of_ciphertext_check check (split_part(ciphertext, '.', 2) = key_id);
comment on column public.workspace_api_credentials.expires_at is 'When the other side ends it, as its owner says. Executions still try it.';
comment on column public.workspace_api_credentials.last_test is '{"id", "at", "ok", "status", "error"} of the newest test call.';
grant select (expires_at, last_test) on public.workspace_api_credentials to authenticated;
create index workspace_api_credentials_expiry_idx on public.workspace_api_credentials (workspace_id, expires_at)
  where expires_at is not null;

drop trigger workspace_api_credentials_touch on public.workspace_api_credentials;
create trigger workspace_api_credentials_touch
  before update of service_name, type, placement, allowed_hosts, field_names, expires_at on public.workspace_api_credentials
  for each row execute function private.touch_updated_at();
drop trigger workspace_api_credentials_audit on public.workspace_api_credentials;
-- Re-encryption to a newer key changes nothing that anybody but the key ring could tell: it is not audited.
create trigger workspace_api_credentials_audit
  after insert or delete or update of service_name, type, placement, allowed_hosts, field_names, expires_at
  on public.workspace_api_credentials
  for each row execute function private.write_audit('id', 'ciphertext', 'key_id', 'last_used_at', 'last_test');

create or replace function private.credential_json(p_id uuid) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', c.id, 'service_name', c.service_name, 'type', c.type, 'placement', c.placement,
    'allowed_hosts', c.allowed_hosts, 'field_names', c.field_names, 'revision', c.revision,
    'created_at', c.created_at, 'updated_at', c.updated_at, 'last_used_at', c.last_used_at,
    'expires_at', c.expires_at, 'last_test', c.last_test)
  from public.workspace_api_credentials c where c.id = p_id
$$;

create or replace function private.write_credential(workspace uuid, c jsonb) returns jsonb
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
    (id, workspace_id, service_name, type, placement, allowed_hosts, field_names, key_id, ciphertext, expires_at, created_by)
  values (
    (c ->> 'id')::uuid, workspace, c ->> 'service_name', c ->> 'type', nullif(c -> 'placement', 'null'),
    array(select jsonb_array_elements_text(c -> 'allowed_hosts')), array(select jsonb_array_elements_text(c -> 'field_names')),
    c ->> 'key_id', c ->> 'ciphertext', (c ->> 'expires_at')::timestamptz, private.user_id());
  return jsonb_build_object('replaced', replaced, 'credential', private.credential_json((c ->> 'id')::uuid));
end;
$$;

-- The connectors whose current version names a service.
create function private.credential_users(p_workspace_id uuid, p_service_name text) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', users.id, 'name', users.name) order by users.id desc), '[]') from (
    select c.id, c.name from public.connector_versions v
    join public.connectors c on c.workspace_id = v.workspace_id and c.id = v.connector_id and c.current_version = v.version
    where v.workspace_id = p_workspace_id and v.credential_services @> array[p_service_name] and c.deleted_at is null
    order by c.id desc limit 100
  ) users
$$;

create function public.get_credential(p_workspace_id uuid, p_service_name text, p_at_least text default 'viewer') returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, p_at_least);
  found_id uuid;
begin
  select c.id into found_id from public.workspace_api_credentials c
  where c.workspace_id = workspace and c.service_name = p_service_name;
  if found_id is null then
    perform private.raise_problem(404, 'credential_not_found', 'No credential of this name in this workspace.');
  end if;
  return private.credential_json(found_id)
    || jsonb_build_object('workspace_id', workspace, 'used_by', private.credential_users(workspace, p_service_name));
end;
$$;

create function private.change_credential(workspace uuid, p_service_name text, p_id uuid, p_expected_revision int, c jsonb) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  old public.workspace_api_credentials;
begin
  workspace := private.authorize(workspace, 'editor');
  select * into old from public.workspace_api_credentials x
  where x.workspace_id = workspace and x.service_name = p_service_name for update;
  if not found then
    perform private.raise_problem(404, 'credential_not_found', 'No credential of this name in this workspace.');
  end if;
  perform private.require_revision(old.revision, p_expected_revision);
  -- New fields were sealed for the credential that was read: another one must not get them.
  if old.id <> p_id then
    perform private.raise_problem(412, 'precondition_failed', 'It was changed since you read it: read it again.');
  end if;
  -- Who may change a credential may not read it: sent to a host of their choice, it would be read. So more hosts take
  -- the secret itself, entered again.
  if c ? 'allowed_hosts' and c ->> 'ciphertext' is null and exists (
    select 1 from jsonb_array_elements_text(c -> 'allowed_hosts') host
    where not exists (
      select 1 from unnest(old.allowed_hosts) allowed
      where host = allowed or (left(allowed, 2) = '*.' and right(host, char_length(allowed) - 1) = substr(allowed, 2)))) then
    perform private.raise_problem(422, 'validation_failed',
      'New hosts need the secret fields again, because they may send them there.', '/allowed_hosts');
  end if;
  -- The stored fields are those of the old type.
  if c ->> 'type' is not null and c ->> 'ciphertext' is null then
    perform private.raise_problem(422, 'validation_failed', 'Another type needs its secret fields.', '/type');
  end if;
  update public.workspace_api_credentials x set
    type = coalesce(c ->> 'type', x.type),
    placement = case when c ? 'placement' then nullif(c -> 'placement', 'null') else x.placement end,
    allowed_hosts = case when c ? 'allowed_hosts' then array(select jsonb_array_elements_text(c -> 'allowed_hosts')) else x.allowed_hosts end,
    expires_at = case when c ? 'expires_at' then (c ->> 'expires_at')::timestamptz else x.expires_at end,
    field_names = case when c ? 'field_names' then array(select jsonb_array_elements_text(c -> 'field_names')) else x.field_names end,
    key_id = coalesce(c ->> 'key_id', x.key_id),
    ciphertext = coalesce(c ->> 'ciphertext', x.ciphertext),
    last_test = case when c ->> 'ciphertext' is null then x.last_test end
  where x.id = old.id;
  return old.id;
end;
$$;

create function public.update_credential(
  p_workspace_id uuid, p_service_name text, p_id uuid, p_expected_revision int, p_changes jsonb
) returns jsonb
language plpgsql set search_path = ''
as $$
declare changed uuid := private.change_credential(p_workspace_id, p_service_name, p_id, p_expected_revision, p_changes);
begin
  return private.credential_json(changed);
end;
$$;

drop function public.delete_credential(uuid, text);
create function public.delete_credential(
  p_workspace_id uuid, p_service_name text, p_force boolean default false, p_expected_revision int default null
) returns void
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'editor');
  users jsonb := private.credential_users(workspace, p_service_name);
  found_revision int := (
    select c.revision from public.workspace_api_credentials c
    where c.workspace_id = workspace and c.service_name = p_service_name);
begin
  if found_revision is null then
    perform private.raise_problem(404, 'credential_not_found', 'No credential of this name in this workspace.');
  end if;
  perform private.require_revision(found_revision, p_expected_revision);
  if not coalesce(p_force, false) and jsonb_array_length(users) > 0 then
    perform private.raise_problem(409, 'credential_in_use',
      'Connectors use this credential: ' || (select string_agg(format('%s (%s)', u ->> 'name', u ->> 'id'), ', ')
        from jsonb_array_elements(users) u) || '. Change them first, or delete with force=true.', users::text);
  end if;
  -- Of two at the same moment, the one that comes second finds what the first one left.
  delete from public.workspace_api_credentials c
  where c.workspace_id = workspace and c.service_name = p_service_name
    and (p_expected_revision is null or c.revision = p_expected_revision);
  if not found then
    perform private.require_revision(0, p_expected_revision);
    perform private.raise_problem(404, 'credential_not_found', 'No credential of this name in this workspace.');
  end if;
end;
$$;

create or replace function public.check_credential(p_workspace_id uuid, p_service_name text) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'viewer');
  answer jsonb;
begin
  select jsonb_build_object('service_name', c.service_name, 'exists', true, 'type', c.type, 'updated_at', c.updated_at,
    'expires_at', c.expires_at)
  into answer from public.workspace_api_credentials c
  where c.workspace_id = workspace and c.service_name = p_service_name;
  return coalesce(answer, jsonb_build_object('service_name', p_service_name, 'exists', false, 'type', null,
    'updated_at', null, 'expires_at', null));
end;
$$;

-- For tasks: the test call, and re-encryption with the newest key.
create function public.open_credential(p_workspace_id uuid, p_id uuid) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', c.id, 'workspace_id', c.workspace_id, 'service_name', c.service_name, 'type', c.type,
    'placement', c.placement, 'allowed_hosts', c.allowed_hosts, 'ciphertext', c.ciphertext)
  from public.workspace_api_credentials c where c.workspace_id = p_workspace_id and c.id = p_id
$$;
create function public.record_credential_test(p_workspace_id uuid, p_id uuid, p_test jsonb) returns void
language sql set search_path = ''
as $$
  update public.workspace_api_credentials c set last_test = p_test where c.workspace_id = p_workspace_id and c.id = p_id
$$;
create function public.list_outdated_credentials(p_newest_key_id text, p_limit int, p_after uuid default null) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'workspace_id', c.workspace_id, 'service_name', c.service_name,
    'ciphertext', c.ciphertext) order by c.id), '[]') from (
      select * from public.workspace_api_credentials x
      where x.key_id <> p_newest_key_id and (p_after is null or x.id > p_after)
      order by x.id limit p_limit) c
$$;
create function public.replace_ciphertexts(p_replacements jsonb) returns int
language plpgsql set search_path = ''
as $$
declare
  r jsonb;
  done int := 0;
begin
  -- Row by row, so that each is found by its key: joined, a hundred of them would read the whole table.
  for r in select * from jsonb_array_elements(p_replacements) loop
    -- Only if nobody rotated the credential in between.
    update public.workspace_api_credentials c set key_id = r ->> 'key_id', ciphertext = r ->> 'ciphertext'
    where c.id = (r ->> 'id')::uuid and c.ciphertext = r ->> 'old_ciphertext';
    if found then
      done := done + 1;
    end if;
  end loop;
  return done;
end;
$$;

revoke all on function private.credential_users, private.change_credential from public, anon;
grant execute on function private.credential_users, private.change_credential to authenticated, service_role;
revoke all on function public.get_credential, public.update_credential, public.delete_credential, public.open_credential,
  public.record_credential_test, public.list_outdated_credentials, public.replace_ciphertexts from public, anon, authenticated;
grant execute on function public.get_credential, public.update_credential, public.delete_credential to authenticated;
grant execute on function public.open_credential, public.record_credential_test, public.list_outdated_credentials,
  public.replace_ciphertexts to service_role;
