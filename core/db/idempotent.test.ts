import { expect, it } from 'vitest';
import type { Db } from './db.ts';
import { idempotentDb } from './idempotent.ts';

/** Remembers what it was asked; answers writes under a key as the database would. */
function recording(replayed = false) {
  const calls: [string, Readonly<Record<string, unknown>>][] = [];
  let replays = 0;
  const inner: Db = {
    async call(fn, args) {
      calls.push([fn, args]);
      return fn === 'call_idempotently' ? { replayed, answer: { of: args.p_fn } } : { of: fn };
    },
  };
  const db = idempotentDb(inner, {
    key: 'k1',
    fingerprint: async () => 'f1',
    onReplay: () => {
      replays += 1;
    },
  });
  return { db, calls, replays: () => replays };
}

it('lets reads pass, and sends the one write with its key in the same round trip', async () => {
  const { db, calls, replays } = recording();
  expect(await db.call('get_connector', { p_id: 1 })).toEqual({ of: 'get_connector' });
  expect(await db.call('accept_execution', { p_id: 2 })).toEqual({ of: 'accept_execution' });
  expect(await db.call('get_execution', { p_id: 2 })).toEqual({ of: 'get_execution' });
  expect(calls).toEqual([
    ['get_connector', { p_id: 1 }],
    [
      'call_idempotently',
      { p_key: 'k1', p_fingerprint: 'f1', p_fn: 'accept_execution', p_args: { p_id: 2 } },
    ],
    ['get_execution', { p_id: 2 }],
  ]);
  expect(replays()).toBe(0);
});

it('tells of a replay', async () => {
  const { db, replays } = recording(true);
  expect(await db.call('create_connector', {})).toEqual({ of: 'create_connector' });
  expect(replays()).toBe(1);
});

it('refuses a second write, which would get the answer of the first', async () => {
  const { db, calls } = recording();
  await db.call('create_connector', {});
  await expect(db.call('create_workspace', {})).rejects.toThrow('only once');
  expect(calls).toHaveLength(1);
});
