create table public.connector_templates (
  id uuid primary key,
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  name text not null check (char_length(name) between 1 and 200),
  description text not null default '' check (char_length(description) <= 2000),
  category text not null default 'other',
  provider text,
  status text not null default 'draft' check (status in ('draft', 'published')),
  is_official boolean not null default false,
  is_featured boolean not null default false,
  current_version int not null default 1 check (current_version > 0),
  install_count bigint not null default 0,
  rating_count bigint not null default 0,
  rating_sum bigint not null default 0,
  created_by uuid default auth.uid() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.connector_templates is 'Connector definitions published in the marketplace, for every workspace.';
create index connector_templates_page_idx on public.connector_templates (status, id desc);
create index connector_templates_created_by_idx on public.connector_templates (created_by);

create table public.template_versions (
  template_id uuid not null references public.connector_templates (id) on delete cascade,
  version int not null check (version > 0),
  definition jsonb not null check (jsonb_typeof(definition) = 'object'),
  created_by uuid default auth.uid() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  primary key (template_id, version)
);
comment on table public.template_versions is 'Every definition a template ever had; never changed once written.';
create index template_versions_created_by_idx on public.template_versions (created_by);

create table public.template_installs (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  connector_id uuid not null,
  template_id uuid not null,
  template_version int not null,
  installed_by uuid default auth.uid() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, connector_id),
  foreign key (workspace_id, connector_id) references public.connectors (workspace_id, id) on delete cascade,
  foreign key (template_id, template_version) references public.template_versions (template_id, version) on delete cascade
);
comment on table public.template_installs is 'Which connector came from which version of which template.';
create index template_installs_template_idx on public.template_installs (template_id, template_version);
create index template_installs_installed_by_idx on public.template_installs (installed_by);

create table public.template_ratings (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  template_id uuid not null references public.connector_templates (id) on delete cascade,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  stars smallint not null check (stars between 1 and 5),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (template_id, user_id)
);
comment on table public.template_ratings is 'One rating a user and template, given from a workspace that installed it.';
create index template_ratings_workspace_idx on public.template_ratings (workspace_id);
create index template_ratings_user_idx on public.template_ratings (user_id);

alter table public.connectors
  add constraint connectors_template_fkey foreign key (template_id, template_version)
  references public.template_versions (template_id, version) on delete set null;

create trigger connector_templates_touch before update of name, description, category, provider, status,
  is_official, is_featured, current_version on public.connector_templates
  for each row execute function private.touch_updated_at();
create trigger template_ratings_touch before update on public.template_ratings
  for each row execute function private.touch_updated_at();

alter table public.connector_templates enable row level security;
alter table public.connector_templates force row level security;
alter table public.template_versions enable row level security;
alter table public.template_versions force row level security;
alter table public.template_installs enable row level security;
alter table public.template_installs force row level security;
alter table public.template_ratings enable row level security;
alter table public.template_ratings force row level security;

create policy "connector_templates: users read published ones, SaaS admins all" on public.connector_templates for select to authenticated
  using (status = 'published' or (select private.is_saas_admin()));
create policy "connector_templates: SaaS admins create" on public.connector_templates for insert to authenticated
  with check ((select private.is_saas_admin()));
create policy "connector_templates: SaaS admins change" on public.connector_templates for update to authenticated
  using ((select private.is_saas_admin())) with check ((select private.is_saas_admin()));
create policy "connector_templates: SaaS admins delete" on public.connector_templates for delete to authenticated
  using ((select private.is_saas_admin()));

create policy "template_versions: readable with their template" on public.template_versions for select to authenticated
  using (exists (select 1 from public.connector_templates t where t.id = template_id));
create policy "template_versions: SaaS admins create" on public.template_versions for insert to authenticated
  with check ((select private.is_saas_admin()));

create policy "template_installs: members read" on public.template_installs for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
create policy "template_installs: editors create" on public.template_installs for insert to authenticated
  with check (
    workspace_id = any (array(select private.workspace_ids('editor')))
    and exists (select 1 from public.connector_templates t where t.id = template_id)
  );

create policy "template_ratings: users read their own" on public.template_ratings for select to authenticated
  using (user_id = (select auth.uid()));
create policy "template_ratings: members rate what they installed" on public.template_ratings for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and workspace_id = any (array(select private.workspace_ids()))
    and exists (
      select 1 from public.template_installs i
      where i.workspace_id = template_ratings.workspace_id and i.template_id = template_ratings.template_id
    )
  );
create policy "template_ratings: users change their own" on public.template_ratings for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "template_ratings: users delete their own" on public.template_ratings for delete to authenticated
  using (user_id = (select auth.uid()));

-- A foreign key does not ask who may see the template, so the policy does: drafts cannot be named.
alter policy "connectors: editors create" on public.connectors
  with check (
    workspace_id = any (array(select private.workspace_ids('editor')))
    and (template_id is null or exists (select 1 from public.connector_templates t where t.id = template_id))
  );

grant select, delete on public.connector_templates to authenticated;
grant insert (id, slug, name, description, category, provider, status, is_official, is_featured) on public.connector_templates to authenticated;
grant update (name, description, category, provider, status, is_official, is_featured, current_version) on public.connector_templates to authenticated;
grant select on public.template_versions, public.template_installs, public.template_ratings to authenticated;
grant insert (template_id, version, definition) on public.template_versions to authenticated;
grant insert (workspace_id, connector_id, template_id, template_version) on public.template_installs to authenticated;
grant insert (workspace_id, template_id, stars), update (stars), delete on public.template_ratings to authenticated;
grant select, insert, update, delete on public.connector_templates, public.template_versions,
  public.template_installs, public.template_ratings to service_role;
