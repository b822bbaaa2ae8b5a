-- Idempotency-Key on writes, after Stripe: the same key and body replay the stored answer, another body is refused.
-- The key's row and the write are one transaction, so that a key never stands for a write that did not happen.
create table public.idempotency_keys (
  actor_type text not null,
  actor_id uuid not null,
  key text not null check (char_length(key) between 1 and 255),
  fingerprint text not null,
  answer jsonb,
  authorized_in uuid,
  authorized_rank int not null default 0,
  as_saas_admin boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (actor_type, actor_id, key)
);
comment on table public.idempotency_keys is
  'Answers of writes that carried an Idempotency-Key, kept for a day. Reached only through call_idempotently.';
comment on column public.idempotency_keys.fingerprint is 'Keyed hash of route and body: tells another request from the same one.';
comment on column public.idempotency_keys.authorized_in is
  'The workspace of the call, with the caller''s rank in it when the call ended: a replay takes no less. A rank of 0: the call itself ended the membership.';
comment on column public.idempotency_keys.as_saas_admin is
  'A call to no workspace by a SaaS admin, who has to be one for a replay.';
create index idempotency_keys_age_idx on public.idempotency_keys (created_at);
alter table public.idempotency_keys enable row level security;
alter table public.idempotency_keys force row level security;
-- No policy and no grant for users: an answer is replayed to the one who got it, by the function, and is nobody else's.
grant select, insert, update, delete on public.idempotency_keys to service_role;

create function private.rank_in(workspace uuid) returns int
language sql stable security definer set search_path = ''
as $$
  select coalesce(max(r.rank), 0) from (
    select private.role_rank(m.role) as rank from public.workspace_members m
    where m.workspace_id = workspace and m.user_id = private.user_id()
    union all
    select private.role_rank(k.scope) from private.api_key() k where k.workspace_id = workspace) r
$$;
comment on function private.rank_in is 'What the caller is in this workspace, on the scale of private.role_rank; 0 for a stranger.';

create function private.workspace_of_call(workspace uuid) returns uuid
language sql stable security definer set search_path = ''
as $$
  select case when workspace is not null then workspace else (
    select min(w.id::text)::uuid from (select id from private.workspace_ids() id limit 2) w having count(*) = 1) end
$$;
comment on function private.workspace_of_call is 'The workspace that private.authorize resolves; null where it refuses.';

create function private.begin_idempotent(p_key text, p_fingerprint text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  stored public.idempotency_keys;
  rank int;
begin
  -- Before anything is replayed: a key that was revoked since gets nothing any more, and a wrong secret gets nothing at all.
  perform private.require_caller();
  -- Waits for a call with the same key that is under way; its answer is there then.
  insert into public.idempotency_keys (actor_type, actor_id, key, fingerprint)
  values (private.actor_type(), auth.uid(), p_key, p_fingerprint)
  on conflict (actor_type, actor_id, key) do update set fingerprint = excluded.fingerprint, answer = null, created_at = now(),
      authorized_in = null, authorized_rank = 0, as_saas_admin = false
    where public.idempotency_keys.created_at < now() - interval '24 hours';
  if found then
    return null;
  end if;
  select * into stored from public.idempotency_keys i
  where i.actor_type = private.actor_type() and i.actor_id = auth.uid() and i.key = p_key;
  if stored.fingerprint <> p_fingerprint then
    perform private.raise_problem(422, 'idempotency_key_reused',
      'This Idempotency-Key came with another request before.', '#header/Idempotency-Key');
  end if;
  -- An answer is for who could get it by calling now. What counts is what was stored, not what this call says of itself.
  if stored.as_saas_admin then
    perform private.require_saas_admin();
  elsif stored.authorized_rank > 0 then
    rank := private.rank_in(stored.authorized_in);
    if rank = 0 then
      perform private.raise_problem(404, 'workspace_not_found', 'No such workspace.');
    elsif rank < stored.authorized_rank then
      perform private.raise_problem(403, 'forbidden', 'Your role is lower than it was when this Idempotency-Key was first used.');
    end if;
  end if;
  return jsonb_build_object('answer', stored.answer);
end;
$$;

create function private.end_idempotent(p_key text, p_answer jsonb, p_workspace uuid) returns void
language sql security definer set search_path = ''
as $$
  -- The rank after the call: who stepped down or left by it may still hear that it happened.
  update public.idempotency_keys i set answer = p_answer, authorized_in = p_workspace,
    authorized_rank = private.rank_in(p_workspace), as_saas_admin = p_workspace is null and private.is_saas_admin()
  where i.actor_type = private.actor_type() and i.actor_id = auth.uid() and i.key = p_key
$$;

-- Calls a function of the API by its name, with the caller's rights: nothing that the caller could not call directly.
create function public.call_idempotently(p_key text, p_fingerprint text, p_fn text, p_args jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  replayed jsonb := private.begin_idempotent(p_key, p_fingerprint);
  arguments text;
  workspace uuid;
  answer jsonb;
begin
  if replayed is not null then
    return jsonb_build_object('replayed', true, 'answer', replayed -> 'answer');
  end if;
  select string_agg(format('%I => %s', a.name, case
      when a.type = 'jsonb'::regtype then format('nullif($1 -> %L, ''null'')', a.name)
      when a.type = 'text[]'::regtype then format('array(select jsonb_array_elements_text($1 -> %L))', a.name)
      else format('($1 ->> %L)::%s', a.name, a.type::regtype) end), ', ')
  into arguments
  from pg_catalog.pg_proc p
  cross join lateral unnest(p.proargnames, p.proargtypes::oid[]) as a (name, type)
  where p.pronamespace = 'public'::regnamespace and p.proname = p_fn and p.provolatile = 'v' and p_args ? a.name;
  if arguments is null or p_fn = 'call_idempotently' then
    perform private.raise_problem(404, 'not_found', 'No such function.');
  end if;
  -- Before the call, which may end the membership that it is resolved by.
  if p_args ? 'p_workspace_id' then
    workspace := private.workspace_of_call((p_args ->> 'p_workspace_id')::uuid);
  end if;
  execute format('select to_jsonb(public.%I(%s))', p_fn, arguments) into answer using p_args;
  perform private.end_idempotent(p_key, answer, workspace);
  return jsonb_build_object('replayed', false, 'answer', answer);
end;
$$;

create function public.forget_idempotency_keys(p_limit int) returns int
language sql set search_path = ''
as $$
  with old as (
    delete from public.idempotency_keys i where (i.actor_type, i.actor_id, i.key) in (
      select o.actor_type, o.actor_id, o.key from public.idempotency_keys o
      where o.created_at < now() - interval '24 hours' order by o.created_at limit p_limit)
    returning 1)
  select count(*)::int from old
$$;

revoke all on function private.rank_in, private.workspace_of_call, private.begin_idempotent, private.end_idempotent
  from public, anon;
grant execute on function private.rank_in, private.workspace_of_call, private.begin_idempotent, private.end_idempotent to authenticated, service_role;
revoke all on function public.call_idempotently, public.forget_idempotency_keys from public, anon, authenticated;
grant execute on function public.call_idempotently to authenticated;
grant execute on function public.forget_idempotency_keys to service_role;
