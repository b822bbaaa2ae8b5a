create function private.audit_json(a public.audit_log) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', a.id, 'actor_type', a.actor_type, 'actor_id', a.actor_id, 'action', a.action,
    'entity', a.entity, 'entity_id', a.entity_id, 'before', a.before, 'after', a.after, 'created_at', a.created_at)
$$;
revoke all on function private.audit_json from public, anon;
grant execute on function private.audit_json to authenticated, service_role;

create function public.list_audit_log(
  p_workspace_id uuid, p_limit int, p_after bigint default null, p_entity text default null, p_entity_id text default null
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'admin');
begin
  return (select coalesce(jsonb_agg(private.audit_json(page) order by page.id desc), '[]') from (
    select a.* from public.audit_log a
    where a.workspace_id = workspace and (p_after is null or a.id < p_after)
      and (p_entity is null or a.entity = p_entity) and (p_entity_id is null or a.entity_id = p_entity_id)
    order by a.id desc limit private.page_limit(p_limit)
  ) page);
end;
$$;
create index audit_log_kind_idx on public.audit_log (workspace_id, entity, id desc);
create index audit_log_entity_idx on public.audit_log (workspace_id, entity, entity_id, id desc);

-- All connectors of a workspace, for export. Bounded by rows and by bytes, since all of an answer is in memory at once,
-- here and in whatever passes it on: a larger workspace exports page by page.
create function public.export_connectors(p_workspace_id uuid, p_limit int, p_after uuid default null) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'viewer');
  max_bytes constant bigint := 4 * 1024 * 1024;
  most int := private.page_limit(p_limit, 1000);
  bytes bigint := 0;
  items jsonb[] := '{}';
  r record;
begin
  for r in
    select c.id, c.name, c.description, (select v.definition from public.connector_versions v
      where v.workspace_id = c.workspace_id and v.connector_id = c.id and v.version = c.current_version) as definition
    from public.connectors c
    where c.workspace_id = workspace and c.deleted_at is null and (p_after is null or c.id > p_after)
    order by c.id limit most + 1
  loop
    bytes := bytes + octet_length(r.definition::text);
    -- One is always in it, however large: else an export would never come to its end.
    if cardinality(items) = most or (bytes > max_bytes and cardinality(items) > 0) then
      return jsonb_build_object('connectors', to_jsonb(items), 'more', true);
    end if;
    items := items || jsonb_build_object('id', r.id, 'name', r.name, 'description', r.description, 'definition', r.definition);
  end loop;
  return jsonb_build_object('connectors', to_jsonb(items), 'more', false);
end;
$$;

-- All or nothing. Credentials that are missing do not stop an import: they are named, to be stored afterwards.
create function public.import_connectors(p_workspace_id uuid, p_connectors jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'editor');
  services text[];
begin
  insert into public.connectors (id, workspace_id, name, description)
  select (c ->> 'id')::uuid, workspace, c ->> 'name', c ->> 'description' from jsonb_array_elements(p_connectors) c;
  insert into public.connector_versions (workspace_id, connector_id, version, definition, credential_services)
  select workspace, (c ->> 'id')::uuid, 1, c -> 'definition', array(select jsonb_array_elements_text(c -> 'credential_services'))
  from jsonb_array_elements(p_connectors) c;
  select coalesce(array_agg(distinct s), '{}') into services
  from jsonb_array_elements(p_connectors) c, jsonb_array_elements_text(c -> 'credential_services') s;
  return jsonb_build_object(
    'connectors', (select coalesce(jsonb_agg(jsonb_build_object('id', c ->> 'id', 'name', c ->> 'name') order by c ->> 'id'), '[]')
      from jsonb_array_elements(p_connectors) c),
    'credentials', private.credential_needs(workspace, services));
end;
$$;

revoke all on function public.list_audit_log, public.export_connectors, public.import_connectors from public, anon;
grant execute on function public.list_audit_log, public.export_connectors, public.import_connectors to authenticated;
