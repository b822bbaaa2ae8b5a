alter table public.connector_templates
  add column rating_average numeric generated always as (
    case when rating_count > 0 then round(rating_sum::numeric / rating_count, 2) else 0 end) stored,
  add column search tsvector generated always as (
    to_tsvector('simple', name || ' ' || description || ' ' || category || ' ' || coalesce(provider, ''))) stored;
create index connector_templates_search_idx on public.connector_templates using gin (search);
create index connector_templates_newest_idx on public.connector_templates (id desc) where status = 'published';
create index connector_templates_installs_idx on public.connector_templates (install_count desc, id desc) where status = 'published';
create index connector_templates_rating_idx on public.connector_templates (rating_average desc, id desc) where status = 'published';
create index connector_templates_category_idx on public.connector_templates (category, id desc) where status = 'published';
create index connector_templates_provider_idx on public.connector_templates (provider, id desc) where status = 'published';
create index connector_templates_official_idx on public.connector_templates (id desc) where status = 'published' and is_official;
create index connector_templates_featured_idx on public.connector_templates (id desc) where status = 'published' and is_featured;
create index connector_templates_drafts_idx on public.connector_templates (id desc) where status = 'draft';
drop index public.connector_templates_page_idx;

alter table public.template_versions
  add column credential_services text[] not null default '{}',
  add column manifest jsonb not null default '{}',
  add column changes text not null default '' check (char_length(changes) <= 2000);
comment on column public.template_versions.manifest is
  'What the definition does, computed when it is saved: hosts, credentials, data sent, methods that write.';
comment on column public.template_versions.changes is 'What is new in this version, in the author''s words.';
grant insert (credential_services, manifest, changes) on public.template_versions to authenticated;

-- Counts are kept here, whoever writes the rows.
create function private.count_install() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.connector_templates t set install_count = t.install_count + 1 where t.id = new.template_id;
  return new;
end;
$$;
create trigger template_installs_count after insert on public.template_installs
  for each row execute function private.count_install();

create function private.count_rating() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.connector_templates t set
    rating_count = t.rating_count + case tg_op when 'INSERT' then 1 when 'DELETE' then -1 else 0 end,
    rating_sum = t.rating_sum + case when tg_op <> 'DELETE' then new.stars else 0 end
      - case when tg_op <> 'INSERT' then old.stars else 0 end
  where t.id = coalesce(new.template_id, old.template_id);
  return coalesce(new, old);
end;
$$;
create trigger template_ratings_count after insert or update of stars or delete on public.template_ratings
  for each row execute function private.count_rating();

create function private.template_summary_json(t public.connector_templates) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', t.id, 'slug', t.slug, 'name', t.name, 'description', t.description,
    'category', t.category, 'provider', t.provider, 'status', t.status, 'is_official', t.is_official,
    'is_featured', t.is_featured, 'version', t.current_version, 'revision', t.revision, 'install_count', t.install_count,
    'rating_count', t.rating_count, 'rating_average', case when t.rating_count > 0 then t.rating_average end,
    'created_at', t.created_at, 'updated_at', t.updated_at)
$$;

-- With its owner's rights, because under row level security the planner may use no index for a search (the operator is
-- not leakproof). So it checks for itself what the policy of the table says: drafts are for SaaS admins.
create function private.list_templates(
  p_limit int, p_sort text, p_after jsonb, p_search text, p_category text, p_provider text, p_official boolean,
  p_featured boolean, p_status text
) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  conditions text := 'true';
  order_by text;
  page jsonb;
