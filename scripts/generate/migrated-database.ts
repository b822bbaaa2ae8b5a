import { fileURLToPath } from 'node:url';
import type { Database } from '../stack/supabase/database.ts';
import { migrate, readMigrations } from '../stack/supabase/migrate.ts';
import { openPglite } from '../stack/supabase/pglite.ts';
import { AUTH_HELPERS, prepareRoles } from '../stack/supabase/roles.ts';

const MIGRATIONS = fileURLToPath(new URL('../../supabase/migrations', import.meta.url));

/** The part of hosted Supabase's `auth` schema that migrations refer to. */
const AUTH_USERS = 'create table auth.users (id uuid primary key);';

/** Gives an empty database the product's roles and migrations. */
export async function prepareMigrated(db: Database): Promise<void> {
  await prepareRoles(db);
  await db.script(AUTH_USERS + AUTH_HELPERS);
  await migrate(db, await readMigrations(MIGRATIONS));
}

/** A Postgres in memory with the product's roles and migrations, and no API in front. Needs no network and no Docker. */
export async function openMigratedDatabase(): Promise<Database> {
  const db = await openPglite(undefined);
  await prepareMigrated(db);
  return db;
}
