import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { expect, it } from 'vitest';
import { freshCluster } from './fresh-cluster.ts';
import { temporaryFolder } from './test-support.ts';

it('holds an empty database', async () => {
  const pglite = await PGlite.create({ loadDataDir: await freshCluster() });
  const { rows } = await pglite.query(
    `select count(*)::int as tables from pg_tables where schemaname = 'public'`,
  );
  expect(rows).toEqual([{ tables: 0 }]);
  await pglite.close();
});

it('is made once and then read from the cache', async () => {
  await using cache = await temporaryFolder();
  let made = 0;
  const make = async () => {
    made += 1;
    return new Blob([`cluster ${made}`]);
  };
  const contents = [await freshCluster(cache.path, make), await freshCluster(cache.path, make)];
  expect(await Promise.all(contents.map((blob) => blob.text()))).toEqual(['cluster 1', 'cluster 1']);
  expect(await readdir(cache.path)).toEqual([expect.stringMatching(/^pglite-[\d.]+\.tar\.gz$/)]);
});

it('is made anew each time where the cache cannot be written', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'not-a-folder');
  await writeFile(file, '');
  const cluster = await freshCluster(file, async () => new Blob(['cluster']));
  expect(await cluster.text()).toBe('cluster');
});
