-- What the API must not reach lives in `private`, which PostgREST does not expose.
create schema if not exists private;
comment on schema private is 'Helpers behind policies and functions. Never exposed through the API.';
revoke all on schema private from public, anon;
grant usage on schema private to authenticated, service_role;

-- Hosted Supabase grants every new table, sequence and function in `public` to all API roles. Patchbay grants by
-- hand instead, so that a table somebody forgets is closed rather than open.
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
alter default privileges revoke execute on functions from public;

create function private.raise_problem(status int, code text, detail text, hint text default null) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  -- PostgREST answers SQLSTATE PTxyz with HTTP status xyz ("Raise errors with HTTP status codes").
  raise exception using errcode = 'PT' || status, message = code, detail = detail, hint = coalesce(hint, '');
end;
$$;
comment on function private.raise_problem is
  'Fails the call with a problem code of the API (message), its HTTP status (SQLSTATE PTxyz) and a text for people (detail).';

create function private.page_limit(asked int, most int default 101) returns int
language sql immutable set search_path = ''
as $$ select greatest(1, least(coalesce(asked, most), most)) $$;
comment on function private.page_limit is
  'Rows of a page: 100 and the one that tells whether there are more. A function may be called with any number.';

create function private.touch_updated_at() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end;
$$;

grant execute on all functions in schema private to authenticated, service_role;
