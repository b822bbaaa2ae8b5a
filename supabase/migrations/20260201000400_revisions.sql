-- A number that grows with every change, for ETag and If-Match: two writers cannot overwrite each other unseen.
alter table public.workspaces add column revision int not null default 1;
alter table public.workspace_members add column revision int not null default 1;
alter table public.workspace_api_credentials add column revision int not null default 1;
alter table public.connectors add column revision int not null default 1;
alter table public.connector_templates add column revision int not null default 1;

create or replace function private.touch_updated_at() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new is not distinct from old then
    return new;
  end if;
  new.updated_at := now();
  if to_jsonb(old) ? 'revision' then
    new.revision := old.revision + 1;
  end if;
  return new;
end;
$$;
comment on function private.touch_updated_at is 'Notes a change: its time, and a new revision where the table has one.';

-- Being used is no change of a credential.
drop trigger workspace_api_credentials_touch on public.workspace_api_credentials;
create trigger workspace_api_credentials_touch
  before update of service_name, type, placement, allowed_hosts, field_names, ciphertext on public.workspace_api_credentials
  for each row execute function private.touch_updated_at();

create function private.require_revision(found_revision int, expected int) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if expected is not null and expected <> found_revision then
    perform private.raise_problem(412, 'precondition_failed', 'It was changed since you read it: read it again.');
  end if;
end;
$$;
revoke all on function private.require_revision from public, anon;
grant execute on function private.require_revision to authenticated, service_role;

grant select (revision) on public.workspace_api_credentials to authenticated;

create or replace function private.connector_summary_json(c public.connectors) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', c.id, 'name', c.name, 'description', c.description, 'version', c.current_version,
    'revision', c.revision, 'template_id', c.template_id, 'template_version', c.template_version,
    'success_count', c.success_count, 'failure_count', c.failure_count, 'last_executed_at', c.last_executed_at,
    'created_at', c.created_at, 'updated_at', c.updated_at)
$$;

drop function public.update_connector(uuid, uuid, int, text, text, jsonb, text[]);
create function public.update_connector(
  p_workspace_id uuid, p_id uuid, p_expected_revision int, p_name text, p_description text, p_definition jsonb,
  p_credential_services text[]
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'editor');
  c public.connectors;
  version int;
  old_definition jsonb;
begin
  select * into c from public.connectors x
  where x.workspace_id = workspace and x.id = p_id and x.deleted_at is null for update;
  if not found then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
  perform private.require_revision(c.revision, p_expected_revision);
  perform private.require_credentials(workspace, p_credential_services);
  version := c.current_version;
  select v.definition into old_definition from public.connector_versions v
  where v.workspace_id = workspace and v.connector_id = p_id and v.version = c.current_version;
  if old_definition is distinct from p_definition then
    version := version + 1;
    insert into public.connector_versions (workspace_id, connector_id, version, definition, credential_services)
    values (workspace, p_id, version, p_definition, p_credential_services);
  end if;
  if version <> c.current_version or p_name <> c.name or p_description <> c.description then
    update public.connectors x set name = p_name, description = p_description, current_version = version
    where x.workspace_id = workspace and x.id = p_id;
  end if;
  return public.get_connector(workspace, p_id);
end;
$$;
revoke all on function public.update_connector from public, anon;
grant execute on function public.update_connector to authenticated;

create function private.workspace_json(p_id uuid, p_role text) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', w.id, 'name', w.name, 'role', p_role, 'revision', w.revision, 'created_at', w.created_at)
  from public.workspaces w where w.id = p_id
$$;
revoke all on function private.workspace_json from public, anon;
grant execute on function private.workspace_json to authenticated, service_role;

create or replace function public.create_workspace(p_id uuid, p_name text) returns jsonb
language plpgsql set search_path = ''
as $$
begin
  perform private.require_user();
  insert into public.workspaces (id, name) values (p_id, p_name);
  return private.workspace_json(p_id, 'owner');
end;
$$;

create function public.get_workspace(p_workspace_id uuid) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'viewer');
begin
  return private.workspace_json(workspace, (
    select m.role from public.workspace_members m where m.workspace_id = workspace and m.user_id = (select private.user_id())));
end;
$$;

create function public.update_workspace(p_workspace_id uuid, p_name text, p_expected_revision int default null) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'admin');
begin
  perform private.require_revision(
    (select w.revision from public.workspaces w where w.id = workspace for update), p_expected_revision);
  update public.workspaces w set name = p_name where w.id = workspace;
  return public.get_workspace(workspace);
end;
$$;

create function public.delete_workspace(p_workspace_id uuid, p_expected_revision int default null) returns void
language plpgsql set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'owner');
begin
  perform private.require_revision(
    (select w.revision from public.workspaces w where w.id = workspace for update), p_expected_revision);
  delete from public.workspaces w where w.id = workspace;
end;
$$;
revoke all on function public.get_workspace, public.update_workspace, public.delete_workspace from public, anon;
grant execute on function public.get_workspace, public.update_workspace, public.delete_workspace to authenticated;

create or replace function private.member_json(m public.workspace_members) returns jsonb
language sql stable set search_path = ''
as $$ select jsonb_build_object('user_id', m.user_id, 'role', m.role, 'revision', m.revision, 'created_at', m.created_at) $$;

drop function public.change_member(uuid, uuid, text);
create function public.change_member(
  p_workspace_id uuid, p_user_id uuid, p_role text, p_expected_revision int default null
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, case when p_role = 'owner' then 'owner' else 'admin' end);
  changed public.workspace_members;
begin
  perform private.authorize_member_write(workspace, p_user_id);
  perform private.require_revision(
    (select m.revision from public.workspace_members m where m.workspace_id = workspace and m.user_id = p_user_id),
    p_expected_revision);
  update public.workspace_members m set role = p_role
  where m.workspace_id = workspace and m.user_id = p_user_id
    and (p_expected_revision is null or m.revision = p_expected_revision)
  returning * into changed;
  if not found then
    perform private.raise_problem(412, 'precondition_failed', 'It was changed since you read it: read it again.');
  end if;
  return private.member_json(changed);
end;
$$;
revoke all on function public.change_member from public, anon;
grant execute on function public.change_member to authenticated;

drop function public.remove_member(uuid, uuid);
create function public.remove_member(p_workspace_id uuid, p_user_id uuid, p_expected_revision int default null) returns void
language plpgsql set search_path = ''
as $$
declare workspace uuid := private.authorize_member_write(p_workspace_id, p_user_id);
begin
  perform private.require_revision(
    (select m.revision from public.workspace_members m where m.workspace_id = workspace and m.user_id = p_user_id),
    p_expected_revision);
  delete from public.workspace_members m
  where m.workspace_id = workspace and m.user_id = p_user_id
    and (p_expected_revision is null or m.revision = p_expected_revision);
  if not found then
    perform private.raise_problem(412, 'precondition_failed', 'It was changed since you read it: read it again.');
  end if;
end;
$$;

drop function public.delete_connector(uuid, uuid);
create function public.delete_connector(p_workspace_id uuid, p_id uuid, p_expected_revision int default null) returns void
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'editor');
  found_revision int;
begin
  select c.revision into found_revision from public.connectors c
  where c.workspace_id = workspace and c.id = p_id and c.deleted_at is null for update;
  if found_revision is null then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  end if;
  perform private.require_revision(found_revision, p_expected_revision);
  update public.connectors c set deleted_at = now() where c.workspace_id = workspace and c.id = p_id;
end;
$$;
revoke all on function public.remove_member, public.delete_connector from public, anon;
grant execute on function public.remove_member, public.delete_connector to authenticated;
