-- What keeps all executions together from doing harm: token buckets, circuit breakers, the budget for retries.

-- A bucket as the generic cell rate algorithm keeps it (ITU-T I.371): one moment says how full it is.
create table public.token_buckets (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  key text not null check (char_length(key) between 1 and 500),
  empty_until timestamptz not null,
  turn_at timestamptz not null,
  primary key (workspace_id, key)
);
comment on table public.token_buckets is
  'Rate limits of credentials, hosts and steps, and the budgets for retries. A bucket that is full again may be deleted.';
comment on column public.token_buckets.empty_until is
  'The theoretical arrival time: each token puts it off by the time in which one token comes back.';
comment on column public.token_buckets.turn_at is 'When the next caller that is refused is told to come again.';
create index token_buckets_age_idx on public.token_buckets (empty_until);
alter table public.token_buckets enable row level security;
alter table public.token_buckets force row level security;
grant select, insert, update, delete on public.token_buckets to service_role;

create table public.circuits (
  id uuid primary key,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  credential_id uuid,
  host text not null check (char_length(host) between 1 and 300),
  failures int not null default 0 check (failures >= 0),
  streak_started_at timestamptz not null default now(),
  last_failure_at timestamptz not null default now(),
  opened_at timestamptz,
  retry_at timestamptz,
  open_ms double precision,
  probes bigint not null default 0,
  probe_until timestamptz,
  unique nulls not distinct (workspace_id, credential_id, host),
  unique (workspace_id, id),
  foreign key (workspace_id, credential_id) references public.workspace_api_credentials (workspace_id, id) on delete cascade,
  check ((opened_at is null) = (retry_at is null) and (opened_at is null) = (open_ms is null))
);
comment on table public.circuits is
  'Services that fail, by credential and host. A circuit that is open keeps calls from being made. One without a failure has no row.';
comment on column public.circuits.credential_id is 'Null for calls without a credential.';
comment on column public.circuits.failures is 'In a row, since streak_started_at; those that opened the circuit while it is open.';
comment on column public.circuits.opened_at is 'Null while calls pass.';
comment on column public.circuits.retry_at is 'From then on one call at a time is let through to see whether the service is back.';
comment on column public.circuits.open_ms is 'From the last failure to retry_at; doubles each time that a probe fails.';
comment on column public.circuits.probes is 'Counts the calls that were let through, so that an old one cannot speak for a new one.';
comment on column public.circuits.probe_until is 'A probe is under way; if nothing is heard of it until then, another may be made.';
create index circuits_troubled_idx on public.circuits (workspace_id, last_failure_at desc)
  where failures > 0 or opened_at is not null;
create index circuits_age_idx on public.circuits (last_failure_at);

alter table public.circuits enable row level security;
alter table public.circuits force row level security;
create policy "circuits: members read" on public.circuits for select to authenticated
  using (workspace_id = any (array(select private.workspace_ids())));
grant select on public.circuits to authenticated;
grant select, insert, update, delete on public.circuits to service_role;

-- What the engine does by itself stands in the row; the log is for what people do.
create trigger circuits_audit after update of opened_at on public.circuits
  for each row when (old.opened_at is not null and new.opened_at is null and auth.uid() is not null)
  execute function private.write_audit('id');

-- What the engine knows of a circuit. retry_in_ms: null while it is closed, 0 when a probe is due. No clock but the
-- database's decides, so that processes need not agree on the time.
create function private.circuit_state(c public.circuits) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return jsonb_build_object('credential_id', c.credential_id, 'host', c.host, 'failures', c.failures,
    'retry_in_ms', case when c.opened_at is not null then
      ceil(extract(epoch from greatest(c.retry_at - clock_timestamp(), interval '0')) * 1000) end);
end;
$$;

-- In plpgsql, like all that runs with every call: it keeps its plans.
create function private.troubled_circuits(p_workspace_id uuid) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (select coalesce(jsonb_agg(private.circuit_state(c)), '[]') from (
    select * from public.circuits x
    where x.workspace_id = p_workspace_id and (x.failures > 0 or x.opened_at is not null)
    order by x.last_failure_at desc limit 500) c);
end;
$$;
comment on function private.troubled_circuits is
  'All of a workspace that are not healthy; usually none. Of more than 500 those that failed last.';

create function public.read_circuits(p_workspace_id uuid) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return private.troubled_circuits(p_workspace_id);
end;
$$;

-- Takes a token from each bucket or from none. p_buckets: [{"key", "requests", "per_seconds", "burst", "queue"}].
-- wait_ms is 0 when they were taken. Callers of a bucket with a queue are told to come again one after the other, at
-- most p_longest_turn_ms from now, so that a thousand do not come back for one token.
create function public.take_tokens(p_workspace_id uuid, p_buckets jsonb, p_longest_turn_ms int) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  b jsonb;
  -- In the order of their keys, whoever asks: two calls with the same buckets never wait for each other.
  buckets jsonb[] := array(select x from jsonb_array_elements(p_buckets) x order by x ->> 'key');
  held public.token_buckets[] := '{}';
  t public.token_buckets;
  every interval[] := '{}';
  free_at timestamptz[] := '{}';
  at timestamptz;
  wait interval := '0';