begin
  perform private.require_caller();
  if p_status is distinct from 'published' and not private.is_saas_admin() then
    perform private.raise_problem(403, 'forbidden', 'Only SaaS admins see templates that are not published.');
  end if;
  if p_status is not null then conditions := conditions || ' and t.status = $3'; end if;
  if p_search is not null then conditions := conditions || ' and t.search @@ private.search_query($4)'; end if;
  if p_category is not null then conditions := conditions || ' and t.category = $5'; end if;
  if p_provider is not null then conditions := conditions || ' and t.provider = $6'; end if;
  if p_official is not null then conditions := conditions || ' and t.is_official = $7'; end if;
  if p_featured is not null then conditions := conditions || ' and t.is_featured = $8'; end if;
  case p_sort
    when 'rating' then
      order_by := 't.rating_average desc, t.id desc';
      if p_after is not null then
        conditions := conditions || ' and (t.rating_average, t.id) < (($2 ->> ''value'')::numeric, ($2 ->> ''id'')::uuid)';
      end if;
    when 'installs' then
      order_by := 't.install_count desc, t.id desc';
      if p_after is not null then
        conditions := conditions || ' and (t.install_count, t.id) < (($2 ->> ''value'')::bigint, ($2 ->> ''id'')::uuid)';
      end if;
    else
      order_by := 't.id desc';
      if p_after is not null then conditions := conditions || ' and t.id < ($2 ->> ''id'')::uuid'; end if;
  end case;
  -- Built from constants only; every value is a parameter. A fixed query with "or p_x is null" would miss the indexes.
  execute format(
    'select coalesce(jsonb_agg(private.template_summary_json(page) order by %s), ''[]'') from (
       select t.* from public.connector_templates t where %s order by %s limit $1) page',
    replace(order_by, 't.', 'page.'), conditions, order_by)
  into page using private.page_limit(p_limit), p_after, p_status, p_search, p_category, p_provider, p_official, p_featured;
  return page;
end;
$$;

-- p_after: {"value", "id"} of the last one of the page before; the value is that of the sort, null for newest.
create function public.list_templates(
  p_limit int, p_sort text default 'newest', p_after jsonb default null, p_search text default null,
  p_category text default null, p_provider text default null, p_official boolean default null,
  p_featured boolean default null, p_status text default 'published'
) returns jsonb
language sql stable set search_path = ''
as $$
  select private.list_templates(p_limit, p_sort, p_after, p_search, p_category, p_provider, p_official, p_featured, p_status)
$$;

create function private.search_query(words text) returns tsquery
language sql immutable set search_path = ''
as $$
  -- Every word as a prefix, so that results come while people type.
  select coalesce(string_agg(quote_literal(w) || ':*', ' & '), '')::tsquery
  from (select left(w, 64) as w from regexp_split_to_table(lower(left(words, 1000)), '[^[:alnum:]]+') w where w <> '' limit 16) few
$$;

create function private.template_json(t public.connector_templates, p_version int) returns jsonb
language sql stable set search_path = ''
as $$
  select private.template_summary_json(t) || jsonb_build_object('definition', v.definition, 'manifest', v.manifest,
    'changes', v.changes, 'credential_services', v.credential_services, 'version', v.version,
    'current_version', t.current_version,
    'my_rating', (select r.stars from public.template_ratings r where r.template_id = t.id and r.user_id = (select private.user_id())))
  from public.template_versions v where v.template_id = t.id and v.version = coalesce(p_version, t.current_version)
$$;

-- By id or by slug.
create function public.get_template(p_template text, p_version int default null) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare answer jsonb;
begin
  perform private.require_caller();
  if p_template ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    select private.template_json(t, p_version) into answer from public.connector_templates t where t.id = p_template::uuid;
  else
    select private.template_json(t, p_version) into answer from public.connector_templates t where t.slug = p_template;
  end if;
  if answer is null then
    perform private.raise_problem(404, 'template_not_found', 'No such template.');
  end if;
  return answer;
end;
$$;

create function public.list_template_versions(p_template_id uuid, p_limit int, p_after int default null) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  perform private.require_caller();
  if not exists (select 1 from public.connector_templates t where t.id = p_template_id) then
    perform private.raise_problem(404, 'template_not_found', 'No such template.');
  end if;
  return (select coalesce(jsonb_agg(jsonb_build_object('version', page.version, 'changes', page.changes,
      'created_at', page.created_at) order by page.version desc), '[]') from (
    select v.version, v.changes, v.created_at from public.template_versions v
    where v.template_id = p_template_id and (p_after is null or v.version < p_after)
    order by v.version desc limit private.page_limit(p_limit)) page);
end;
$$;

-- Which of these services have a credential in the workspace.
create function private.credential_needs(p_workspace_id uuid, services text[]) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('service_name', s, 'exists', exists (
    select 1 from public.workspace_api_credentials c where c.workspace_id = p_workspace_id and c.service_name = s)) order by s), '[]')
  from unnest(services) s
