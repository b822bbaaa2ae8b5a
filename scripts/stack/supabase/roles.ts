import type { Database } from './database.ts';

/** Name resolution as on hosted Supabase, where extensions live in a schema of their own. */
export const SEARCH_PATH = '"$user", public, extensions';

const BOOTSTRAP = `
do $$
begin
  if not exists (select from pg_roles where rolname = 'anon') then
    create role anon nologin noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'authenticated') then
    create role authenticated nologin noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'service_role') then
    create role service_role nologin noinherit bypassrls;
  end if;
end
$$;
create schema if not exists auth;
create schema if not exists extensions;
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text not null primary key, statements text[], name text
);
create table if not exists supabase_migrations.seed_files (path text not null primary key, hash text not null);
grant usage on schema public, auth, extensions to anon, authenticated, service_role;
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
`;

const RIGHTS = `
select rolname as name, rolsuper or rolbypassrls as bypasses_rls from pg_roles where rolname = current_user`;

const NOT_MEMBER_OF = `
select array(select r from unnest(array['anon', 'authenticated', 'service_role']) r
             where not pg_has_role(current_user, r, 'member'))::text[] as roles`;

/** Hosted Supabase keeps users in the same place in its own layout, which must not be written over. */
const IS_HOSTED = `
select exists (
  select from information_schema.columns
  where table_schema = 'auth' and table_name = 'users' and column_name = 'instance_id'
) as hosted`;

/**
 * Roles, schemas and grants as a new hosted Supabase project has them. Runs once per database: a migration that takes a
 * default grant back must not find it given again after the next start.
 * Throws when the database is a hosted Supabase or when its user lacks the rights that migrations rely on.
 */
export async function prepareRoles(db: Database): Promise<void> {
  const [found] = await db.query(IS_HOSTED);
  if (found?.hosted === true) {
    throw new Error(
      'DATABASE_URL is a hosted Supabase database: point SUPABASE_URL at its API instead of embedding another one over it',
    );
  }
  const [rights] = await db.query(RIGHTS);
  const user = String(rights?.name);
  if (rights?.bypasses_rls !== true) {
    throw new Error(
      `database role "${user}" must be superuser or have BYPASSRLS: functions declared "security definer" run as it ` +
        `and read tables whose row level security is forced. Run: alter role "${user}" bypassrls`,
    );
  }

  const [marker] = await db.query(`select to_regclass('supabase_migrations.seed_files') is not null as done`);
  if (marker?.done !== true) {
    await db
      .transaction((sql) => sql.script(BOOTSTRAP))
      .catch((cause: unknown) => {
        throw new Error(
          `database role "${user}" cannot create the roles anon, authenticated and service_role: create them once as a ` +
            `superuser and grant them to "${user}"`,
          { cause },
        );
      });
  }

  const [membership] = await db.query(NOT_MEMBER_OF);
  const missing = membership?.roles;
  if (!Array.isArray(missing) || missing.length > 0) {
    throw new Error(
      `database role "${user}" must be a member of the API roles. Run: grant ${String(missing)} to "${user}"`,
    );
  }
}

/**
 * The helpers policies call, as hosted Supabase defines them: they also read `request.jwt.claims`, so that a test that
 * sets only the claims sees the same user.
 */
export const AUTH_HELPERS = `
create or replace function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;
create or replace function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid
$$;
create or replace function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  )
$$;
create or replace function auth.email() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  )
$$;
grant execute on function auth.jwt(), auth.uid(), auth.role(), auth.email() to anon, authenticated, service_role;
`;
