import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { App } from '@supabase/lite';
import { restError } from './answers.ts';
import { callerReader, type ReadCaller } from './credentials.ts';
import type { Database, Row } from './database.ts';
import { normalizeDbError } from './errors.ts';
import { createFront, type Fetch } from './front.ts';
import { generateKeys, loadKeys, type StackKeys } from './keys.ts';
import { activateRls, shortenRequestContext } from './lite-internals.ts';
import { lockDataFolder } from './lock.ts';
import { type MigrationReport, migrate, readMigrations, seed } from './migrate.ts';
import { createPasses } from './passes.ts';
import { openPglite, serialiseTransactions } from './pglite.ts';
import { openPostgres } from './postgres.ts';
import { quietly } from './quiet.ts';
import { AUTH_HELPERS, prepareRoles } from './roles.ts';
import { selfCheck } from './self-check.ts';
import { splitStatements } from './sql-split.ts';
import { createTokens, type Tokens } from './tokens.ts';
import type { TrustedKey } from './trusted-keys.ts';

export interface SupabaseOptions {
  /** Folder for the database, keys and lock, made when missing; or `memory`, which leaves nothing behind. */
  dataDir: string | 'memory';
  /** A Postgres server to use in place of PGlite. Keys and lock stay in `dataDir`. */
  databaseUrl?: string;
  /** TCP port on 127.0.0.1; 0 takes a free one. The issuer of tokens names the port: another port ends all sessions. */
  port: number;
  /** Folder of `<14 digits>_<name>.sql` files. */
  migrationsDir: string;
  /** Applied once, after the migrations. */
  seedFile?: string;
  /** Lets anybody register. Off by default: users come from the admin API. */
  allowSignUp?: boolean;
  /** Public keys that sign tokens for API keys, published beside the stack's own. On hosted Supabase: imported signing keys. */
  trustedKeys?: readonly TrustedKey[];
}

export interface EmbeddedSupabase {
  url: string;
  publishableKey: string;
  secretKey: string;
  jwtIssuer: string;
  migrations: MigrationReport;
  stats: {
    /** Requests to `/rest/v1` since the start or the last reset: the round trips to the database API. */
    requests(): number;
    /** Path and query of each of them, oldest first; the latest 1000. */
    paths(): string[];
    resetRequests(): void;
  };
  /** SQL with the rights of the migration role, for tests in this process. Returns the rows of a single statement. */
  exec(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** The parts that guard the data. They are replaced only by tests that prove the self-check notices. */
export interface Guards {
  activateRls: typeof activateRls;
  serialiseTransactions: typeof serialiseTransactions;
  callerReader(keys: StackKeys, tokens: Tokens): ReadCaller;
  createFront(parts: Parameters<typeof createFront>[0]): {
    fetch(request: Request): Response | Promise<Response>;
  };
}
const GUARDS: Guards = { activateRls, serialiseTransactions, callerReader, createFront };

const PATHS_KEPT = 1000;
const HOST = '127.0.0.1';

/**
 * Starts a Supabase-compatible database API (PostgREST and GoTrue) on loopback: opens the database, applies migrations
 * and seed, checks its own guards, and only then answers. Throws, leaving nothing open, when any of that fails.
 */
export async function startSupabase(
  options: SupabaseOptions,
  guards: Partial<Guards> = {},
): Promise<EmbeddedSupabase> {
  const guard = { ...GUARDS, ...guards };
  const migrations = await readMigrations(options.migrationsDir);
  await using opened = new AsyncDisposableStack();

  const folder = options.dataDir === 'memory' ? undefined : options.dataDir;
  if (folder !== undefined) {
    const lock = lockDataFolder(folder);
    opened.defer(() => lock.release());
  }
  const keys = folder === undefined ? await generateKeys() : await loadKeys(folder);

  const server = await listen(options.port);
  opened.defer(() => server.close());
  const db = await openDatabase(options, folder, guard);
  opened.defer(() => db.close());

  const tokens = await createTokens(keys, () => `${server.url}/auth/v1`, options.trustedKeys);

  const passes = createPasses();
  const app = new App({
    connection: db.connection,
    api: { schemas: ['public'] },
    auth: {
      enabled: true,
      enable_signup: options.allowSignUp === true,
      jwt_secret: tokens.innerSecret,
    },
    db: { migrations: { enabled: false } },
    studio: { enabled: false },
    options: { server: { admin: false, apiKeys: { resolver: passes.resolver } } },
  });
  const paths: string[] = [];
  let requests = 0;
  const front = guard.createFront({
    db,
    lite: async (request) => app.fetch(request, { peerAddress: HOST }),
    passes,
    tokens,
    readCaller: guard.callerReader(keys, tokens),
    onRestRequest: (path) => {
      requests += 1;
      paths.push(path);
      if (paths.length > PATHS_KEPT) paths.shift();
    },
  });
  const fetch: Fetch = async (request) => front.fetch(request);

  const report = await db.exclusively(async () => {
    await prepareRoles(db);
    await quietly(() => app.init());
    await quietly(() => app.ensureSystemSchema());
    await db.script(AUTH_HELPERS);
    const applied = await migrate(db, migrations);
    if (options.seedFile !== undefined) await seed(db, options.seedFile);
    guard.activateRls(db.connection);
    shortenRequestContext(db.connection);
    db.connection.normalizeDbError = normalizeDbError;
    await selfCheck({ db, fetch, url: server.url, keys });
    return applied;
  });
  requests = 0;
  paths.length = 0;
  server.serve(fetch);

  const resources = opened.move();
  return {
    url: server.url,
    publishableKey: keys.publishable_key,
    secretKey: keys.secret_key,
    jwtIssuer: `${server.url}/auth/v1`,
    migrations: report,
    stats: {
      requests: () => requests,
      paths: () => [...paths],
      resetRequests: () => {
        requests = 0;
        paths.length = 0;
      },
    },
    exec: async (sql, parameters) => {
      // The extended protocol, which returns rows and takes parameters, carries one statement.
      const isScript = parameters === undefined && splitStatements(sql).length > 1;
      const rows = isScript ? await db.script(sql).then(() => []) : await db.query(sql, parameters);
      if (DEFINES.test(sql)) await db.connection.clearSchemaCache();
      return rows;
    },
    close: () => resources.disposeAsync(),
  };
}

/** SQL that may change what the API knows of tables and functions. */
const DEFINES = /\b(?:create|alter|drop|comment)\b/i;

function openDatabase(
  options: SupabaseOptions,
  folder: string | undefined,
  guard: Guards,
): Promise<Database> {
  if (options.databaseUrl !== undefined) return openPostgres(options.databaseUrl);
  return openPglite(folder === undefined ? undefined : join(folder, 'db'), guard.serialiseTransactions);
}

/** Takes the port at once, so that the issuer is known, and answers 503 until `serve` is called. */
async function listen(port: number) {
  let handler: Fetch = async () => restError(503, 'starting', 'the stack is starting');
  const server = createAdaptorServer({
    fetch: (request: Request) => handler(request),
    overrideGlobalObjects: false,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => resolve());
  });
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no TCP port');
  return {
    url: `http://${HOST}:${address.port}`,
    serve: (fetch: Fetch) => {
      handler = fetch;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}
