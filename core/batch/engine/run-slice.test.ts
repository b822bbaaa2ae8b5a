import { describe, expect, test } from 'vitest';
import type { Claim } from '../../execution/engine/ports.ts';
import type { RunOutcome } from '../../execution/engine/run-outcome.ts';
import { ITEMS_AT_ONCE, SLICE_MS, SLICE_RENEWAL_MS } from './limits.ts';
import { SliceLost } from './ports.ts';
import { runSlice, type SliceDeps } from './run-slice.ts';

const ENDED: RunOutcome = { outcome: 'ended', status: 'succeeded', error: null };
/** Nothing in a slice looks into a claim. */
const claimOf = (n: number) => ({ execution_id: String(n) }) as unknown as Claim;
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A queue of so many items, and items that end when the test says so. */
function setting(items: number) {
  let clock = 0;
  let next = 0;
  let fail: unknown;
  let renewals = 0;
  let wake: (() => void) | undefined;
  const asked: number[] = [];
  const open: { id: string; end(outcome?: RunOutcome): void; fail(error: unknown): void }[] = [];
  const deps: SliceDeps = {
    queue: {
      async claim(limit) {
        asked.push(limit);
        if (fail) throw fail;
        const claims = Array.from({ length: Math.min(limit, items - next) }, (_, n) => claimOf(next + n));
        next += claims.length;
        return claims;
      },
      async renew() {
        renewals += 1;
        if (fail) throw fail;
      },
    },
    run: ({ execution_id: id }) =>
      new Promise((resolve, reject) => {
        open.push({ id, end: (outcome = ENDED) => resolve(outcome), fail: reject });
      }),
    clock: { now: () => clock },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        expect(ms).toBe(SLICE_RENEWAL_MS);
        wake = resolve;
        signal.addEventListener('abort', () => resolve());
      }),
  };
  return {
    deps,
    open,
    asked,
    renewals: () => renewals,
    taken: () => next,
    pass: (ms: number) => {
      clock += ms;
    },
    break: (error: unknown) => {
      fail = error;
    },
    tick: () => wake?.(),
    async endAll() {
      for (let round = 0; round < 1_000; round += 1) {
        await settle();
        const item = open.shift();
        if (!item) return;
        item.end();
      }
    },
  };
}
const never = new AbortController().signal;

describe('a slice', () => {
  test('runs as many items as share a process, and the next as soon as one ends', async () => {
    const world = setting(ITEMS_AT_ONCE + 5);
    const slice = runSlice(world.deps, never);
    await settle();
    expect(world.open).toHaveLength(ITEMS_AT_ONCE);
    world.open.shift()?.end();
    await settle();
    expect(world.asked).toEqual([ITEMS_AT_ONCE, 1]);
    expect(world.open).toHaveLength(ITEMS_AT_ONCE);
    await world.endAll();
    expect(await slice).toEqual({ ended: ITEMS_AT_ONCE + 5, waiting: 0, lost: 0 });
  });

  test('takes nothing more when its time is up, and waits for what is under way', async () => {
    const world = setting(100);
    const slice = runSlice(world.deps, never);
    await settle();
    world.pass(SLICE_MS);
    world.open.shift()?.end();
    await world.endAll();
    expect(await slice).toMatchObject({ ended: ITEMS_AT_ONCE });
    expect(world.taken()).toBe(ITEMS_AT_ONCE);
  });

  test('tells items that wait and items that others have from those that ended', async () => {
    const world = setting(3);
    const slice = runSlice(world.deps, never);
    await settle();
    const [one, two, three] = world.open.splice(0);
    one?.end({ outcome: 'waiting', resumeAt: '', executionId: '', workspaceId: '', fence: 1 });
    two?.end({ outcome: 'lease_lost' });
    three?.end();
    expect(await slice).toEqual({ ended: 1, waiting: 1, lost: 1 });
  });

  test('of nothing is over at once', async () => {
    expect(await runSlice(setting(0).deps, never)).toEqual({ ended: 0, waiting: 0, lost: 0 });
  });

  test('fails with the first item that does, takes nothing more, and leaves none behind', async () => {
    const world = setting(100);
    const slice = runSlice(world.deps, never);
    let over = false;
    slice.catch(() => {}).finally(() => (over = true));
    await settle();
    world.open.shift()?.fail(new Error('the database is away'));
    await settle();
    expect(over).toBe(false);
    await world.endAll();
    await expect(slice).rejects.toThrow('the database is away');
    expect(world.taken()).toBe(ITEMS_AT_ONCE);
  });

  test('fails when items cannot be claimed, after those under way', async () => {
    const world = setting(100);
    const slice = runSlice(world.deps, never);
    slice.catch(() => {});
    await settle();
    world.break(new Error('no answer'));
    world.open.shift()?.end();
    await world.endAll();
    await expect(slice).rejects.toThrow('no answer');
  });

  test('takes nothing more when its process has to end', async () => {
    const world = setting(100);
    const ending = new AbortController();
    const slice = runSlice(world.deps, ending.signal);
    await settle();
    ending.abort();
    await world.endAll();
    await slice;
    expect(world.taken()).toBe(ITEMS_AT_ONCE);
  });

  test('says that it is alive, and takes nothing more once another has the turn', async () => {
    const world = setting(100);
    const slice = runSlice(world.deps, never);
    await settle();
    world.tick();
    await settle();
    expect(world.renewals()).toBe(1);
    world.break(new SliceLost());
    world.tick();
    await settle();
    world.open.shift()?.end();
    await world.endAll();
    expect(await slice).toMatchObject({ ended: ITEMS_AT_ONCE });
    expect(world.asked).toEqual([ITEMS_AT_ONCE]);
  });
});
