import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, dataOf, newClient } from './support/client.ts';
import { runScript } from './support/script.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';

let stack: TestStack;
let client: Client;
beforeAll(async () => {
  stack = await startTestStack();
  client = await newClient(stack);
});
afterAll(async () => {
  await stack?.close();
});

const SCRIPTS = [
  { script: 'scripts/e2e/single-step.ts', shows: [/✔ phone .*→ 200/, /"country":"DE"/] },
  {
    script: 'scripts/e2e/multi-step.ts',
    shows: [/✔ phone .*→ 200/, /✔ company .*2 attempts/, /✔ note .*→ 201/, /"company":"Example Inc\."/],
  },
];

const remote = () => ['--url', `${stack.url}/`, '--token', client.token, '--workspace', client.workspaceId];
async function run(script: string, args: readonly string[], env: Record<string, string> = {}) {
  const { ended, output } = runScript(script, args, env);
  return { code: await ended, text: output() };
}
async function expectCleanedUp(): Promise<void> {
  for (const path of ['/api/v1/connectors', '/api/v1/workspace/credentials'])
    expect(dataOf(await client.call('GET', path)), path).toEqual([]);
}

describe.each(SCRIPTS)('$script', ({ script, shows }) => {
  it('runs against a deployment by URL and token, and deletes what it made', async () => {
    const { code, text } = await run(script, [...remote(), '--upstream', stack.example.url]);
    expect(code, text).toBe(0);
    for (const line of shows) expect(text).toMatch(line);
    expect(text).toContain('deleted what this made');
    await expectCleanedUp();
  });

  it('runs against the running local stack without arguments', async () => {
    const { code, text } = await run(script, [], { PATCHBAY_DATA_DIR: stack.dataDir });
    expect(code, text).toBe(0);
    expect(text).toContain(stack.url);
  });
});

describe('an end-to-end script', () => {
  const [{ script } = { script: '' }] = SCRIPTS;

  it('exits 1 and cleans up when the connector fails', async () => {
    // Nothing listens on the discard port.
    const { code, text } = await run(script, [...remote(), '--upstream', 'http://127.0.0.1:9']);
    expect(code, text).toBe(1);
    expect(text).toContain('Status   failed');
    await expectCleanedUp();
  });

  it.each([
    { title: 'a token that is none', args: () => ['--url', stack.url, '--token', 'x'], code: 1, says: '401' },
    { title: 'no token', args: () => ['--url', stack.url], code: 2, says: '--url needs --token' },
    { title: 'an unknown option', args: () => ['--uri', 'x'], code: 2, says: '--uri' },
    { title: 'no URL', args: () => ['--url', 'api', '--token', 'x'], code: 2, says: '--url is no URL' },
  ])('says what is wrong with $title', async ({ args, code, says }) => {
    const done = await run(script, args());
    expect(done.code, done.text).toBe(code);
    expect(done.text).toContain(says);
  });

  it('says that no local stack has been started', async () => {
    const done = await run(script, [], { PATCHBAY_DATA_DIR: `${stack.dataDir}/none` });
    expect(done.code).toBe(2);
    expect(done.text).toContain('run npm start');
  });
});