begin
  foreach b in array buckets loop
    select * into t from public.token_buckets x where x.workspace_id = p_workspace_id and x.key = b ->> 'key' for update;
    if not found then
      insert into public.token_buckets as x (workspace_id, key, empty_until, turn_at)
      values (p_workspace_id, b ->> 'key', '-infinity', '-infinity')
      on conflict (workspace_id, key) do update set empty_until = x.empty_until
      returning * into t;
    end if;
    held := held || t;
  end loop;
  -- Once all are held, for it may have taken a while.
  at := clock_timestamp();
  for i in 1 .. cardinality(buckets) loop
    -- The time in which one token comes back, never shorter than it should be.
    every[i] := interval '1 microsecond' * ceil((buckets[i] ->> 'per_seconds')::numeric * 1000000
      / (buckets[i] ->> 'requests')::numeric)::double precision;
    free_at[i] := greatest((held[i]).empty_until, at) + every[i] - every[i] * (buckets[i] ->> 'burst')::int;
    if free_at[i] > at then
      wait := greatest(wait,
        case when (buckets[i] ->> 'queue')::boolean then greatest((held[i]).turn_at, free_at[i]) else free_at[i] end - at);
    end if;
  end loop;
  for i in 1 .. cardinality(buckets) loop
    if wait <= interval '0' then
      -- A bucket that is full has nobody waiting.
      update public.token_buckets x set empty_until = greatest((held[i]).empty_until, at) + every[i],
        turn_at = case when (held[i]).empty_until <= at then '-infinity' else (held[i]).turn_at end
      where x.workspace_id = p_workspace_id and x.key = (held[i]).key;
    elsif free_at[i] > at and (buckets[i] ->> 'queue')::boolean then
      update public.token_buckets x set turn_at = least(greatest((held[i]).turn_at, free_at[i]) + every[i],
        at + interval '1 millisecond' * p_longest_turn_ms)
      where x.workspace_id = p_workspace_id and x.key = (held[i]).key;
    end if;
  end loop;
  return jsonb_build_object('wait_ms', ceil(extract(epoch from wait) * 1000),
    'circuits', private.troubled_circuits(p_workspace_id));
end;
$$;

