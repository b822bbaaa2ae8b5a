-- Credentials: where the paths of their steps begin, and a rate for all calls with them.
alter table public.workspace_api_credentials
  add column base_url text,
  add column rate_limit jsonb,
  add constraint workspace_api_credentials_base_url_check
    check (base_url ~ '^https?://[^/?#@\\[:space:]]+(/[^?#\\[:space:]]*)?$' and char_length(base_url) <= 4000),
  add constraint workspace_api_credentials_rate_limit_check
    check (jsonb_typeof(rate_limit) = 'object' and rate_limit ?& array['requests', 'per_seconds']);
comment on column public.workspace_api_credentials.base_url is 'What a step''s "/path" goes on from. Its host is one of allowed_hosts; no secret.';
comment on column public.workspace_api_credentials.rate_limit is
  '{"requests", "per_seconds", "burst"}: of all calls with this credential, over all executions of the workspace.';
grant select (base_url, rate_limit) on public.workspace_api_credentials to authenticated;

drop trigger workspace_api_credentials_touch on public.workspace_api_credentials;
create trigger workspace_api_credentials_touch
  before update of service_name, type, placement, allowed_hosts, base_url, rate_limit, field_names, expires_at
  on public.workspace_api_credentials
  for each row execute function private.touch_updated_at();
drop trigger workspace_api_credentials_audit on public.workspace_api_credentials;
create trigger workspace_api_credentials_audit
  after insert or delete or update of service_name, type, placement, allowed_hosts, base_url, rate_limit, field_names, expires_at
  on public.workspace_api_credentials
  for each row execute function private.write_audit('id', 'ciphertext', 'key_id', 'last_used_at', 'last_test');

create or replace function private.credential_json(p_id uuid) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', c.id, 'service_name', c.service_name, 'type', c.type, 'placement', c.placement,
    'allowed_hosts', c.allowed_hosts, 'base_url', c.base_url, 'rate_limit', c.rate_limit, 'field_names', c.field_names,
    'revision', c.revision, 'created_at', c.created_at, 'updated_at', c.updated_at, 'last_used_at', c.last_used_at,
    'expires_at', c.expires_at, 'last_test', c.last_test)
  from public.workspace_api_credentials c where c.id = p_id
$$;

-- As the egress door binds credentials: a pattern without a port stands for every port.
create function private.require_bound_base_url(p_base_url text, p_allowed_hosts text[]) returns void
language plpgsql immutable set search_path = ''
as $$
declare
  parts text[] := regexp_match(p_base_url, '^(https?)://([^/:@]+|\[[0-9a-f:.]+\])(?::(\d+))?(?:/|$)');
  port text := coalesce(parts[3], case parts[1] when 'http' then '80' else '443' end);
begin
  if p_base_url is not null and not coalesce((
    select bool_or(allowed in (parts[2], parts[2] || ':' || port)
      or (left(allowed, 2) = '*.' and right(parts[2], char_length(allowed) - 1) = substr(allowed, 2))
      or (left(allowed, 2) = '*.' and right(parts[2] || ':' || port, char_length(allowed) - 1) = substr(allowed, 2)))
    from unnest(p_allowed_hosts) allowed), false) then
    perform private.raise_problem(422, 'validation_failed', 'The host of base_url is not one of allowed_hosts.', '/base_url');
  end if;
end;
$$;
comment on function private.require_bound_base_url is 'Refuses a base URL to whose host the credential may not be sent.';
revoke all on function private.require_bound_base_url from public, anon;
grant execute on function private.require_bound_base_url to authenticated, service_role;

create or replace function private.write_credential(workspace uuid, c jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  replaced boolean;
  hosts text[] := array(select jsonb_array_elements_text(c -> 'allowed_hosts'));
begin
  workspace := private.authorize(workspace, 'editor');
  perform private.require_bound_base_url(c ->> 'base_url', hosts);
  delete from public.workspace_api_credentials old
  where old.workspace_id = workspace and old.service_name = c ->> 'service_name';
  replaced := found;
  insert into public.workspace_api_credentials
    (id, workspace_id, service_name, type, placement, allowed_hosts, base_url, rate_limit, field_names, key_id, ciphertext,
      expires_at, created_by)
  values (
    (c ->> 'id')::uuid, workspace, c ->> 'service_name', c ->> 'type', nullif(c -> 'placement', 'null'),
    hosts, c ->> 'base_url', nullif(c -> 'rate_limit', 'null'), array(select jsonb_array_elements_text(c -> 'field_names')),
    c ->> 'key_id', c ->> 'ciphertext', (c ->> 'expires_at')::timestamptz, private.user_id());
  return jsonb_build_object('replaced', replaced, 'credential', private.credential_json((c ->> 'id')::uuid));
end;
$$;

create or replace function private.change_credential(workspace uuid, p_service_name text, p_id uuid, p_expected_revision int, c jsonb)
returns uuid
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
  perform private.require_bound_base_url(
    case when c ? 'base_url' then c ->> 'base_url' else old.base_url end,
    case when c ? 'allowed_hosts' then array(select jsonb_array_elements_text(c -> 'allowed_hosts')) else old.allowed_hosts end);
  update public.workspace_api_credentials x set
    type = coalesce(c ->> 'type', x.type),
    placement = case when c ? 'placement' then nullif(c -> 'placement', 'null') else x.placement end,
    allowed_hosts = case when c ? 'allowed_hosts' then array(select jsonb_array_elements_text(c -> 'allowed_hosts')) else x.allowed_hosts end,
    base_url = case when c ? 'base_url' then c ->> 'base_url' else x.base_url end,
    rate_limit = case when c ? 'rate_limit' then nullif(c -> 'rate_limit', 'null') else x.rate_limit end,
    expires_at = case when c ? 'expires_at' then (c ->> 'expires_at')::timestamptz else x.expires_at end,
    field_names = case when c ? 'field_names' then array(select jsonb_array_elements_text(c -> 'field_names')) else x.field_names end,
    key_id = coalesce(c ->> 'key_id', x.key_id),
    ciphertext = coalesce(c ->> 'ciphertext', x.ciphertext),
    last_test = case when c ->> 'ciphertext' is null then x.last_test end
  where x.id = old.id;
  return old.id;
end;
$$;

create or replace function public.open_credential(p_workspace_id uuid, p_id uuid) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', c.id, 'workspace_id', c.workspace_id, 'service_name', c.service_name, 'type', c.type,
    'placement', c.placement, 'allowed_hosts', c.allowed_hosts, 'base_url', c.base_url, 'rate_limit', c.rate_limit,
    'ciphertext', c.ciphertext)
  from public.workspace_api_credentials c where c.workspace_id = p_workspace_id and c.id = p_id
$$;
