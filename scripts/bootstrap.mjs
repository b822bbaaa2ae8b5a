// The first file every npm command runs, on whatever Node (20 or later) the machine has: installs the locked
// packages when they are missing or out of date, then hands over to the project's own Node 24, which runs
// TypeScript files as they are.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const POLL_MS = 500;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const projectNode = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
const stamp = join(root, 'node_modules', '.patchbay-lock');
const installing = join(root, '.installing');

function isInstalled() {
  const lockHash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const done = existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash && existsSync(projectNode);
  return { done, lockHash };
}

function install(lockHash) {
  console.log('patchbay: installing the locked packages (npm ci), once');
  const npmCli = process.env.npm_execpath;
  const [command, prefix] = npmCli ? [process.execPath, [npmCli]] : ['npm', []];
  const done = spawnSync(command, [...prefix, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (done.status !== 0) {
    console.error('patchbay: npm ci failed; the lines above say why');
    return false;
  }
  writeFileSync(stamp, lockHash);
  return true;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

// Two commands started together must not both empty node_modules: the second one waits for the first.
while (!isInstalled().done) {
  try {
    writeFileSync(installing, String(process.pid), { flag: 'wx' });
  } catch {
    const holder = existsSync(installing) ? Number(readFileSync(installing, 'utf8')) : 0;
    if (holder > 0 && !isAlive(holder)) rmSync(installing, { force: true });
    await sleep(POLL_MS);
    continue;
  }
  try {
    const { done, lockHash } = isInstalled();
    if (!done && !install(lockHash)) process.exitCode = 1;
  } finally {
    rmSync(installing, { force: true });
  }
  if (process.exitCode) process.exit();
}

const [script, ...args] = process.argv.slice(2);
if (!script) {
  console.error('usage: node scripts/bootstrap.mjs <script.ts> [arguments]');
  process.exit(2);
}
const child = spawn(projectNode, ['--disable-warning=ExperimentalWarning', join(root, script), ...args], {
  cwd: root,
  stdio: 'inherit',
});
// Each signal is passed on; on a terminal, Ctrl-C reaches the child by itself as well, and the second one changes nothing.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