-- What came of a call. p_probe: the number that claim_probe gave, if the call was let through an open circuit.
-- p_rules: {"failures", "window_ms", "open_ms", "longest_open_ms"}. Answers the circuit's state; null when there is none.
create function public.report_call(
  p_workspace_id uuid, p_credential_id uuid, p_host text, p_failed boolean, p_probe bigint, p_new_id uuid, p_rules jsonb
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  c public.circuits;
  at timestamptz;
begin
  if p_failed then
    insert into public.circuits (id, workspace_id, credential_id, host) values (p_new_id, p_workspace_id, p_credential_id, p_host)
    on conflict (workspace_id, credential_id, host) do nothing;
  end if;
  select * into c from public.circuits x
  where x.workspace_id = p_workspace_id and x.credential_id is not distinct from p_credential_id and x.host = p_host for update;
  if not found then
    return null;
  end if;
  at := clock_timestamp();
  if not p_failed then
    -- A service that answers a probe is there, whichever probe it was. Other answers are older than the failures.
    if c.opened_at is null or p_probe is not null then
      c.failures := 0;
      c.opened_at := null;
      c.retry_at := null;
      c.open_ms := null;
      c.probe_until := null;
    end if;
  elsif c.opened_at is null then
    if c.failures = 0 or c.streak_started_at < at - interval '1 millisecond' * (p_rules ->> 'window_ms')::int then
      c.failures := 0;
      c.streak_started_at := at;
    end if;
    c.failures := c.failures + 1;
    c.last_failure_at := at;
    if c.failures >= (p_rules ->> 'failures')::int then
      c.opened_at := at;
      c.open_ms := (p_rules ->> 'open_ms')::double precision;
      c.retry_at := at + interval '1 millisecond' * c.open_ms;
    end if;
  elsif p_probe = c.probes and c.probe_until is not null then
    c.last_failure_at := at;
    c.open_ms := least(c.open_ms * 2, (p_rules ->> 'longest_open_ms')::double precision);
    c.retry_at := at + interval '1 millisecond' * c.open_ms;
    c.probe_until := null;
  end if;
  update public.circuits x set failures = c.failures, streak_started_at = c.streak_started_at, last_failure_at = c.last_failure_at,
    opened_at = c.opened_at, retry_at = c.retry_at, open_ms = c.open_ms, probe_until = c.probe_until
  where x.id = c.id;
  return private.circuit_state(c);
end;
$$;

-- Lets one call through an open circuit whose time has come. {"probe": number} to whom it is; {"probe": null, "circuit"}
-- otherwise; the circuit is null or closed when calls pass again. While a probe is under way, p_again_ms is when to ask again.
create function public.claim_probe(p_workspace_id uuid, p_credential_id uuid, p_host text, p_lease_ms int, p_again_ms int) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  c public.circuits;
  at timestamptz;
begin
  select * into c from public.circuits x
  where x.workspace_id = p_workspace_id and x.credential_id is not distinct from p_credential_id and x.host = p_host for update;
  if not found then
    return jsonb_build_object('probe', null, 'circuit', null);
  end if;
  at := clock_timestamp();
  if c.opened_at is null or c.retry_at > at then
    return jsonb_build_object('probe', null, 'circuit', private.circuit_state(c));
  elsif c.probe_until > at then
    c.retry_at := least(c.probe_until, at + interval '1 millisecond' * p_again_ms);
    return jsonb_build_object('probe', null, 'circuit', private.circuit_state(c));
  end if;
  update public.circuits x set probes = x.probes + 1, probe_until = at + interval '1 millisecond' * p_lease_ms
  where x.id = c.id;
  return jsonb_build_object('probe', c.probes + 1, 'circuit', private.circuit_state(c));
end;
$$;

-- A bucket that is full, and a circuit of which nothing was heard for a day, say the same as none.
create function public.forget_guard_state(p_limit int) returns int
language sql set search_path = ''
as $$
  with buckets as (
    delete from public.token_buckets t where (t.workspace_id, t.key) in (
      select o.workspace_id, o.key from public.token_buckets o
      where o.empty_until < now() order by o.empty_until limit p_limit for update skip locked)
    returning 1
  ), circuits as (
    delete from public.circuits c where c.id in (
      select o.id from public.circuits o
      where o.last_failure_at < now() - interval '1 day' order by o.last_failure_at limit p_limit for update skip locked)
    returning 1)
  select ((select count(*) from buckets) + (select count(*) from circuits))::int
$$;

create function private.shown_state(c public.circuits) returns text
language sql stable set search_path = ''
as $$ select case when c.opened_at is null then 'closed' when c.retry_at > now() then 'open' else 'half_open' end $$;

create function private.circuit_json(c public.circuits) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', c.id, 'credential_id', c.credential_id,
    'service_name', (select k.service_name from public.workspace_api_credentials k
                     where k.workspace_id = c.workspace_id and k.id = c.credential_id),
    'host', c.host, 'state', private.shown_state(c), 'failures', c.failures, 'last_failure_at', c.last_failure_at,
    'opened_at', c.opened_at, 'retry_at', c.retry_at)
$$;

create function public.list_circuits(p_workspace_id uuid, p_limit int, p_after uuid default null, p_state text default null)
returns jsonb
language plpgsql stable set search_path = ''
as $$
declare workspace uuid := private.authorize(p_workspace_id, 'viewer');
begin
  return (select coalesce(jsonb_agg(private.circuit_json(page) order by page.id desc), '[]') from (
    select * from public.circuits c
    where c.workspace_id = workspace and (p_after is null or c.id < p_after)
      and (p_state is null or private.shown_state(c) = p_state)
    order by c.id desc limit private.page_limit(p_limit)
  ) page);
end;
$$;

create function private.shut_circuit(workspace uuid, p_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  workspace := private.authorize(workspace, 'editor');
  update public.circuits c set failures = 0, opened_at = null, retry_at = null, open_ms = null, probe_until = null
  where c.workspace_id = workspace and c.id = p_id;
  if not found then
    perform private.raise_problem(404, 'circuit_not_found', 'No such circuit in this workspace.');
  end if;
end;
$$;

create function public.close_circuit(p_workspace_id uuid, p_id uuid) returns jsonb
language plpgsql set search_path = ''
as $$
begin
  perform private.shut_circuit(p_workspace_id, p_id);
  return (select private.circuit_json(c) from public.circuits c where c.id = p_id);
end;
$$;

revoke all on function private.circuit_state, private.troubled_circuits from public, anon, authenticated;
grant execute on function private.circuit_state, private.troubled_circuits to service_role;
revoke all on function private.shown_state, private.circuit_json, private.shut_circuit from public, anon;
grant execute on function private.shown_state, private.circuit_json, private.shut_circuit to authenticated, service_role;
revoke all on function public.read_circuits, public.take_tokens, public.report_call, public.claim_probe,
  public.forget_guard_state from public, anon, authenticated;
grant execute on function public.read_circuits, public.take_tokens, public.report_call, public.claim_probe,
  public.forget_guard_state to service_role;
revoke all on function public.list_circuits, public.close_circuit from public, anon, authenticated;
grant execute on function public.list_circuits, public.close_circuit to authenticated;