$$;

create function public.install_template(
  p_workspace_id uuid, p_template_id uuid, p_version int, p_connector_id uuid, p_name text
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'editor');
  t public.connector_templates;
  v public.template_versions;
begin
  select * into t from public.connector_templates x where x.id = p_template_id and x.status = 'published';
  if not found then
    perform private.raise_problem(404, 'template_not_found', 'No such template.');
  end if;
  select * into v from public.template_versions x
  where x.template_id = t.id and x.version = coalesce(p_version, t.current_version);
  if not found then
    perform private.raise_problem(404, 'template_not_found', 'The template has no such version.');
  end if;
  insert into public.connectors (id, workspace_id, name, description, template_id, template_version)
  values (p_connector_id, workspace, coalesce(p_name, t.name), t.description, t.id, v.version);
  insert into public.connector_versions (workspace_id, connector_id, version, definition, credential_services)
  values (workspace, p_connector_id, 1, v.definition, v.credential_services);
  insert into public.template_installs (workspace_id, connector_id, template_id, template_version)
  values (workspace, p_connector_id, t.id, v.version);
  return jsonb_build_object('connector', public.get_connector(workspace, p_connector_id),
    'credentials', private.credential_needs(workspace, v.credential_services));
end;
$$;

-- What an upgrade is made from: the connector, and its template as it was installed and as it is now.
create function public.get_template_update(p_workspace_id uuid, p_connector_id uuid, p_at_least text default 'viewer') returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, p_at_least);
  connector jsonb := public.get_connector(workspace, p_connector_id);
  answer jsonb;
begin
  select jsonb_build_object(
    'connector', connector,
    'template', private.template_summary_json(t),
    'installed', jsonb_build_object('version', old.version, 'definition', old.definition),
    'latest', jsonb_build_object('version', new.version, 'definition', new.definition, 'changes', new.changes,
      'credentials', private.credential_needs(workspace, new.credential_services)))
  into answer
  from public.connectors c
  join public.connector_templates t on t.id = c.template_id
  join public.template_versions old on old.template_id = t.id and old.version = c.template_version
  join public.template_versions new on new.template_id = t.id and new.version = t.current_version
  where c.workspace_id = workspace and c.id = p_connector_id;
  if answer is null then
    perform private.raise_problem(409, 'not_from_template', 'This connector was not installed from a template that is still published.');
  end if;
  return answer;
end;
$$;

