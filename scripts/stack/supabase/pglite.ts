import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { citext } from '@electric-sql/pglite/contrib/citext';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { createPgliteConnection, type PgliteConnection } from '@supabase/lite/pglite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { Database, Row, Sql } from './database.ts';
import { keepingExitCode } from './exit-code.ts';
import { freshCluster } from './fresh-cluster.ts';
import { Mutex } from './mutex.ts';
import { SEARCH_PATH } from './roles.ts';
import { OID, parseBigint, parseNumeric, parseTimestamp } from './values.ts';

class PgliteSession implements DatabaseConnection {
  readonly release: () => void;
  readonly #pglite: PGlite;

  constructor(pglite: PGlite, release: () => void) {
    this.#pglite = pglite;
    this.release = release;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const result = await this.#pglite.query<R>(query.sql, [...query.parameters]);
    return { rows: result.rows, numAffectedRows: BigInt(result.affectedRows ?? 0) };
  }

  // biome-ignore lint/correctness/useYield: PGlite has no cursor to stream from; nothing here asks for one.
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('PGlite cannot stream rows');
  }
}

/** Gives PGlite's one session to one caller at a time, from `begin` to `commit`. */
class SerialDriver implements Driver {
  readonly #pglite: PGlite;
  readonly #turn: Mutex;

  constructor(pglite: PGlite, turn: Mutex) {
    this.#pglite = pglite;
    this.#turn = turn;
  }

  async init(): Promise<void> {}
  async destroy(): Promise<void> {}

  async acquireConnection(): Promise<PgliteSession> {
    return new PgliteSession(this.#pglite, await this.#turn.acquire());
  }
  async releaseConnection(session: PgliteSession): Promise<void> {
    session.release();
  }
  async beginTransaction(session: DatabaseConnection): Promise<void> {
    await session.executeQuery(CompiledQuery.raw('begin'));
  }
  async commitTransaction(session: DatabaseConnection): Promise<void> {
    await session.executeQuery(CompiledQuery.raw('commit'));
  }
  async rollbackTransaction(session: DatabaseConnection): Promise<void> {
    await session.executeQuery(CompiledQuery.raw('rollback'));
  }
}

/** A mutex for `connection` that lite's own queries obey from here on: without it concurrent transactions interleave. */
export function serialiseTransactions(connection: PgliteConnection): Mutex {
  const turn = new Mutex();
  connection.kysely = new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new SerialDriver(connection.driver, turn),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
  return turn;
}

/** Oids that `initdb` gives to the row types of the system catalogue (`transam.h`). */
const CATALOGUE_OIDS = { from: 10_000, to: 16_384 };

/**
 * PGlite copies its table of parsers for every query, and two thirds of it parse arrays of catalogue rows, which no API
 * returns. Dropping those takes a third off the time of a small query.
 */
function forgetCatalogueParsers(pglite: PGlite): void {
  for (const key of Object.keys(pglite.parsers)) {
    const oid = Number(key);
    if (oid >= CATALOGUE_OIDS.from && oid < CATALOGUE_OIDS.to) delete pglite.parsers[oid];
  }
}

/** A statement that fails sets `process.exitCode` to 100, as if the whole process had. */
function keepExitCodeInStatements(pglite: PGlite): void {
  const execute = pglite.execProtocolRawSync.bind(pglite);
  pglite.execProtocolRawSync = (message) => {
    const before = process.exitCode;
    try {
      return execute(message);
    } finally {
      process.exitCode = before;
    }
  };
}

/** Makes the cluster beside its place and moves it there whole: a start that is killed leaves nothing half made. */
async function createFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const draft = `${folder}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(dirname(draft), { recursive: true });
  const loadDataDir = await freshCluster();
  await keepingExitCode(async () => (await PGlite.create({ dataDir: draft, loadDataDir })).close());
  await rename(draft, folder);
}

async function connect(folder: string | undefined): Promise<PgliteConnection> {
  const connection = await createPgliteConnection({
    ...(folder === undefined ? {} : { url: folder }),
    pgliteOptions: {
      ...(folder === undefined ? { loadDataDir: await freshCluster() } : {}),
      extensions: { citext, pg_trgm },
      parsers: {
        [OID.int8]: parseBigint,
        [OID.numeric]: parseNumeric,
        [OID.timestamp]: parseTimestamp,
        [OID.timestamptz]: parseTimestamp,
      },
    },
  });
  await connection.driver.waitReady;
  return connection;
}

/**
 * Opens PGlite in `folder` (created when missing), or in memory when it is undefined.
 * `serialise` is a parameter so that a test can leave it out and see the self-check refuse.
 */
export async function openPglite(
  folder: string | undefined,
  serialise: (connection: PgliteConnection) => Mutex = serialiseTransactions,
): Promise<Database> {
  if (folder !== undefined) await createFolder(folder);
  const connection = await keepingExitCode(() => connect(folder));
  const pglite = connection.driver;
  forgetCatalogueParsers(pglite);
  keepExitCodeInStatements(pglite);
  const turn = serialise(connection);
  const sql: Sql = {
    query: async (text, parameters = []) => (await pglite.query<Row>(text, [...parameters])).rows,
    script: async (text) => {
      await pglite.exec(text);
    },
  };
  await sql.script(`set timezone to 'UTC'; set search_path to ${SEARCH_PATH};`);

  return {
    kind: 'pglite',
    connection,
    query: (text, parameters) => turn.run(() => sql.query(text, parameters)),
    script: (text) => turn.run(() => sql.script(text)),
    transaction: (work) =>
      turn.run(async () => {
        await sql.script('begin');
        try {
          const result = await work(sql);
          await sql.script('commit');
          return result;
        } catch (error) {
          await sql.script('rollback');
          throw error;
        }
      }),
    // The lock on the data folder already keeps other processes out.
    exclusively: (work) => work(),
    close: () => keepingExitCode(() => connection.close()),
  };
}
