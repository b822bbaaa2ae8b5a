import { execFileSync } from 'node:child_process';
import * as z from 'zod';
import type { Database } from './database.ts';

const Row = z.object({ pid: z.number(), token: z.string() });

/**
 * The processes this runtime has forked, on disk. A child ends by itself when its runtime dies, but one
 * whose event loop is blocked does not notice; a run in it would execute twice after a restart.
 */
export class ChildLedger {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(pid: number, token: string): void {
    this.#db.run('insert or replace into children (pid, token) values (:pid, :token)', { pid, token });
  }

  remove(pid: number): void {
    this.#db.run('delete from children where pid = :pid', { pid });
  }

  /** Ends what an earlier runtime on this folder left behind. Returns the pids it killed. */
  endLeftovers(): number[] {
    const rows = this.#db.all('select pid, token from children').map((row) => Row.parse(row));
    const killed = rows.filter(({ pid, token }) => isOurs(pid, token) && kill(pid)).map(({ pid }) => pid);
    this.#db.run('delete from children');
    return killed;
  }
}

/** Pids are used again: only a process with our token on its command line is ours. */
function isOurs(pid: number, token: string): boolean {
  try {
    const command = execFileSync('ps', ['-o', 'args=', '-ww', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return command.includes(token);
  } catch {
    return false;
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
