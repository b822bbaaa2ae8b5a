import { describe, expect, it } from 'vitest';
import { parseEnv } from './env.ts';
import { readinessProbe } from './readiness.ts';

const config = parseEnv({
  SUPABASE_URL: 'https://db.test',
  SUPABASE_PUBLISHABLE_KEY: 'k',
  TRIGGER_API_URL: 'https://trigger.test',
  TRIGGER_SECRET_KEY: 's',
  PATCHBAY_ENCRYPTION_KEYS: 'k1:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU=',
});
const refused = () => Response.json({ code: '42501', message: 'permission denied' }, { status: 401 });
const runs = () => Response.json({ data: [] });
const broken = () => {
  throw new TypeError('no connection');
};

function probe(database: () => Response, trigger: () => Response) {
  const world = { seconds: 0, asked: 0, database, trigger };
  const ask = readinessProbe(config, {
    now: () => world.seconds * 1000,
    fetch: async (url) => {
      world.asked += 1;
      return String(url).startsWith('https://db.test/') ? world.database() : world.trigger();
    },
  });
  return { world, ask };
}

describe('readiness', () => {
  it.each([
    ['both answer', refused, runs, { database: true, trigger: true }],
    ['the database is gone', broken, runs, { database: false, trigger: true }],
    [
      'its gateway answers in its place',
      () => new Response('<html>', { status: 502 }),
      runs,
      { database: false, trigger: true },
    ],
    [
      'its key is wrong',
      () => Response.json({ message: 'Invalid API key' }, { status: 401 }),
      runs,
      { database: false, trigger: true },
    ],
    ['the task runtime is gone', refused, broken, { database: true, trigger: false }],
    [
      'its key is wrong, too',
      refused,
      () => new Response('{}', { status: 401 }),
      { database: true, trigger: false },
    ],
  ])('is known when %s', async (_, database, trigger, checks) => {
    expect(await probe(database, trigger).ask()).toEqual(checks);
  });

  it('is asked for once by many callers, and again later', async () => {
    const { world, ask } = probe(refused, runs);
    for (let i = 0; i < 10; i += 1) await ask();
    expect(world.asked).toBe(2);
    world.seconds = 3;
    world.database = broken;
    expect(await ask()).toEqual({ database: false, trigger: true });
  });
});
