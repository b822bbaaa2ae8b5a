import { afterEach, expect, test } from 'vitest';
import { openPglite } from './pglite.ts';

const before = process.exitCode;
afterEach(() => {
  process.exitCode = before;
});

test.each([1, undefined])(
  'a database in memory leaves the exit code %s of its process alone',
  async (code) => {
    process.exitCode = code;
    const db = await openPglite(undefined);
    expect(process.exitCode).toBe(code);
    await db.query('select 1');
    await expect(db.query('select nothing')).rejects.toThrow();
    expect(process.exitCode).toBe(code);
    await db.close();
    expect(process.exitCode).toBe(code);
  },
);
