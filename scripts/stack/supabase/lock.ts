import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PGlite has no lock of its own: two processes in one folder destroy the data without a word. */
export interface DataFolderLock {
  release(): void;
}

/**
 * Takes `<folder>/lock` for this process or throws, naming the process that holds it. A lock left by a process that is
 * gone is taken over. Works by hard links, which the file system makes atomic.
 */
export function lockDataFolder(folder: string): DataFolderLock {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'lock');
  const mine = `${path}.${process.pid}.${crypto.randomUUID()}`;
  const content = `${process.pid} ${startOf(process.pid)}\n`;
  writeFileSync(mine, content);
  try {
    if (!link(mine, path)) {
      takeOverStale(path);
      if (!link(mine, path))
        throw new Error(`the data folder ${folder} has just been opened by another process`);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return {
    release: () => {
      if (read(path) === content) rmSync(path, { force: true });
    },
  };
}

function takeOverStale(path: string): void {
  const holder = read(path);
  if (holder === undefined) return;
  const [pid = '', started = ''] = holder.trim().split(' ');
  if (isAlive(Number(pid), started)) {
    throw new Error(
      `the data folder is in use by process ${pid} (${path}): stop it, or choose another data folder`,
    );
  }
  const aside = `${path}.stale.${crypto.randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // Somebody else moved it away first; who gets the lock is decided by the link.
  }
  const moved = read(aside);
  // Between reading and renaming, another process may have taken over: then this was its lock, and it goes back.
  if (moved !== holder) link(aside, path);
  rmSync(aside, { force: true });
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** A pid is used again, after a reboot or in a container: the same number with another start time is another process. */
function isAlive(pid: number, started: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    const denied = error instanceof Error && 'code' in error && error.code === 'EPERM';
    if (!denied) return false;
  }
  const now = startOf(pid);
  return started === UNKNOWN_START || now === UNKNOWN_START || started === now;
}

const UNKNOWN_START = '-';

/** Start time in clock ticks since boot (proc(5), `/proc/<pid>/stat` field 22), where the system has it. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  // The second field is the command in parentheses, which may itself hold spaces and parentheses.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? UNKNOWN_START;
}
