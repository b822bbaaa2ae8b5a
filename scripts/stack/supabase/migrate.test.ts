import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { migrate as migrateFrom, readMigrations, seed } from './migrate.ts';
import { openPglite } from './pglite.ts';
import { prepareRoles } from './roles.ts';
import { temporaryFolder } from './test-support.ts';

describe('migrations', () => {
  let db: Database;
  beforeAll(async () => {
    db = await openPglite(undefined);
    await prepareRoles(db);
  });
  afterAll(() => db?.close());
  beforeEach(() =>
    db.script(`drop schema public cascade; create schema public;
      truncate supabase_migrations.schema_migrations, supabase_migrations.seed_files;`),
  );

  async function folderWith(files: Record<string, string>) {
    const folder = await temporaryFolder();
    for (const [name, sql] of Object.entries(files)) await writeFile(join(folder.path, name), sql);
    return folder;
  }
  const migrate = async (on: Database, folder: string) => migrateFrom(on, await readMigrations(folder));
  const tables = async () =>
    (await db.query(`select tablename from pg_tables where schemaname = 'public' order by 1`)).map(
      (row) => row.tablename,
    );

  it('are applied in the order of their versions and recorded as the Supabase CLI does', async () => {
    await using folder = await folderWith({
      '20260102000000_second.sql': 'alter table a add column note text; -- done\n',
      '20260101000000_first.sql': `create table a (id int);\ninsert into a values (1); select ';';`,
    });
    expect((await migrate(db, folder.path)).applied).toEqual([
      '20260101000000_first.sql',
      '20260102000000_second.sql',
    ]);
    expect(await db.query('select * from supabase_migrations.schema_migrations order by version')).toEqual([
      {
        version: '20260101000000',
        name: 'first',
        statements: ['create table a (id int)', 'insert into a values (1)', `select ';'`],
      },
      { version: '20260102000000', name: 'second', statements: ['alter table a add column note text'] },
    ]);
    expect(await migrate(db, folder.path)).toEqual({ applied: [], changed: [] });
  });

  it('that fail are named, leave nothing half applied, and run again once mended', async () => {
    await using folder = await folderWith({
      '20260101000000_good.sql': 'create table good (id int);',
      '20260102000000_bad.sql': `create table half (id int); set role anon; insert into missing values (1);`,
      '20260103000000_later.sql': 'create table later (id int);',
    });
    await expect(migrate(db, folder.path)).rejects.toThrow(
      /^migration 20260102000000_bad\.sql failed: relation "missing" does not exist/,
    );
    expect(await tables()).toEqual(['good']);
    await writeFile(join(folder.path, '20260102000000_bad.sql'), 'create table whole (id int);');
    expect((await migrate(db, folder.path)).applied).toHaveLength(2);
    expect(await tables()).toEqual(['good', 'later', 'whole']);
  });

  it('do not pass a role on to the record or to the next file', async () => {
    await using folder = await folderWith({
      '20260101000000_a.sql': 'create table a (id int); set role anon;',
      '20260102000000_b.sql': 'create table b (id int);',
    });
    await migrate(db, folder.path);
    expect(await db.query('select current_user as name')).toEqual([{ name: 'postgres' }]);
    expect(await tables()).toEqual(['a', 'b']);
  });

  it('that changed after they were applied are reported, not run', async () => {
    await using folder = await folderWith({ '20260101000000_a.sql': 'create table a (id int);' });
    await migrate(db, folder.path);
    await writeFile(join(folder.path, '20260101000000_a.sql'), 'create table b (id int);');
    expect(await migrate(db, folder.path)).toEqual({ applied: [], changed: ['20260101000000_a.sql'] });
    expect(await tables()).toEqual(['a']);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a name without a version', { 'first.sql': '' }, /first\.sql: the name must be/],
    ['a short version', { '2026_first.sql': '' }, /the name must be/],
    [
      'the same version twice',
      { '20260101000000_a.sql': '', '20260101000000_b.sql': '' },
      /20260101000000_a\.sql and 20260101000000_b\.sql have the same version/,
    ],
    [
      'a commit',
      { '20260101000000_a.sql': 'create table a (id int); /* x */ commit; ' },
      /would end the transaction/,
    ],
    [
      'a begin',
      { '20260101000000_a.sql': '-- x\nBEGIN;\ncreate table a (id int); end;' },
      /would end the transaction/,
    ],
  ])('are refused for %s', async (_name, files, refusal) => {
    await using folder = await folderWith(files);
    await expect(migrate(db, folder.path)).rejects.toThrow(refusal);
    expect(await tables()).toEqual([]);
  });

  it('are refused when the database is ahead of the folder, or the folder inserts before what is applied', async () => {
    await using first = await folderWith({ '20260102000000_b.sql': 'create table b (id int);' });
    await migrate(db, first.path);
    await using gone = await folderWith({});
    await expect(migrate(db, gone.path)).rejects.toThrow(/lacks: 20260102000000/);
    await writeFile(join(first.path, '20260101000000_a.sql'), 'create table a (id int);');
    await expect(migrate(db, first.path)).rejects.toThrow(
      /20260101000000_a\.sql is older than 20260102000000/,
    );
  });

  it('are followed by a seed that is applied once, whole or not at all', async () => {
    await using folder = await folderWith({
      'seed.sql': 'create table s (id int); insert into s values (1); select nonsense;',
    });
    const file = join(folder.path, 'seed.sql');
    await expect(seed(db, file)).rejects.toThrow(/^seed seed\.sql failed: column "nonsense" does not exist/);
    expect(await tables()).toEqual([]);
    await writeFile(file, 'create table s (id int); insert into s values (1);');
    expect([await seed(db, file), await seed(db, file)]).toEqual([true, false]);
    expect(await db.query('select id from s')).toEqual([{ id: 1 }]);
  });
});
