/**
 * The checks of Supabase's database linter (github.com/supabase/splinter) that a schema can answer, in our own words:
 * each query names what it finds, and finds nothing in a sound schema. Left out are those about a running project
 * (unused indexes, bloat, replication slots), its settings (sign-ins, extension versions, storage) and extensions that
 * these migrations do not use (pg_graphql, pgmq).
 */
export interface Lint {
  name: string;
  /** Returns the column `found`. */
  query: string;
  /** A change that the lint must find: the proof that it can. */
  breakage: string;
}

const TABLES = `pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`;
const POLICIES = `
  select p.*, p.polrelid::regclass || ': ' || p.polname as found,
    coalesce(pg_get_expr(p.polqual, p.polrelid), '') || ' ' || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') as text
  from pg_policy p`;
const API_ROLES = `(select array_agg(oid) from pg_roles where rolname in ('anon', 'authenticated'))`;
const policyWith = (condition: string) => `select found from (${POLICIES}) p where ${condition}`;
const relationOf = (kind: string) =>
  `select c.relname as found from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = '${kind}'`;

export const LINTS: readonly Lint[] = [
  {
    // An index serves a key when its first columns are the key's, in any order.
    name: 'unindexed_foreign_keys',
    query: `select f.conrelid::regclass || '.' || f.conname as found from pg_constraint f
      where f.contype = 'f' and f.connamespace = 'public'::regnamespace and not exists (
        select 1 from pg_index i where i.indrelid = f.conrelid and i.indisvalid
          and (i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey)`,
    breakage: 'drop index public.contacts_last_execution_idx',
  },
  {
    name: 'auth_users_exposed',
    query: `select v.viewname as found from pg_views v
      where v.schemaname = 'public' and v.definition ~ 'auth\\.users'`,
    breakage: 'create view public.people with (security_invoker) as select id from auth.users',
  },
  {
    // Inside a select they run once a statement (an InitPlan), bare once a row.
    name: 'auth_rls_initplan',
    query: policyWith(
      `regexp_replace(text, 'SELECT (auth|private)\\.\\w+\\(', '', 'g') ~ '(auth|private)\\.\\w+\\(|current_setting\\('`,
    ),
    breakage: `create policy "contacts: slow reads" on public.contacts for select using (auth.uid() = id)`,
  },
  {
    name: 'no_primary_key',
    query: `select c.relname as found from ${TABLES}
      and not exists (select 1 from pg_constraint k where k.conrelid = c.oid and k.contype = 'p')`,
    breakage: 'create table public.heap (id int)',
  },
  {
    name: 'multiple_permissive_policies',
    query: `select distinct a.polrelid::regclass || ': ' || a.polname as found from pg_policy a join pg_policy b
      on a.polrelid = b.polrelid and a.oid <> b.oid and a.polpermissive and b.polpermissive and a.polroles && b.polroles
      and (a.polcmd = b.polcmd or a.polcmd = '*' or b.polcmd = '*')`,
    breakage: `create policy "contacts: guests read" on public.contacts for select to authenticated using (false)`,
  },
  {
    name: 'policy_exists_rls_disabled',
    query: policyWith('not (select c.relrowsecurity from pg_class c where c.oid = p.polrelid)'),
    breakage: 'alter table public.contacts disable row level security',
  },
  {
    name: 'rls_enabled_no_policy',
    query: `select c.relname as found from ${TABLES}
      and c.relrowsecurity and not exists (select 1 from pg_policy p where p.polrelid = c.oid)`,
    breakage:
      'create table public.shut (id int primary key); alter table public.shut enable row level security',
  },
  {
    name: 'rls_disabled_in_public',
    query: `select c.relname as found from ${TABLES} and not c.relrowsecurity`,
    breakage: 'create table public.ajar (id int primary key)',
  },
  {
    name: 'rls_policy_always_true',
    query: policyWith(`text ~ '^\\s*\\(?true\\)?\\s*(\\s\\(?true\\)?\\s*)?$'`),
    breakage: `create policy "contacts: all read" on public.contacts for select to authenticated using (true)`,
  },
  {
    name: 'rls_policy_null_auth_disjunct',
    query: policyWith(`text ~* 'auth\\.\\w+\\(\\)( as \\w+)?\\)* is null'`),
    breakage: `create policy "contacts: strangers read" on public.contacts for select using ((select auth.uid()) is null or false)`,
  },
  {
    name: 'rls_references_user_metadata',
    query: policyWith(`text ~ 'user_meta_?data'`),
    breakage: `create policy "contacts: boasters read" on public.contacts for select using ((select auth.jwt()) -> 'user_metadata' ? 'x')`,
  },
  {
    name: 'duplicate_index',
    query: `select a.indexrelid::regclass::text as found from pg_index a join pg_index b
      on a.indrelid = b.indrelid and a.indexrelid > b.indexrelid
      and regexp_replace(pg_get_indexdef(a.indexrelid), ' INDEX \\S+ ', ' ') = regexp_replace(pg_get_indexdef(b.indexrelid), ' INDEX \\S+ ', ' ')
      join ${TABLES.replace(' where', ' on c.oid = a.indrelid and')}`,
    breakage: 'create index twice on public.connectors (created_by)',
  },
  {
    // Beyond splinter: an index whose columns begin another one is written without being needed.
    name: 'redundant_index',
    query: `select a.indexrelid::regclass::text as found from pg_index a join pg_index b
      on a.indrelid = b.indrelid and a.indexrelid <> b.indexrelid and a.indpred is null and b.indpred is null
      and not a.indisunique and a.indnkeyatts <= b.indnkeyatts and a.indclass[0] = b.indclass[0]
      and (b.indkey::int2[])[0:a.indnkeyatts - 1] = (a.indkey::int2[])[0:a.indnkeyatts - 1]
      join ${TABLES.replace(' where', ' on c.oid = a.indrelid and')}`,
    breakage: 'create index twice on public.contacts (workspace_id, id desc)',
  },
  {
    name: 'invalid_index',
    query: 'select indexrelid::regclass::text as found from pg_index where not indisvalid',
    breakage: `update pg_index set indisvalid = false where indexrelid = 'public.connectors_page_idx'::regclass`,
  },
  {
    name: 'security_definer_view',
    query: `${relationOf('v')} and not coalesce(c.reloptions && '{security_invoker=true,security_invoker=on}', false)`,
    breakage: 'create view public.everything as select * from public.contacts',
  },
  {
    name: 'materialized_view_in_api',
    query: `${relationOf('m')}`,
    breakage: 'create materialized view public.frozen as select 1 as one',
  },
  {
    name: 'foreign_table_in_api',
    query: `${relationOf('f')}`,
    breakage: `create foreign data wrapper w; create server s foreign data wrapper w; create foreign table public.far (id int) server s`,
  },
  {
    name: 'function_search_path_mutable',
    query: `select p.oid::regprocedure::text as found from pg_proc p
      where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and not exists (select 1 from unnest(p.proconfig) s where s like 'search_path=%')`,
    breakage: `create function public.adrift() returns int language sql as 'select 1'`,
  },
  {
    name: 'security_definer_function_executable',
    query: `select p.oid::regprocedure::text as found from pg_proc p
      where p.pronamespace = 'public'::regnamespace and p.prosecdef`,
    breakage: `create function public.mighty() returns int language sql security definer set search_path = '' as 'select 1'`,
  },
  {
    name: 'extension_in_public',
    query: `select e.extname as found from pg_extension e where e.extnamespace = 'public'::regnamespace`,
    breakage: 'create extension citext schema public',
  },
  {
    name: 'unsupported_reg_types',
    query: `select c.relname || '.' || a.attname as found from pg_attribute a join ${TABLES.replace(' where', ' on c.oid = a.attrelid and')}
      and a.attnum > 0 and a.atttypid in (select oid from pg_type where typname ~ '^reg' and typname not in ('regclass', 'regrole', 'regtype'))`,
    breakage: 'alter table public.contacts add column kind regproc',
  },
  {
    name: 'fkey_to_auth_unique',
    query: `select f.conrelid::regclass || '.' || f.conname as found from pg_constraint f
      join pg_index i on i.indexrelid = f.conindid
      where f.contype = 'f' and f.confrelid = 'auth.users'::regclass and not i.indisprimary`,
    breakage: `alter table auth.users add column nick text unique;
      alter table public.contacts add column nick text references auth.users (nick)`,
  },
  {
    name: 'autovacuum_disabled',
    query: `select c.relname as found from ${TABLES} and c.reloptions && '{autovacuum_enabled=false,autovacuum_enabled=off}'`,
    breakage: 'alter table public.contacts set (autovacuum_enabled = false)',
  },
  {
    name: 'sensitive_columns_exposed',
    query: `select c.relname || '.' || a.attname as found from pg_attribute a join ${TABLES.replace(' where', ' on c.oid = a.attrelid and')}
      and a.attname ~ 'password|secret|token|ciphertext|resume_state' and exists (
        select 1 from unnest(${API_ROLES}) r where has_column_privilege(r, a.attrelid, a.attnum, 'select'))`,
    breakage: 'grant select on public.connector_step_runs to authenticated',
  },
];

/** What stays as it is, and why. */
export const WAIVERS: Readonly<Record<string, string>> = {
  'api_keys.secret_hint':
    'four characters of a 256-bit secret, shown to admins so that they can tell keys apart',
  idempotency_keys:
    'closed on purpose: an answer is replayed by call_idempotently to the one who got it, and no role has a grant but the service role',
  connector_step_cache: 'closed on purpose: sealed answers, which only the engine reads and writes',
  token_buckets: 'closed on purpose: only the engine counts calls, through take_tokens',
  'connectors.connectors_current_version_fkey':
    'the key (workspace_id, id) finds the one row; the version only confirms it',
  'connector_executions.connector_executions_workspace_id_connector_id_connector_v_fkey':
    'versions are deleted only with their whole connector, which (workspace_id, connector_id, id) serves',
  'connector_batches.connector_batches_workspace_id_connector_id_connector_vers_fkey':
    'versions are deleted only with their whole connector, which (workspace_id, connector_id, id) serves',
};
