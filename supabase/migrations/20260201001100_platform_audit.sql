-- What SaaS admins change belongs to no workspace: it is audited too, and read by SaaS admins.
alter table public.audit_log alter column workspace_id drop not null;
comment on column public.audit_log.workspace_id is 'Null for what belongs to the platform: templates and SaaS admins.';
create index audit_log_platform_idx on public.audit_log (id desc) where workspace_id is null;

create trigger saas_admin_users_audit after insert or delete on public.saas_admin_users
  for each row execute function private.write_audit('user_id');
-- Counters of the marketplace are not written by people.
create trigger connector_templates_audit
  after insert or delete or update of name, description, category, provider, status, is_official, is_featured, current_version
  on public.connector_templates
  for each row execute function private.write_audit('id', 'search', 'install_count', 'rating_count', 'rating_sum', 'rating_average');

drop policy "audit_log: admins read" on public.audit_log;
create policy "audit_log: admins read their workspace's, SaaS admins the platform's" on public.audit_log for select to authenticated
  using (
    workspace_id = any (array(select private.workspace_ids('admin')))
    or (workspace_id is null and (select private.is_saas_admin()))
  );

create function private.admin_audit_log(p_limit int, p_after bigint, p_entity text, p_entity_id text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_saas_admin();
  return (select coalesce(jsonb_agg(private.audit_json(page) order by page.id desc), '[]') from (
    select a.* from public.audit_log a
    where a.workspace_id is null and (p_after is null or a.id < p_after)
      and (p_entity is null or a.entity = p_entity) and (p_entity_id is null or a.entity_id = p_entity_id)
    order by a.id desc limit private.page_limit(p_limit)
  ) page);
end;
$$;
create function public.admin_audit_log(
  p_limit int, p_after bigint default null, p_entity text default null, p_entity_id text default null
) returns jsonb
language sql stable set search_path = '' as $$ select private.admin_audit_log(p_limit, p_after, p_entity, p_entity_id) $$;

revoke all on function private.admin_audit_log, public.admin_audit_log from public, anon;
grant execute on function private.admin_audit_log, public.admin_audit_log to authenticated;
