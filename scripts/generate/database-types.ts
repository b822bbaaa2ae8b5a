/**
 * Writes `supabase/database.gen.ts`: the `Database` type that supabase-js and postgrest-js take, from the catalog of a
 * database with all migrations. The shape is that of `supabase gen types typescript`, which wants Docker or a server.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Sql } from '../stack/supabase/database.ts';
import { openMigratedDatabase } from './migrated-database.ts';

export const TYPES_FILE = fileURLToPath(new URL('../../supabase/database.gen.ts', import.meta.url));

const HEADER = `// Generated from supabase/migrations by scripts/generate/database-types.ts. Do not edit: change a migration, run
// \`npm run generate\`, and commit both. A test fails when this file and the migrations disagree.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];
`;

/** How PostgREST renders values of a Postgres type in JSON. */
const TYPES: Readonly<Record<string, string>> = {
  bool: 'boolean',
  ...Object.fromEntries(
    ['int2', 'int4', 'int8', 'float4', 'float8', 'numeric'].map((type) => [type, 'number']),
  ),
  ...Object.fromEntries(
    ['text', 'varchar', 'uuid', 'date', 'timestamp', 'timestamptz', 'tsvector'].map((type) => [
      type,
      'string',
    ]),
  ),
  json: 'Json',
  jsonb: 'Json',
  void: 'undefined',
};

/** Throws for a type nobody has decided on yet: `unknown` in its place would hide the gap. */
function typeOf(name: string): string {
  if (name.startsWith('_')) return `${typeOf(name.slice(1))}[]`;
  const type = TYPES[name];
  if (type === undefined)
    throw new Error(`database-types.ts: how does the Postgres type "${name}" read in JSON?`);
  return type;
}

interface Column {
  name: string;
  type: string;
  not_null: boolean;
  has_default: boolean;
  /** `generated always`, as identity or as expression: no statement may give a value. */
  computed: boolean;
}
interface Relationship {
  name: string;
  columns: string[];
  one_to_one: boolean;
  relation: string;
  referenced: string[];
}
interface Table {
  name: string;
  columns: Column[];
  relationships: Relationship[];
}
interface Routine {
  name: string;
  arguments: { name: string; type: string; optional: boolean }[];
  returns: string;
  returns_set: boolean;
}

const COLUMN_NAMES = (relation: string, numbers: string) =>
  `(select json_agg(a.attname order by n) from unnest(${numbers}) with ordinality k (number, n)
    join pg_attribute a on a.attrelid = ${relation} and a.attnum = k.number)`;

const TABLES = `
select c.relname as name,
  (select json_agg(json_build_object('name', a.attname, 'type', t.typname, 'not_null', a.attnotnull,
     'has_default', a.atthasdef or a.attidentity <> '', 'computed', a.attidentity = 'a' or a.attgenerated <> '')
     order by a.attname collate "C")
   from pg_attribute a join pg_type t on t.oid = a.atttypid
   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  (select coalesce(json_agg(json_build_object('name', f.conname, 'columns', ${COLUMN_NAMES('f.conrelid', 'f.conkey')},
     'one_to_one', exists (select 1 from pg_constraint u where u.conrelid = f.conrelid and u.contype in ('p', 'u')
       and u.conkey <@ f.conkey and u.conkey @> f.conkey),
     'relation', f.confrelid::regclass::text, 'referenced', ${COLUMN_NAMES('f.confrelid', 'f.confkey')})
     order by f.conname collate "C"), '[]')
   from pg_constraint f join pg_class r on r.oid = f.confrelid
   where f.conrelid = c.oid and f.contype = 'f' and r.relnamespace = c.relnamespace) as relationships
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
order by c.relname collate "C"`;

const ROUTINES = `
select p.proname as name, t.typname as returns, p.proretset as returns_set,
  (select coalesce(json_agg(json_build_object('name', p.proargnames[n], 'type', a.typname,
     'optional', n > p.pronargs - p.pronargdefaults) order by p.proargnames[n] collate "C"), '[]')
   from unnest(p.proargtypes) with ordinality k (type, n) join pg_type a on a.oid = k.type) as arguments
from pg_proc p join pg_type t on t.oid = p.prorettype
where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and t.typname <> 'trigger'
order by p.proname collate "C"`;

const indent = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
/** \`name: {\`, the lines one level deeper, \`};\`. */
const block = (name: string, lines: readonly string[]) => [`${name}: {`, ...indent(lines), '};'];
const list = (names: readonly string[]) => `[${names.map((name) => `'${name}'`).join(', ')}]`;

function columnType({ type, not_null }: Column): string {
  const value = typeOf(type);
  if (!not_null) return `${value} | null`;
  return value === 'Json' ? 'NonNullable<Json>' : value;
}

function tableLines({ name, columns, relationships }: Table): string[] {
  const given = (column: Column) => (column.computed ? 'never' : columnType(column));
  const optional = (column: Column) => column.has_default || !column.not_null;
  return block(name, [
    ...block(
      'Row',
      columns.map((c) => `${c.name}: ${columnType(c)};`),
    ),
    ...block(
      'Insert',
      columns.map((c) => `${c.name}${optional(c) ? '?' : ''}: ${given(c)};`),
    ),
    ...block(
      'Update',
      columns.map((c) => `${c.name}?: ${given(c)};`),
    ),
    'Relationships: [',
    ...indent(
      relationships.flatMap((r) => [
        '{',
        ...indent([
          `foreignKeyName: '${r.name}';`,
          `columns: ${list(r.columns)};`,
          `isOneToOne: ${r.one_to_one};`,
          `referencedRelation: '${r.relation}';`,
          `referencedColumns: ${list(r.referenced)};`,
        ]),
        '},',
      ]),
    ),
    '];',
  ]);
}

function routineLines(routine: Routine): string[] {
  const args = routine.arguments.map((arg) => `${arg.name}${arg.optional ? '?' : ''}: ${typeOf(arg.type)};`);
  const returns = `Returns: ${typeOf(routine.returns)}${routine.returns_set ? '[]' : ''};`;
  return block(routine.name, [
    ...(args.length === 0 ? ['Args: Record<PropertyKey, never>;'] : block('Args', args)),
    returns,
  ]);
}

/** The text of the file for the schema `public` of this database. */
export async function databaseTypes(db: Sql): Promise<string> {
  // The rows are made by the queries above, whose columns are these interfaces.
  const tables = (await db.query(TABLES)) as unknown as Table[];
  const routines = (await db.query(ROUTINES)) as unknown as Routine[];
  const none = '{ [_ in never]: never };';
  const schema = block('public', [
    ...block('Tables', tables.flatMap(tableLines)),
    `Views: ${none}`,
    ...block('Functions', routines.flatMap(routineLines)),
    `Enums: ${none}`,
    `CompositeTypes: ${none}`,
  ]);
  return `${HEADER}\n${['export type Database = {', ...indent(schema), '};'].join('\n')}\n`;
}

if (import.meta.main) {
  const db = await openMigratedDatabase();
  await writeFile(TYPES_FILE, await databaseTypes(db));
  await db.close();
  console.log(`wrote ${TYPES_FILE}`);
}
