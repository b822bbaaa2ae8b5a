import type { PgliteConnection } from '@supabase/lite/pglite';
import type { PostgresConnection } from '@supabase/lite/postgres';

export type Row = Record<string, unknown>;

/** SQL with the rights of the migration role, inside one transaction or one statement. */
export interface Sql {
  /** One statement with `$1`-style parameters. */
  query(text: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Any number of statements, without parameters. */
  script(text: string): Promise<void>;
}

/** The database under the API: PGlite in this process, or a Postgres server. */
export interface Database extends Sql {
  readonly kind: 'pglite' | 'postgres';
  readonly connection: PgliteConnection | PostgresConnection;
  /** Commits when `work` resolves, rolls back when it throws. Do not use the outer `Database` inside `work`. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Runs `work` while no other process does the same on this database (start-up: migrations and probes). */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
