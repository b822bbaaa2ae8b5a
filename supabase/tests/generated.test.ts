import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkDefinition } from '../../core/connector/check/index.ts';
import { StoredDefinition } from '../../core/connector/schema.ts';
import { databaseTypes, TYPES_FILE } from '../../scripts/generate/database-types.ts';
import { call, useDatabase } from './harness.ts';
import { user } from './world.ts';

const db = useDatabase();
const catalog = {
  query: async (sql: string) => (await db.query(sql)).rows,
  script: (sql: string) => db.script(sql),
};

describe('database.gen.ts', () => {
  test('agrees with the migrations (else: npm run generate)', async () => {
    expect(await databaseTypes(catalog)).toBe(await readFile(TYPES_FILE, 'utf8'));
  });

  test('changes with the schema', async () => {
    await db.script('alter table public.contacts add column nickname text');
    expect(await databaseTypes(catalog)).toContain('nickname?: string | null;');
  });

  test('refuses a type that nobody has decided on', async () => {
    await db.script('alter table public.contacts add column place point');
    await expect(databaseTypes(catalog)).rejects.toThrow('"point"');
  });
});

describe('seed.sql', () => {
  const seed = async () =>
    db.script(await readFile(fileURLToPath(new URL('../seed.sql', import.meta.url)), 'utf8'));
  const EXAMPLES = `from public.connector_templates t join public.template_versions v on v.template_id = t.id and v.version = t.current_version
    where t.slug like 'example-%'`;

  test('publishes example templates whose definitions are stored as the product would store them', async () => {
    await seed();
    const { rows } = await db.as(user.viewer, `select t.slug, v.definition ${EXAMPLES} order by 1`);
    expect(rows.map(({ slug }) => slug)).toEqual(['example-company-note', 'example-phone-lookup']);
    for (const { definition } of rows) {
      const parsed = StoredDefinition.parse(definition);
      expect(parsed).toEqual(definition);
      const { format: _, ...written } = parsed;
      expect(checkDefinition(written).errors).toEqual([]);
    }
  });

  test('may run again, and leaves what was edited alone', async () => {
    await seed();
    await db.query(`update public.connector_templates set name = 'Edited' where slug like 'example-%'`);
    await seed();
    const { rows } = await db.query(`select t.name ${EXAMPLES}`);
    expect(rows).toEqual([{ name: 'Edited' }, { name: 'Edited' }]);
  });

  test('gives nobody rights', async () => {
    const before = await call(db, user.outsider, 'me');
    await seed();
    expect(await call(db, user.outsider, 'me')).toEqual(before);
  });
});
