/** What the operating system knows of processes and sockets: proc(5). These tests run on Linux. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const PAGE_BYTES = 4096;

export type Process = { pid: number; parent: number; state: string; rssBytes: number; command: string };

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // The process is gone, or is not ours.
  }
}

export function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      // The second field is the command's name in parentheses, which may hold spaces and parentheses itself.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields.length < 22) return [];
      const command = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
      const [state = '', parent = ''] = fields;
      return [
        {
          pid: Number(name),
          parent: Number(parent),
          state,
          rssBytes: Number(fields[21]) * PAGE_BYTES,
          command,
        },
      ];
    });
}

/** The processes below `pid`, without itself. */
export function descendants(pid: number): Process[] {
  const all = processes();
  const below = (parent: number): Process[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(pid);
}

/** Processes that name `text` in their command line or in the environment they were started with. */
export function processesWith(text: string): Process[] {
  return processes().filter(
    ({ pid, command }) => command.includes(text) || read(`/proc/${pid}/environ`).includes(text),
  );
}

export function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && !/^\S+ \(.*\) Z/s.test(stat);
}

/** Those of the processes that are still alive after they had time to end. */
export async function stillAlive(pids: readonly number[], withinMs: number): Promise<number[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const alive = pids.filter(isAlive);
    if (alive.length === 0 || performance.now() > deadline) return alive;
    await sleep(20);
  }
}

/** Private memory and a fair share of what is shared with other processes, which adds up over processes. */
export function proportionalBytes(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
  return Number(kib ?? 0) * 1024;
}

export type Listener = { address: string; port: number };

/** The TCP sockets on which a process listens. Addresses are in hex as the kernel writes them. */
export function listenersOf(pid: number): Listener[] {
  const inodes = new Set<string>();
  for (const fd of isAlive(pid) ? readdirSync(`/proc/${pid}/fd`) : []) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  return ['tcp', 'tcp6'].flatMap((table) =>
    read(`/proc/${pid}/net/${table}`)
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const fields = line.trim().split(/\s+/);
        const [, local = '', , state] = fields;
        if (state !== '0A' || !inodes.has(fields[9] ?? '')) return [];
        const [address = '', port = ''] = local.split(':');
        return [{ address, port: Number.parseInt(port, 16) }];
      }),
  );
}
