import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { supabaseContract } from './contract.ts';
import { startSupabase } from './start.ts';
import { postgresMissing, startTestPostgres, type TestPostgres } from './test-postgres.ts';
import { client, FIXTURE_MIGRATIONS } from './test-support.ts';

const missing = postgresMissing();
if (missing !== undefined) console.warn(`the embedded Supabase over Postgres is not tested: ${missing}`);

describe.skipIf(missing !== undefined)('the embedded Supabase over a Postgres server', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startTestPostgres();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const start = (databaseUrl: string) =>
    startSupabase({ dataDir: 'memory', databaseUrl, port: 0, migrationsDir: FIXTURE_MIGRATIONS });

  async function asSuperuser(...statements: string[]): Promise<void> {
    const connection = postgres(server.url(), { max: 1, onnotice: () => {} });
    for (const statement of statements) await connection.unsafe(statement);
    await connection.end();
  }

  describe('keeps the contract', () => supabaseContract(() => start(server.url())));

  it('refuses a database user that row level security would hold back', async () => {
    await asSuperuser('create role plain login createrole', 'create database plain owner plain');
    await expect(start(server.url('plain', 'plain'))).rejects.toThrow(
      /"plain" must be superuser or have BYPASSRLS/,
    );
  });

  it('refuses a database user that is not a member of the API roles', async () => {
    await asSuperuser('create role outside login bypassrls', 'create database outside owner outside');
    await expect(start(server.url('outside', 'outside'))).rejects.toThrow(
      /must be a member of the API roles.*grant anon,authenticated,service_role to "outside"/,
    );
  });

  it('runs as a user that is no superuser but has the rights', async () => {
    await asSuperuser(
      'create role inside login bypassrls',
      'grant anon, authenticated, service_role to inside',
      'create database inside owner inside',
    );
    const supabase = await start(server.url('inside', 'inside'));
    const { data } = await client(supabase.url, supabase.publishableKey).rpc('count_all_notes');
    expect(data).toBe(0);
    await supabase.close();
  });

  it('refuses a hosted Supabase, whose users it would write over', async () => {
    await asSuperuser('create database hosted');
    const connection = postgres(server.url('hosted'), { max: 1, onnotice: () => {} });
    await connection`create schema auth`;
    await connection`create table auth.users (id uuid primary key, instance_id uuid)`;
    await connection.end();
    await expect(start(server.url('hosted'))).rejects.toThrow(/hosted Supabase/);
  });

  it('migrates once when two start at the same time', async () => {
    await asSuperuser('create database pair');
    const both = await Promise.all([start(server.url('pair')), start(server.url('pair'))]);
    expect(both.flatMap(({ migrations }) => migrations.applied)).toHaveLength(2);
    await Promise.all(both.map((one) => one.close()));
  });

  it('says so when nobody answers at the address', async () => {
    await expect(start('postgres://postgres@127.0.0.1:1/postgres')).rejects.toThrow(/cannot connect/);
  });
});
