import { describe, expect, test } from 'vitest';
import { useDatabase } from './harness.ts';
import { LINTS, WAIVERS } from './lints.ts';

const db = useDatabase();
const findings = async (query: string) => (await db.query(query)).rows.map(({ found }) => String(found));

test('the database linter finds nothing but what is waived with a reason', async () => {
  const found: Record<string, string[]> = {};
  for (const { name, query } of LINTS) {
    const left = (await findings(query)).filter((finding) => !(finding in WAIVERS));
    if (left.length > 0) found[name] = left;
  }
  expect(found).toEqual({});
});

test('every waiver still waives something', async () => {
  const all: string[] = [];
  for (const { query } of LINTS) all.push(...(await findings(query)));
  expect(Object.keys(WAIVERS).filter((waived) => !all.includes(waived))).toEqual([]);
});

describe('each lint can fail', () => {
  test.each(LINTS)('$name', async ({ query, breakage }) => {
    const before = await findings(query);
    await db.script(breakage);
    expect((await findings(query)).length).toBeGreaterThan(before.length);
  });
});
