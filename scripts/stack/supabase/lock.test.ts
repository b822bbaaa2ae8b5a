import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockDataFolder } from './lock.ts';
import { startSupabase } from './start.ts';
import { FIXTURE_MIGRATIONS, temporaryFolder } from './test-support.ts';

/** The pid of a process that has ended and been waited for. */
function deadPid(): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    child.once('exit', () => resolve(child.pid ?? 0));
  });
}

describe('the lock of a data folder', () => {
  it('is refused while its holder lives, naming the holder, and given again afterwards', async () => {
    await using folder = await temporaryFolder();
    const first = lockDataFolder(folder.path);
    expect(() => lockDataFolder(folder.path)).toThrow(`in use by process ${process.pid}`);
    first.release();
    lockDataFolder(folder.path).release();
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('of a dead process is taken over', async () => {
    await using folder = await temporaryFolder();
    writeFileSync(join(folder.path, 'lock'), `${await deadPid()} 12345\n`);
    lockDataFolder(folder.path).release();
  });

  it.runIf(existsSync('/proc/self/stat'))(
    'of a dead process whose number lives on in another is taken over',
    async () => {
      await using folder = await temporaryFolder();
      writeFileSync(join(folder.path, 'lock'), `${process.pid} 12345\n`);
      lockDataFolder(folder.path).release();
    },
  );

  it.each(['', 'nonsense', '-1 5', '0 5', '1e9 5'])('that holds %j is taken over', async (content) => {
    await using folder = await temporaryFolder();
    writeFileSync(join(folder.path, 'lock'), content);
    lockDataFolder(folder.path).release();
  });

  it('released late does not remove the lock of its successor', async () => {
    await using folder = await temporaryFolder();
    const first = lockDataFolder(folder.path);
    writeFileSync(join(folder.path, 'lock'), '1 1\n');
    first.release();
    expect(existsSync(join(folder.path, 'lock'))).toBe(true);
  });

  it('keeps a second stack out before it touches the database', async () => {
    await using folder = await temporaryFolder();
    using _lock = { holder: lockDataFolder(folder.path), [Symbol.dispose]: () => _lock.holder.release() };
    const start = startSupabase({ dataDir: folder.path, port: 0, migrationsDir: FIXTURE_MIGRATIONS });
    await expect(start).rejects.toThrow(/in use by process/);
    expect(await readdir(folder.path)).toEqual(['lock']);
  });
});
