import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatApiKey } from '../../core/api-key/format.ts';
import { call, dataIn, newWorkspace, roundTrips, signUp, type User } from '../test/api.ts';
import { createApp } from './app.ts';
import { FAILURES_PER_PERIOD } from './limits/limits.ts';

/** Those of wrangler.toml count for all tests and in real time. */
const UNBOUND = { CALLER_RATE_LIMIT: undefined, FAILURE_RATE_LIMIT: undefined };

/** An app with limits of its own, and a clock that stands still until it is moved. */
function limited(bindings: object = {}) {
  const clock = { ms: Date.now() };
  const app = createApp({
    fetch: (input, init) => fetch(input, init),
    now: () => clock.ms,
    sleep: async () => {},
    log: () => {},
  });
  const all = { ...env, ...UNBOUND, PATCHBAY_RATE_LIMIT: '3', ...bindings };
  const pending: Promise<unknown>[] = [];
  const context = {
    waitUntil: (task: Promise<unknown>) => pending.push(task),
    passThroughOnException() {},
    props: {},
  };
  return {
    clock,
    get: async (token: string, address?: string, path = '/api/v1/me') => {
      const headers = new Headers({ authorization: `Bearer ${token}` });
      if (address !== undefined) headers.set('cf-connecting-ip', address);
      const response = await app.fetch(new Request(`https://api.test${path}`, { headers }), all, context);
      await Promise.all(pending);
      return response;
    },
  };
}

let alice: User;
let bob: User;
let key: string;
beforeAll(async () => {
  [alice, bob] = await Promise.all([signUp('alice'), signUp('bob')]);
  const workspace = await newWorkspace(alice);
  const as = { token: alice.token, workspace };
  key = String(
    dataIn(await call('POST /api/v1/api-keys', { ...as, json: { name: 'k', scope: 'read' } })).key,
  );
});

describe('requests of one caller', () => {
  it('are limited in each period, whatever the route and the address, and told so', async () => {
    const { get, clock } = limited();
    for (const path of ['/api/v1/me', '/api/v1/workspaces', '/api/v1/nothing-below-me']) {
      const response = await get(alice.token, '192.0.2.1', path.replace('nothing-below-me', 'me/nothing'));
      expect(response.status).not.toBe(429);
      expect(response.headers.get('ratelimit-policy')).toBe('"caller";q=3;w=10');
      expect(response.headers.has('ratelimit')).toBe(false);
    }
    const refused = await get(alice.token, '192.0.2.2');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit')).toBe('"caller";r=0;t=10');
    expect(refused.headers.get('retry-after')).toBe('10');
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(await refused.json()).toMatchObject({ code: 'rate_limited', status: 429 });
    expect((await get(bob.token)).status).toBe(200);
    clock.ms += 10_000;
    expect((await get(alice.token)).status).toBe(200);
  });

  it('that are refused cost no round trip', async () => {
    const { get } = limited({ PATCHBAY_RATE_LIMIT: '1' });
    await get(alice.token);
    const before = await roundTrips();
    expect((await get(alice.token)).status).toBe(429);
    expect(await roundTrips()).toBe(before);
  });

  it('of a key are its own: neither its maker nor somebody who knows its id uses them up', async () => {
    const { get } = limited();
    const guessed = formatApiKey({ id: key.slice(4, 36), secret: 'A'.repeat(43) });
    for (let i = 0; i < 4; i += 1) await Promise.all([get(alice.token), get(guessed)]);
    for (let i = 0; i < 3; i += 1) expect((await get(key)).status).toBe(200);
    expect((await get(key)).status).toBe(429);
  });

  it("are counted by Cloudflare's binding where there is one", async () => {
    const asked: string[] = [];
    const binding = {
      limit: async (options: { key: string }) => {
        asked.push(options.key);
        return { success: asked.length < 2 };
      },
    };
    const { get } = limited({ CALLER_RATE_LIMIT: binding });
    expect([(await get(alice.token)).status, (await get(alice.token)).status]).toEqual([200, 429]);
    expect(asked).toEqual([`user:${alice.id}`, `user:${alice.id}`]);
  });

  it('are served with the bindings of wrangler.toml', async () => {
    const bound = { ...env };
    expect(Object.keys(bound)).toEqual(expect.arrayContaining(Object.keys(UNBOUND)));
    const { get } = limited({ ...bound, PATCHBAY_RATE_LIMIT: '1000' });
    const response = await get(alice.token, '198.51.100.1');
    expect([response.status, response.headers.get('ratelimit-policy')]).toEqual([
      200,
      '"caller";q=1000;w=10',
    ]);
  });

  it('are not limited with PATCHBAY_RATE_LIMIT=0', async () => {
    const { get } = limited({ PATCHBAY_RATE_LIMIT: '0' });
    for (let i = 0; i < 5; i += 1) {
      const response = await get(alice.token);
      expect([response.status, response.headers.has('ratelimit-policy')]).toEqual([200, false]);
    }
  });
});

describe('refused tokens from one address', () => {
  const BAD = 'eyJhbGciOiJFUzI1NiJ9.e30.AAAA';
  const forgedKey = () => formatApiKey({ id: crypto.randomUUID(), secret: 'A'.repeat(43) });

  it.each([
    ['tokens', () => BAD],
    ['malformed keys', () => 'pbk_x'],
  ])('close the door for it, before anything is checked: %s', async (_, bad) => {
    const { get, clock } = limited({ PATCHBAY_RATE_LIMIT: '1000' });
    for (let i = 0; i < FAILURES_PER_PERIOD + 1; i += 1) {
      expect((await get(bad(), '192.0.2.1')).status).toBe(401);
    }
    const refused = await get(bad(), '192.0.2.1');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit')).toBe('"failures";r=0;t=60');
    expect((await get(bad(), '192.0.2.2')).status).toBe(401);
    clock.ms += 60_000;
    expect((await get(bad(), '192.0.2.1')).status).toBe(401);
  });

  it('are counted for made-up keys, too, so that they stop costing round trips', async () => {
    const { get } = limited({ PATCHBAY_RATE_LIMIT: '1000' });
    const before = await roundTrips();
    const statuses: number[] = [];
    for (let i = 0; i < FAILURES_PER_PERIOD + 20; i += 1) {
      statuses.push((await get(forgedKey(), '192.0.2.1')).status);
    }
    expect((await roundTrips()) - before).toBe(FAILURES_PER_PERIOD + 1);
    expect(statuses.slice(-19)).toEqual(Array(19).fill(429));
  });

  it('do not lock out who is known to be good behind the same address', async () => {
    const { get } = limited({ PATCHBAY_RATE_LIMIT: '1000' });
    expect((await get(alice.token, '192.0.2.1')).status).toBe(200);
    expect((await get(key, '192.0.2.1')).status).toBe(200);
    for (let i = 0; i < FAILURES_PER_PERIOD + 2; i += 1) await get(BAD, '192.0.2.1');
    expect((await get(BAD, '192.0.2.1')).status).toBe(429);
    expect((await get(bob.token, '192.0.2.1')).status).toBe(429);
    expect((await get(alice.token, '192.0.2.1')).status).toBe(200);
    expect((await get(key, '192.0.2.1')).status).toBe(200);
  });
});
