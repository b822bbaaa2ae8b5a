import type { PGlite } from '@electric-sql/pglite';
import { afterEach, beforeAll, beforeEach } from 'vitest';
import { openMigratedDatabase } from '../../scripts/generate/migrated-database.ts';
import type { Row } from '../../scripts/stack/supabase/database.ts';
import { createWorld } from './world.ts';

/** A user by id, an API key by id and hash of its secret, or one of the API's roles that speak for nobody. */
export type Actor = 'anon' | 'service_role' | { user: string } | { key: string; hash: string };

function claimsOf(actor: Actor) {
  if (typeof actor === 'string') return { role: actor };
  const role = 'authenticated';
  return 'user' in actor ? { role, sub: actor.user } : { role, sub: actor.key, api_key_hash: actor.hash };
}

export interface Answer {
  rows: Row[];
  /** Rows that an insert, update or delete touched. A denied update raises nothing and touches none. */
  affected: number;
}

export interface TestDatabase {
  /** As the role that owns the schema, which row level security does not hold back. */
  query(sql: string, parameters?: readonly unknown[]): Promise<Answer>;
  /** Any number of statements as the owner, without parameters. */
  script(sql: string): Promise<void>;
  /** One statement as PostgREST would run it: role and claims are set for it alone; a failure undoes only itself. */
  as(actor: Actor, sql: string, parameters?: readonly unknown[]): Promise<Answer>;
}

/** A database in memory with the product's roles, grants and migrations. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const db = await openMigratedDatabase();
  if (db.kind !== 'pglite') throw new Error('these tests run on PGlite');
  // `driver` is declared on PGlite connections only; `Database` does not tie its kind to its connection.
  const pglite = Reflect.get(db.connection, 'driver') as PGlite;

  const query = async (sql: string, parameters: readonly unknown[] = []): Promise<Answer> => {
    const result = await pglite.query<Row>(sql, [...parameters]);
    return { rows: result.rows, affected: result.affectedRows ?? 0 };
  };
  return {
    query,
    script: (sql) => db.script(sql),
    async as(actor, sql, parameters) {
      const claims = claimsOf(actor);
      await db.script(
        `savepoint attempt; set local role ${claims.role}; set local request.jwt.claims = '${JSON.stringify(claims)}';`,
      );
      try {
        const answer = await query(sql, parameters);
        await db.script(`reset role; set local request.jwt.claims = ''; release savepoint attempt;`);
        return answer;
      } catch (error) {
        await db.script('rollback to savepoint attempt; release savepoint attempt;');
        throw error;
      }
    },
  };
}

let shared: Promise<TestDatabase> | undefined;

/** The one database of this process, with two workspaces in it (see world.ts). It ends with the process. */
export function sharedDatabase(): Promise<TestDatabase> {
  shared ??= openTestDatabase().then(async (db) => {
    await createWorld(db);
    return db;
  });
  return shared;
}

/** A few seconds, and more where other tests start databases too. */
const OPEN_TIMEOUT_MS = 60_000;

/** The shared database. Every test runs in a transaction that is rolled back, so that it may write what it likes. */
export function useDatabase(): TestDatabase {
  let opened: TestDatabase | undefined;
  const db = () => {
    if (!opened) throw new Error('the database is open inside tests only');
    return opened;
  };
  beforeAll(async () => {
    opened = await sharedDatabase();
  }, OPEN_TIMEOUT_MS);
  beforeEach(() => db().script('begin'));
  afterEach(() => db().script('rollback'));
  return {
    query: (...args) => db().query(...args),
    script: (...args) => db().script(...args),
    as: (...args) => db().as(...args),
  };
}

/** What a refused statement said: SQLSTATE and message. Fails when the statement was not refused. */
export async function refusal(
  attempt: Promise<unknown>,
): Promise<{ code: string; message: string; hint: string }> {
  try {
    await attempt;
  } catch (error) {
    const text = (key: string) => String(Reflect.get(Object(error), key) ?? '');
    return { code: text('code'), message: text('message'), hint: text('hint') };
  }
  throw new Error('expected the statement to be refused, but it ran');
}

/** Calls a function by named arguments as PostgREST does and returns its one value. Objects become jsonb. */
export async function call(
  db: TestDatabase,
  actor: Actor,
  name: string,
  args: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const named = Object.keys(args).map((key, index) => `${key} => $${index + 1}`);
  const { rows } = await db.as(
    actor,
    `select public.${name}(${named.join(', ')}) as answer`,
    Object.values(args),
  );
  return rows[0]?.answer;
}
