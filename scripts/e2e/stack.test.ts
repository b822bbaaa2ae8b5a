import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FREE_PORTS, startStack } from '../stack/stack.ts';
import { newClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import {
  descendants,
  listenersOf,
  processesWith,
  proportionalBytes,
  stillAlive,
} from './support/processes.ts';
import { runScript, type Script } from './support/script.ts';
import { MINUTE, SECOND } from './support/size.ts';
import { startTestStack } from './support/test-stack.ts';

const WARM_START_MS = 10 * SECOND;
const IDLE_BYTES = 1024 ** 3;
const IDLE_AFTER_MS = 5 * SECOND;
/** However the supervisor ends, nothing that it started outlives it by more than this. */
const ORPHAN_MS = 10 * SECOND;
const MIB = 1024 ** 2;
/** 127.0.0.1 as proc(5) writes it. */
const LOOPBACK = '0100007F';

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'patchbay-stack-test-'));
});
afterAll(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

/** `npm start` with data of its own, on free ports. */
const start = () =>
  runScript('scripts/start.ts', [], {
    PATCHBAY_DATA_DIR: dataDir,
    PATCHBAY_WORKER_PORT: '0',
    PATCHBAY_DATABASE_PORT: '0',
    PATCHBAY_TRIGGER_PORT: '0',
    PATCHBAY_EXAMPLE_PORT: '0',
  });
const isUp = (script: Script) => () => script.output().includes('Demo login');
const startedBy = (script: Script) => descendants(script.pid).map(({ pid }) => pid);

describe('the stack', () => {
  it(
    'keeps data and keys over a restart, and starts warm within 10 s',
    async () => {
      const email = 'keeper@example.com';
      const cold = await startTestStack({ dataDir });
      const client = await newClient(cold, { email });
      const created = await client.createConnector({
        name: 'Kept',
        steps: [{ name: 'one', request: { url: `${cold.example.url}/notes` } }],
      });
      await cold.close();

      const from = performance.now();
      const parts: string[] = [];
      const warm = await startTestStack({
        dataDir,
        onReady: (part, ms) => parts.push(`${part} ${Math.round(ms)} ms`),
      });
      const tookMs = performance.now() - from;
      try {
        console.log(`warm start: ${Math.round(tookMs)} ms (${parts.join(', ')})`);
        expect(tookMs).toBeLessThan(WARM_START_MS);
        const again = await newClient(warm, { email });
        expect(await again.data(200, 'GET', `/api/v1/connectors/${created.id}`)).toMatchObject({
          name: 'Kept',
        });
      } finally {
        await warm.close();
      }
    },
    2 * MINUTE,
  );

  it(
    'refuses a folder that another stack uses, and leaves that one alone',
    async () => {
      const first = await startTestStack({ dataDir });
      try {
        await expect(startStack({ dataDir, ports: FREE_PORTS })).rejects.toThrow(
          /data folder is in use by process \d+/,
        );
        expect((await fetch(`${first.url}/ready`)).status).toBe(200);
      } finally {
        await first.close();
      }
    },
    MINUTE,
  );

  it(
    'as npm start: listens on 127.0.0.1 only, idles below 1 GiB, ends by SIGINT with no process left',
    async () => {
      const script = start();
      await eventually('npm start', MINUTE, isUp(script));
      const all = () => [...descendants(script.pid).map(({ pid }) => pid), script.pid];

      const sockets = all().flatMap(listenersOf);
      expect(sockets.length).toBeGreaterThanOrEqual(4);
      expect(sockets.filter(({ address }) => address !== LOOPBACK)).toEqual([]);

      await sleep(IDLE_AFTER_MS);
      const sizes = [
        ...descendants(script.pid),
        ...processesWith(dataDir).filter(({ pid }) => pid === script.pid),
      ].map(({ pid, rssBytes, command }) => ({
        pid,
        rssBytes,
        pssBytes: proportionalBytes(pid),
        command: shortened(command),
      }));
      const total = sizes.reduce((sum, one) => sum + one.rssBytes, 0);
      for (const { rssBytes, pssBytes, command } of sizes)
        console.log(
          `${Math.round(rssBytes / MIB)} MiB RSS, ${Math.round(pssBytes / MIB)} MiB PSS: ${command}`,
        );
      console.log(`${Math.round(total / MIB)} MiB RSS in all`);
      expect(sizes.some(({ pid }) => pid === script.pid)).toBe(true);
      expect(total).toBeLessThan(IDLE_BYTES);

      const started = startedBy(script);
      script.signal('SIGINT');
      expect(await script.ended, script.output()).toBe(0);
      expect(await stillAlive(started, 2 * SECOND)).toEqual([]);
    },
    2 * MINUTE,
  );
});

describe('kill -9 of the supervisor', () => {
  it(
    'leaves no process behind when the stack was up',
    async () => {
      const script = start();
      await eventually('npm start', MINUTE, isUp(script));
      const started = descendants(script.pid);
      expect(started.some(({ command }) => command.includes('workerd serve'))).toBe(true);
      script.signal('SIGKILL');
      expect(await script.ended).toBe('SIGKILL');
      const from = performance.now();
      const left = await stillAlive(
        started.map(({ pid }) => pid),
        ORPHAN_MS,
      );
      console.log(`all gone ${Math.round(performance.now() - from)} ms after the supervisor`);
      expect(started.filter(({ pid }) => left.includes(pid))).toEqual([]);
    },
    2 * MINUTE,
  );

  it(
    'leaves no process behind while the stack was starting',
    async () => {
      const script = start();
      // As the database starts, and when only the Worker is missing.
      await eventually('the task runtime', MINUTE, () => script.output().includes('task runtime'));
      script.signal('SIGKILL');
      await script.ended;
      await expectNoneWith(dataDir);

      const early = start();
      await eventually('the first part', MINUTE, () => early.output().includes('example API'));
      await eventually('the database process', MINUTE, () => startedBy(early).length > 0);
      early.signal('SIGKILL');
      await early.ended;
      await expectNoneWith(dataDir);
    },
    2 * MINUTE,
  );
});

async function expectNoneWith(folder: string): Promise<void> {
  await stillAlive(
    processesWith(folder).map(({ pid }) => pid),
    ORPHAN_MS,
  );
  expect(processesWith(folder)).toEqual([]);
}

function shortened(command: string): string {
  return command.replaceAll(/\/\S*\/(?=[^/\s]+)/g, '').slice(0, 90);
}
