create table public.audit_log (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  actor_id uuid,
  action text not null check (action in ('insert', 'update', 'delete')),
  entity text not null,
  entity_id text not null,
  before jsonb,
  after jsonb,
  created_at timestamptz not null default now()
);
comment on table public.audit_log is
  'Who changed what, written by triggers in the same transaction. Secrets and ciphertext never enter it.';
create index audit_log_page_idx on public.audit_log (workspace_id, id desc);

create function private.write_audit() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  -- Trigger arguments: the key column of the entity, then the columns to leave out.
  key_column text := tg_argv[0];
  left_out text[] := tg_argv[1:];
  old_row jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - left_out end;
  new_row jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - left_out end;
  workspace uuid := coalesce(new_row, old_row) ->> case when tg_table_name = 'workspaces' then 'id' else 'workspace_id' end;
begin
  -- Rows that vanish with their whole workspace have nobody left to read about it.
  if tg_op = 'DELETE' and workspace is not null and not exists (select 1 from public.workspaces w where w.id = workspace) then
    return old;
  end if;
  if tg_op = 'UPDATE' and old_row - 'updated_at' = new_row - 'updated_at' then
    return new;
  end if;
  insert into public.audit_log (workspace_id, actor_id, action, entity, entity_id, before, after)
  values (workspace, auth.uid(), lower(tg_op), tg_table_name, coalesce(new_row, old_row) ->> key_column, old_row, new_row);
  return coalesce(new, old);
end;
$$;

create trigger workspaces_audit after insert or update on public.workspaces
  for each row execute function private.write_audit('id');
create trigger workspace_members_audit after insert or update or delete on public.workspace_members
  for each row execute function private.write_audit('user_id');
create trigger workspace_api_credentials_audit
  after insert or delete or update of service_name, type, placement, allowed_hosts, field_names, key_id, ciphertext
  on public.workspace_api_credentials
  for each row execute function private.write_audit('id', 'ciphertext', 'last_used_at');
create trigger connectors_audit after insert or delete or update of name, description, current_version, deleted_at
  on public.connectors
  for each row execute function private.write_audit('id', 'success_count', 'failure_count', 'last_executed_at');

alter table public.audit_log enable row level security;
alter table public.audit_log force row level security;
create policy "audit_log: admins read" on public.audit_log for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids('admin'))));
grant select on public.audit_log to authenticated;
grant select on public.audit_log to service_role;
