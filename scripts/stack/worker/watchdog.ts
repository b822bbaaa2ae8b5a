import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Waits for a line or the end of its input. The end without a line means that whoever would have written it is gone:
 * then the process is killed. The terminal's signals are not for it, and 1 MB of shell is all it costs.
 */
const SCRIPT = `trap '' INT TERM HUP; read -r _ || kill -9 "$1"`;

/**
 * Sees to it that a process does not outlive this one, however this one ends. Our own services notice by their IPC
 * channel; a program that knows no such channel needs somebody beside it whose input is a pipe from here.
 */
export function endWithThisProcess(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const watchdog = spawn('/bin/sh', ['-c', SCRIPT, 'sh', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // A machine without this shell still runs the stack; only a killed supervisor would then leave the process behind.
  watchdog.on('error', () => {});
  watchdog.stdin.on('error', () => {});
  // Once the process has ended, its number may be given to another: the watchdog must not kill that one.
  child.once('exit', () => watchdog.stdin.end('ended\n'));
}
