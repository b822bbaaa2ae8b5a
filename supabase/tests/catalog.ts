import type { TestDatabase } from './harness.ts';
import { COMMANDS, type Command, FUNCTIONS, POLICIES, type TablePolicy } from './policies.ts';

interface PolicyOfTable {
  name: string;
  command: string;
  roles: string[];
}
export interface Table {
  name: string;
  rls: boolean;
  forced: boolean;
  comment: string | null;
  columns: string[];
  /** Generated columns and identities, which take no value, whoever asks. */
  computed: string[];
  policies: PolicyOfTable[];
  /** Columns on which users hold the privilege. */
  granted: { select: string[]; insert: string[]; update: string[] };
  deletable: boolean;
  /** Grants to `anon` or to everybody, on the table or on one of its columns. */
  open: string[];
}

const TABLES = `
select c.relname as name, c.relrowsecurity as rls, c.relforcerowsecurity as forced,
  obj_description(c.oid, 'pg_class') as comment,
  array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        order by a.attnum) as columns,
  array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and (a.attgenerated <> '' or a.attidentity = 'a')) as computed,
  (select coalesce(json_agg(json_build_object('name', p.polname, 'command', p.polcmd,
     'roles', array(select coalesce(r.rolname::text, 'public') from unnest(p.polroles) x left join pg_roles r on r.oid = x))), '[]')
   from pg_policy p where p.polrelid = c.oid) as policies,
  (select json_build_object(
     'select', coalesce(json_agg(a.attname order by a.attnum) filter (where has_column_privilege('authenticated', c.oid, a.attnum, 'select')), '[]'),
     'insert', coalesce(json_agg(a.attname order by a.attnum) filter (where has_column_privilege('authenticated', c.oid, a.attnum, 'insert')), '[]'),
     'update', coalesce(json_agg(a.attname order by a.attnum) filter (where has_column_privilege('authenticated', c.oid, a.attnum, 'update')), '[]'))
   from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as granted,
  has_table_privilege('authenticated', c.oid, 'delete') as deletable,
  array(select distinct acl.privilege_type from (
      select (aclexplode(c.relacl)).*
      union all select (aclexplode(a.attacl)).* from pg_attribute a where a.attrelid = c.oid
    ) acl left join pg_roles r on r.oid = acl.grantee where acl.grantee = 0 or r.rolname = 'anon') as open
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by c.relname`;

/** Every table of `public`, from the catalog. */
export async function readTables(db: TestDatabase): Promise<Table[]> {
  const { rows } = await db.query(TABLES);
  // The row is made by the query above, whose columns are this interface.
  return rows as unknown as Table[];
}

const CODE: Record<Command, string> = { select: 'r', insert: 'a', update: 'w', delete: 'd' };
const same = (a: readonly string[], b: readonly string[]) => [...a].sort().join() === [...b].sort().join();

function checkCommand(table: Table, declared: TablePolicy, command: Command): string[] {
  const count = table.policies.filter((policy) => policy.command === CODE[command]).length;
  const granted = command === 'delete' ? table.deletable : table.granted[command].length > 0;
  const wanted = declared[command] !== 'nobody';
  if (granted !== wanted)
    return [`${command} is ${granted ? '' : 'not '}granted, declared: ${declared[command]}`];
  if (count !== (wanted ? 1 : 0)) return [`${count} policies for ${command}, declared: ${declared[command]}`];
  return [];
}

function checkTable(table: Table): string[] {
  const declared = POLICIES[table.name];
  const found: string[] = [];
  if (!table.rls) found.push('row level security is not enabled');
  if (!table.forced) found.push('row level security is not forced');
  if (table.comment === null) found.push('has no comment');
  for (const privilege of table.open) found.push(`${privilege} is granted to anon or public`);
  for (const { name, roles, command } of table.policies) {
    if (!same(roles, ['authenticated']))
      found.push(`policy "${name}" is for ${roles.join(', ')}, not authenticated`);
    if (command === '*') found.push(`policy "${name}" is for all commands at once`);
    if (!new RegExp(`^${table.name}: \\w+ \\w+`).test(name)) {
      found.push(`policy "${name}" is not a sentence after the table's name`);
    }
  }
  if (!declared) return [...found, 'is not declared in policies.ts'];
  for (const command of COMMANDS) found.push(...checkCommand(table, declared, command));
  const hidden = table.columns.filter((column) => !table.granted.select.includes(column));
  if (declared.select !== 'nobody' && !same(hidden, declared.hidden ?? [])) {
    found.push(`hidden columns are ${hidden}, declared: ${declared.hidden ?? []}`);
  }
  if (!same(table.granted.insert, declared.insertable ?? []))
    found.push(`insertable: ${table.granted.insert}`);
  if (!same(table.granted.update, declared.updatable ?? [])) found.push(`updatable: ${table.granted.update}`);
  return found;
}

/** What is wrong with the tables of `public`, one line each; nothing when all is as declared. */
export async function checkTables(db: TestDatabase): Promise<string[]> {
  const tables = await readTables(db);
  const gone = Object.keys(POLICIES).filter((name) => !tables.some((table) => table.name === name));
  return [
    ...tables.flatMap((table) => checkTable(table).map((finding) => `${table.name}: ${finding}`)),
    ...gone.map((name) => `${name}: is declared, but does not exist`),
  ];
}

interface Routine {
  schema: string;
  name: string;
  definer: boolean;
  settings: string[] | null;
  executors: string[];
}

const ROUTINES = `
select p.pronamespace::regnamespace::text as schema, p.proname as name, p.prosecdef as definer, p.proconfig as settings,
  array(select r.rolname::text from pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')
        and has_function_privilege(r.oid, p.oid, 'execute') order by 1) as executors
from pg_proc p where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) order by 1, 2`;

function checkRoutine({ schema, name, definer, settings, executors }: Routine): string[] {
  const found: string[] = [];
  if (!settings?.includes('search_path=""')) found.push('does not set search_path to nothing');
  if (executors.includes('anon')) found.push('anon may execute it');
  if (schema === 'private') return found;
  if (definer) found.push("runs with its owner's rights outside private");
  const declared = FUNCTIONS[name];
  if (declared === undefined) found.push('is not declared in policies.ts');
  else if (!same(executors, [declared]))
    found.push(`${executors.join(', ')} may execute it, declared: ${declared}`);
  return found;
}

/** What is wrong with the functions of `public` and `private`, one line each. */
export async function checkFunctions(db: TestDatabase): Promise<string[]> {
  // As in readTables: the columns of the query are the interface.
  const routines = (await db.query(ROUTINES)).rows as unknown as Routine[];
  const exposed = routines.filter(({ schema }) => schema === 'public').map(({ name }) => name);
  return [
    ...routines.flatMap((r) => checkRoutine(r).map((finding) => `${r.schema}.${r.name}: ${finding}`)),
    ...Object.keys(FUNCTIONS)
      .filter((name) => !exposed.includes(name))
      .map((name) => `public.${name}: is declared, but does not exist`),
    ...exposed
      .filter((name, index) => exposed.indexOf(name) !== index)
      .map((name) => `public.${name}: is overloaded, which PostgREST cannot always resolve`),
  ];
}