create function public.upgrade_connector(
  p_workspace_id uuid, p_id uuid, p_expected_revision int, p_template_version int, p_definition jsonb, p_credential_services text[]
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  workspace uuid := private.authorize(p_workspace_id, 'editor');
  c public.connectors;
begin
  select * into c from public.connectors x
  where x.workspace_id = workspace and x.id = p_id and x.deleted_at is null for update;
  if not found then
    perform private.raise_problem(404, 'connector_not_found', 'No such connector in this workspace.');
  elsif c.template_id is null then
    perform private.raise_problem(409, 'not_from_template', 'This connector was not installed from a template.');
  end if;
  perform private.require_revision(c.revision, p_expected_revision);
  insert into public.connector_versions (workspace_id, connector_id, version, definition, credential_services)
  values (workspace, p_id, c.current_version + 1, p_definition, p_credential_services);
  update public.connectors x set current_version = c.current_version + 1, template_version = p_template_version
  where x.workspace_id = workspace and x.id = p_id;
  return public.get_connector(workspace, p_id);
end;
$$;
grant update (template_version) on public.connectors to authenticated;

create function public.rate_template(p_workspace_id uuid, p_template_id uuid, p_stars int) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  caller uuid := private.require_user();
  workspace uuid := private.authorize(p_workspace_id, 'viewer');
begin
  if not exists (select 1 from public.connector_templates t where t.id = p_template_id) then
    perform private.raise_problem(404, 'template_not_found', 'No such template.');
  elsif not exists (select 1 from public.template_installs i where i.workspace_id = workspace and i.template_id = p_template_id) then
    perform private.raise_problem(403, 'forbidden', 'Only those who installed a template rate it.');
  end if;
  insert into public.template_ratings (workspace_id, template_id, stars) values (workspace, p_template_id, p_stars)
  on conflict (template_id, user_id) do update set stars = excluded.stars;
  return (select private.template_summary_json(t) || jsonb_build_object('my_rating', p_stars)
    from public.connector_templates t where t.id = p_template_id);
end;
$$;

-- For SaaS admins.
create function private.require_saas_admin() returns void
language plpgsql stable set search_path = ''
as $$
begin
  perform private.require_caller();
  if not private.is_saas_admin() then
    perform private.raise_problem(403, 'forbidden', 'This is for SaaS admins.');
  end if;
end;
$$;

create function public.create_template(p_id uuid, p_template jsonb, p_version jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
begin
  perform private.require_saas_admin();
  insert into public.connector_templates (id, slug, name, description, category, provider)
  values (p_id, p_template ->> 'slug', p_template ->> 'name', p_template ->> 'description', p_template ->> 'category',
    p_template ->> 'provider');
  insert into public.template_versions (template_id, version, definition, credential_services, manifest, changes)
  values (p_id, 1, p_version -> 'definition', array(select jsonb_array_elements_text(p_version -> 'credential_services')),
    p_version -> 'manifest', coalesce(p_version ->> 'changes', ''));
  return public.get_template(p_id::text);
exception when unique_violation then
  perform private.raise_problem(409, 'conflict', 'A template with this slug exists already.', '/slug');
end;
$$;

-- p_template: the fields to change; p_version: a new version, or null when the definition stays.
create function public.update_template(p_id uuid, p_expected_revision int, p_template jsonb, p_version jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  t public.connector_templates;
  version int;
begin
  perform private.require_saas_admin();
  select * into t from public.connector_templates x where x.id = p_id for update;
  if not found then
    perform private.raise_problem(404, 'template_not_found', 'No such template.');
  end if;
  perform private.require_revision(t.revision, p_expected_revision);
  version := t.current_version;
  if p_version is not null then
    version := version + 1;
    insert into public.template_versions (template_id, version, definition, credential_services, manifest, changes)
    values (p_id, version, p_version -> 'definition', array(select jsonb_array_elements_text(p_version -> 'credential_services')),
      p_version -> 'manifest', coalesce(p_version ->> 'changes', ''));
  end if;
  update public.connector_templates x set
    name = coalesce(p_template ->> 'name', x.name),
    description = coalesce(p_template ->> 'description', x.description),
    category = coalesce(p_template ->> 'category', x.category),
    provider = case when p_template ? 'provider' then p_template ->> 'provider' else x.provider end,
    status = coalesce(p_template ->> 'status', x.status),
    is_official = coalesce((p_template ->> 'is_official')::boolean, x.is_official),
    is_featured = coalesce((p_template ->> 'is_featured')::boolean, x.is_featured),
    current_version = version
  where x.id = p_id;
  return public.get_template(p_id::text);
end;
$$;

create function public.delete_template(p_id uuid) returns void
language plpgsql set search_path = ''
as $$
begin
  perform private.require_saas_admin();
  -- Connectors made from it stay: they only forget where they came from.
  delete from public.connector_templates t where t.id = p_id;
  if not found then
    perform private.raise_problem(404, 'template_not_found', 'No such template.');
  end if;
end;
$$;

revoke all on function private.count_install, private.count_rating, private.list_templates, private.template_summary_json, private.search_query,
  private.template_json, private.credential_needs, private.require_saas_admin from public, anon;
grant execute on function private.list_templates, private.template_summary_json, private.search_query, private.template_json,
  private.credential_needs, private.require_saas_admin to authenticated, service_role;
revoke all on function public.list_templates, public.get_template, public.list_template_versions, public.install_template,
  public.get_template_update, public.upgrade_connector, public.rate_template, public.create_template,
  public.update_template, public.delete_template from public, anon;
grant execute on function public.list_templates, public.get_template, public.list_template_versions, public.install_template,
  public.get_template_update, public.upgrade_connector, public.rate_template, public.create_template,
  public.update_template, public.delete_template to authenticated;
