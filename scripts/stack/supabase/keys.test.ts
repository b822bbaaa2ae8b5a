import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadKeys } from './keys.ts';
import { temporaryFolder } from './test-support.ts';

it('makes keys once and keeps them, readable by their owner only', async () => {
  await using folder = await temporaryFolder();
  const made = await loadKeys(folder.path);
  expect(await readdir(folder.path)).toEqual(['keys.json']);
  const file = join(folder.path, 'keys.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await chmod(file, 0o644);
  expect(await loadKeys(folder.path)).toEqual(made);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('makes different keys for every folder', async () => {
  await using one = await temporaryFolder();
  await using two = await temporaryFolder();
  const [first, second] = await Promise.all([loadKeys(one.path), loadKeys(two.path)]);
  expect(first.secret_key).not.toBe(second.secret_key);
  expect(first.signing_key.kid).not.toBe(second.signing_key.kid);
});

it.each(['', '{', '{}', 'without the private key', 'with a short secret key'])(
  'refuses a key file that is damaged (%j), and does not show what is in it',
  async (damage) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'keys.json');
    const keys = await loadKeys(folder.path);
    const { d: _d, ...publicKey } = keys.signing_key;
    const content =
      damage === 'without the private key'
        ? JSON.stringify({ ...keys, signing_key: publicKey })
        : damage === 'with a short secret key'
          ? JSON.stringify({ ...keys, secret_key: 'sb_secret_x' })
          : damage;
    await writeFile(file, content);
    const failure = await loadKeys(folder.path).catch((error: Error) => error);
    expect(String(failure)).toMatch(/does not hold the stack's keys/);
    expect(String(failure)).not.toContain(keys.signing_key.x);
    expect(await readFile(file, 'utf8')).toBe(content);
  },
);
