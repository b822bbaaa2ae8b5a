import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { isAlive, processesWith, stillAlive } from './support/processes.ts';
import { runScript, type Script } from './support/script.ts';
import { LONG, MINUTE, SECOND } from './support/size.ts';

/** What the system needs to take the last process off its table. */
const GONE_MS = 2 * SECOND;
/** Colours, cursor movements and carriage returns are for terminals. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f]/;

let temporary: string;
let demo: Script | undefined;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'patchbay-demo-test-'));
});
afterEach(async () => {
  if (demo && isAlive(demo.pid)) demo.signal('SIGKILL');
  await demo?.ended;
  rmSync(temporary, { recursive: true, force: true });
});

/** All that the demo starts or writes has this folder's name in it. */
const startDemo = (args: readonly string[] = []) => {
  demo = runScript('scripts/demo.ts', args, { TMPDIR: temporary });
  return demo;
};
async function expectNothingLeft(): Promise<void> {
  const left = await stillAlive(
    processesWith(temporary).map(({ pid }) => pid),
    GONE_MS,
  );
  expect(processesWith(temporary).filter(({ pid }) => left.includes(pid))).toEqual([]);
  expect(readdirSync(temporary).filter((name) => name.startsWith('patchbay'))).toEqual([]);
}

describe('npm run demo', () => {
  it(
    'shows three steps, the retry and the contact, exits 0 and leaves nothing behind',
    async () => {
      const { ended, output } = startDemo();
      expect(await ended, output()).toBe(0);
      const text = output();
      expect(text).toMatch(/✔ phone +GET http\S+ → 200/);
      expect(text).toMatch(/↻ company +failed, attempt 2/);
      expect(text).toMatch(/✔ company +GET http\S+ → 200 \(.*, 2 attempts\)/);
      expect(text).toMatch(/✔ note +POST http\S+ → 201/);
      expect(text).toContain('Status   succeeded');
      expect(text).toMatch(/Contact {2}\{.*"email":"ada@example\.com".*\}/);
      expect(text).toContain('Where the time went');
      expect(text).not.toMatch(CONTROL);
      await expectNothingLeft();
    },
    MINUTE,
  );

  // At moments spread over start, work and end; a start takes seconds, so each of them hits another phase.
  const moments = LONG ? [0.2, 0.7, 1.5, 2.5, 3.5, 5] : [1];
  it.each(
    moments.flatMap((seconds) => (['SIGINT', 'SIGTERM'] as const).map((signal) => ({ signal, seconds }))),
  )(
    'ended by $signal after $seconds s leaves no process and no folder',
    async ({ signal, seconds }) => {
      const { ended, output, signal: send } = startDemo();
      await eventually('its first line', 20 * SECOND, () => output().includes('Patchbay demo'));
      await sleep(seconds * SECOND);
      send(signal);
      expect([signal === 'SIGINT' ? 130 : 143, 0], output()).toContain(await ended);
      await expectNothingLeft();
    },
    MINUTE,
  );

  it(
    'ended by SIGINT while the connector runs leaves no process and no folder',
    async () => {
      const { ended, output, signal: send } = startDemo();
      await eventually('the first step', 45 * SECOND, () => output().includes('Running "'));
      send('SIGINT');
      expect(await ended, output()).toBe(130);
      await expectNothingLeft();
    },
    MINUTE,
  );
});

describe('npm run demo -- --live', () => {
  it(
    'shows a public connector, or says plainly that there is no internet and exits 1',
    async () => {
      const { ended, output } = startDemo(['--live']);
      const code = await ended;
      if (code === 0) expect(output()).toContain('Status   succeeded');
      else {
        expect(code, output()).toBe(1);
        expect(output()).toContain('There is no internet here');
      }
      expect(output()).not.toMatch(CONTROL);
      await expectNothingLeft();
    },
    MINUTE,
  );
});
