import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Database, Sql } from './database.ts';
import { splitStatements, transactionControl } from './sql-split.ts';

const FILE_NAME = /^(\d{14})_([a-z0-9_-]+)\.sql$/;

export interface Migration {
  file: string;
  version: string;
  name: string;
  sql: string;
  statements: string[];
}

export interface MigrationReport {
  applied: string[];
  /** Files whose text is no longer what was applied. They are not run again; the data folder is older than the code. */
  changed: string[];
}

/** The migrations of `folder` in order of their version. Throws, naming the file, for what could not be applied safely. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  const migrations = await Promise.all(
    files.map(async (file) => {
      const [, version, name] = FILE_NAME.exec(file) ?? [];
      if (version === undefined || name === undefined) {
        throw new Error(`migration ${file}: the name must be <14 digits>_<lower_case_name>.sql`);
      }
      const sql = await readFile(join(folder, file), 'utf8');
      const statements = splitStatements(sql);
      const control = transactionControl(statements);
      if (control !== undefined) {
        throw new Error(
          `migration ${file}: "${control}" would end the transaction that the file is applied in`,
        );
      }
      return { file, version, name, sql, statements };
    }),
  );
  refuseDuplicates(migrations);
  return migrations;
}

/**
 * Applies those migrations that are not recorded yet, in order of their version, each in one transaction together
 * with its record, as `supabase db push` does. Throws naming the file; what the failing file did is rolled back, what
 * earlier files did stays.
 */
export async function migrate(db: Database, migrations: readonly Migration[]): Promise<MigrationReport> {
  const rows = await db.query(
    'select version, statements from supabase_migrations.schema_migrations order by version',
  );
  const recorded = new Map(rows.map((row) => [String(row.version), row.statements]));
  refuseUnknown(recorded.keys(), migrations);

  const newest = [...recorded.keys()].at(-1) ?? '';
  const applied: string[] = [];
  for (const migration of migrations.filter(({ version }) => !recorded.has(version))) {
    if (migration.version < newest) {
      throw new Error(
        `migration ${migration.file} is older than ${newest}, which is already applied: rename or reset`,
      );
    }
    await apply(db, migration);
    applied.push(migration.file);
  }
  const changed = migrations.filter(
    ({ version, statements }) =>
      recorded.has(version) && JSON.stringify(recorded.get(version)) !== JSON.stringify(statements),
  );
  return { applied, changed: changed.map(({ file }) => file) };
}

async function apply(db: Database, migration: Migration): Promise<void> {
  const { file, version, name, sql, statements } = migration;
  try {
    await db.transaction(async (tx) => {
      await tx.script(sql);
      await restoreSession(tx);
      await tx.query(
        'insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)',
        [version, name, statements],
      );
    });
  } catch (cause) {
    throw new Error(`migration ${file} failed: ${message(cause)}`, { cause });
  }
}

/** Runs `file` unless a file of that name has been applied before. Returns whether it ran. */
export async function seed(db: Database, file: string): Promise<boolean> {
  const path = basename(file);
  const sql = await readFile(file, 'utf8');
  const seen = await db.query('select from supabase_migrations.seed_files where path = $1', [path]);
  if (seen.length > 0) return false;
  const hash = createHash('sha256').update(sql).digest('hex');
  try {
    await db.transaction(async (tx) => {
      await tx.script(sql);
      await restoreSession(tx);
      await tx.query('insert into supabase_migrations.seed_files (path, hash) values ($1, $2)', [path, hash]);
    });
  } catch (cause) {
    throw new Error(`seed ${path} failed: ${message(cause)}`, { cause });
  }
  return true;
}

/** A file may have changed role or search path (`set role`, as dumps do); the record and the next file must not inherit that. */
async function restoreSession(tx: Sql): Promise<void> {
  await tx.script('reset role; reset session authorization;');
}

function refuseDuplicates(migrations: readonly Migration[]): void {
  for (const [index, { version, file }] of migrations.entries()) {
    if (migrations[index + 1]?.version === version) {
      throw new Error(`migrations ${file} and ${migrations[index + 1]?.file} have the same version`);
    }
  }
}

function refuseUnknown(recorded: Iterable<string>, migrations: readonly Migration[]): void {
  const known = new Set(migrations.map(({ version }) => version));
  const unknown = [...recorded].filter((version) => !known.has(version));
  if (unknown.length > 0) {
    throw new Error(`the database has migrations that the folder lacks: ${unknown.join(', ')}`);
  }
}

/** Postgres errors carry what a person needs to find the place: message, then detail, hint and the function's line. */
function message(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const extra = ['detail', 'hint', 'where'].flatMap((key) => {
    const value: unknown = Reflect.get(cause, key);
    return typeof value === 'string' && value !== '' ? [`${key}: ${value}`] : [];
  });
  return [cause.message, ...extra].join('; ');
}
