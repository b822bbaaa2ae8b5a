import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFront } from './front.ts';
import { Mutex } from './mutex.ts';
import { type Guards, startSupabase } from './start.ts';
import { FIXTURE_MIGRATIONS, temporaryFolder } from './test-support.ts';

/** Each case breaks one guard of a stack that starts without it. */
const BROKEN: Record<string, { guards: Partial<Guards>; refusal: RegExp }> = {
  'transactions share a session without a lock': {
    guards: { serialiseTransactions: () => new Mutex() },
    refusal: /two transactions at the same time saw each other/,
  },
  'everybody is taken for the service': {
    guards: { callerReader: () => async () => ({ ok: true, caller: { key: 'secret', user: null } }) },
    refusal: /anon saw rows of a table with row level security/,
  },
  'nobody is taken for the service': {
    guards: { callerReader: () => async () => ({ ok: true, caller: { key: 'publishable', user: null } }) },
    refusal: /the secret key did not see the row/,
  },
  'tokens are believed without a signature': {
    guards: {
      callerReader: (keys) => async (request) => ({
        ok: true,
        caller: {
          key: request.headers.get('apikey') === keys.secret_key ? 'secret' : 'publishable',
          user: null,
        },
      }),
    },
    refusal:
      /a forged token \(no signature\) answered \d+; a forged token \(HS256 with the public key\) answered \d+; a forged token \(a stranger’s ES256 key\)/,
  },
  'lite’s administration is reachable': {
    guards: {
      createFront: (parts) => {
        const front = createFront(parts);
        const isSystem = (request: Request) => new URL(request.url).pathname.startsWith('/_system');
        return { fetch: (request) => (isSystem(request) ? parts.lite(request) : front.fetch(request)) };
      },
    },
    refusal: /\/_system\/info answered 200/,
  },
  // Last, because lite then grants every table of the folder to everybody.
  'lite decides about row level security by itself': {
    guards: { activateRls: () => {} },
    refusal: /a table without grants answered 200 to anon/,
  },
};

describe('the self-check', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder?.[Symbol.asyncDispose]());

  const start = (guards: Partial<Guards> = {}) =>
    startSupabase({ dataDir: folder.path, port: 0, migrationsDir: FIXTURE_MIGRATIONS }, guards);

  it('leaves nothing open when it refuses, and nothing behind when it agrees', async () => {
    await expect(start({ serialiseTransactions: () => new Mutex() })).rejects.toThrow();
    const supabase = await start();
    const left = await supabase.exec(
      `select relname from pg_class where relname like 'patchbay_self_check%'`,
    );
    expect(left).toEqual([]);
    expect(supabase.stats.requests()).toBe(0);
    await supabase.close();
  });

  it.each(Object.entries(BROKEN))('refuses to start when %s', async (_name, { guards, refusal }) => {
    await expect(start(guards)).rejects.toThrow(refusal);
  });
});
