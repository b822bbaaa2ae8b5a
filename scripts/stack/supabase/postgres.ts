import { createPostgresConnection } from '@supabase/lite/postgres';
import type postgres from 'postgres';
import type { Database, Row, Sql } from './database.ts';
import { SEARCH_PATH } from './roles.ts';
import { OID, parseBigint, parseNumeric, parseTimestamp } from './values.ts';

/** Connections of one process: enough for a busy worker on a laptop, few enough for a small server's `max_connections`. */
const POOL_SIZE = 10;
const CONNECT_TIMEOUT_SECONDS = 10;

/** Any fixed number: two stacks on one database take turns at starting. */
const START_LOCK_KEY = 7_261_840_195;

const asText = (value: unknown) => String(value);

/** lite encodes JSON before it hands it over; encoding it again would store a string where an object belongs. */
const asJson = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

const types: Record<string, postgres.PostgresType> = {
  bigint: { to: OID.int8, from: [OID.int8], serialize: asText, parse: parseBigint },
  numeric: { to: OID.numeric, from: [OID.numeric], serialize: asText, parse: parseNumeric },
  timestamp: { to: OID.timestamp, from: [OID.timestamp], serialize: asText, parse: parseTimestamp },
  timestamptz: { to: OID.timestamptz, from: [OID.timestamptz], serialize: asText, parse: parseTimestamp },
  json: { to: OID.json, from: [OID.json], serialize: asJson, parse: (text: string) => JSON.parse(text) },
  jsonb: { to: OID.jsonb, from: [OID.jsonb], serialize: asJson, parse: (text: string) => JSON.parse(text) },
};

/** postgres.js takes parameters as a closed union of types; what reaches here is text, numbers, booleans and null. */
const asParameters = (values: readonly unknown[]) => values as postgres.ParameterOrJSON<never>[];

function sqlOver(client: postgres.ISql<Record<string, unknown>>): Sql {
  return {
    query: async (text, parameters = []) => [...(await client.unsafe<Row[]>(text, asParameters(parameters)))],
    script: async (text) => {
      await client.unsafe(text).simple();
    },
  };
}

/** Opens a pool on a Postgres server (15 or later), given as `postgres://user:password@host:port/database`. */
export async function openPostgres(url: string): Promise<Database> {
  const connection = createPostgresConnection({
    url,
    postgresOptions: {
      max: POOL_SIZE,
      connect_timeout: CONNECT_TIMEOUT_SECONDS,
      connection: { TimeZone: 'UTC', search_path: SEARCH_PATH, application_name: 'patchbay' },
      types,
      onnotice: () => {},
    },
  });
  const client: postgres.Sql<Record<string, unknown>> = connection.driver;
  const sql = sqlOver(client);
  try {
    await sql.query('select 1');
  } catch (error) {
    await connection.close();
    throw new Error('cannot connect to the Postgres server of DATABASE_URL', { cause: error });
  }

  return {
    kind: 'postgres',
    connection,
    ...sql,
    transaction: async (work) => {
      let result: { value: Awaited<ReturnType<typeof work>> } | undefined;
      await client.begin(async (tx) => {
        result = { value: await work(sqlOver(tx)) };
      });
      if (!result) throw new Error('the transaction ended without running');
      return result.value;
    },
    exclusively: async (work) => {
      const session = await client.reserve();
      try {
        await session.unsafe(`select pg_advisory_lock(${START_LOCK_KEY})`);
        return await work();
      } finally {
        await session.unsafe(`select pg_advisory_unlock(${START_LOCK_KEY})`).catch(() => {});
        session.release();
      }
    },
    close: () => connection.close(),
  };
}
