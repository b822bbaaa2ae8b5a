-- Idempotency-Key on writes, after Stripe: the same key and body replay the stored answer, another body is refused.
-- The key's row and the write are one transaction, so that a key never stands for a write that did not happen.
create table public.idempotency_keys (
  actor_type text not null,
  actor_id uuid not null,
  key text not null check (char_length(key) between 1 and 255),
  fingerprint text not null,
  answer jsonb,
  created_at timestamptz not null default now(),
  primary key (actor_type, actor_id, key)
);
comment on table public.idempotency_keys is
  'Answers of writes that carried an Idempotency-Key, kept for a day. Reached only through call_idempotently.';
comment on column public.idempotency_keys.fingerprint is 'Keyed hash of route and body: tells another request from the same one.';
create index idempotency_keys_age_idx on public.idempotency_keys (created_at);
alter table public.idempotency_keys enable row level security;
alter table public.idempotency_keys force row level security;
-- No policy and no grant for users: an answer is replayed to the one who got it, by the function, and is nobody else's.
grant select, insert, update, delete on public.idempotency_keys to service_role;

create function private.begin_idempotent(p_key text, p_fingerprint text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  stored public.idempotency_keys;
begin
  -- Before anything is replayed: a key that was revoked since gets nothing any more, and a wrong secret gets nothing at all.
  perform private.require_caller();
  -- Waits for a call with the same key that is under way; its answer is there then.
  insert into public.idempotency_keys (actor_type, actor_id, key, fingerprint)
  values (private.actor_type(), auth.uid(), p_key, p_fingerprint)
  on conflict (actor_type, actor_id, key) do update set fingerprint = excluded.fingerprint, answer = null, created_at = now()
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
  return jsonb_build_object('answer', stored.answer);
end;
$$;

create function private.end_idempotent(p_key text, p_answer jsonb) returns void
language sql security definer set search_path = ''
as $$
  update public.idempotency_keys i set answer = p_answer
  where i.actor_type = private.actor_type() and i.actor_id = auth.uid() and i.key = p_key
$$;

-- Calls a function of the API by its name, with the caller's rights: nothing that the caller could not call directly.
create function public.call_idempotently(p_key text, p_fingerprint text, p_fn text, p_args jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  replayed jsonb := private.begin_idempotent(p_key, p_fingerprint);
  arguments text;
  answer jsonb;
begin
  if replayed is not null then
    -- Nor somebody who is no member any more.
    if p_args ? 'p_workspace_id' then
      perform private.authorize((p_args ->> 'p_workspace_id')::uuid, 'viewer');
    end if;
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
  execute format('select to_jsonb(public.%I(%s))', p_fn, arguments) into answer using p_args;
  perform private.end_idempotent(p_key, answer);
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

revoke all on function private.begin_idempotent, private.end_idempotent from public, anon;
grant execute on function private.begin_idempotent, private.end_idempotent to authenticated, service_role;
revoke all on function public.call_idempotently, public.forget_idempotency_keys from public, anon, authenticated;
grant execute on function public.call_idempotently to authenticated;
grant execute on function public.forget_idempotency_keys to service_role;
