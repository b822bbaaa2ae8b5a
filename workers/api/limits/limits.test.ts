import { describe, expect, it } from 'vitest';
import { createLimits, FAILURES_PER_PERIOD, failureGate } from './limits.ts';
import { memoryRateLimiter } from './rate-limiter.ts';

const clockAt = (seconds: number) => {
  const clock = { seconds, now: () => clock.seconds * 1000 };
  return clock;
};

describe('the limiter in memory', () => {
  it('lets so many calls through in a period, for each key', async () => {
    const clock = clockAt(100);
    const limiter = memoryRateLimiter({ limit: 2, periodSeconds: 10 }, clock);
    const ask = async (key: string) => (await limiter.limit({ key })).success;
    expect([await ask('a'), await ask('a'), await ask('a'), await ask('b')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    clock.seconds += 9.999;
    expect(await ask('a')).toBe(false);
    clock.seconds += 0.001;
    expect(await ask('a')).toBe(true);
  });

  it('stays small under any number of keys', async () => {
    const limiter = memoryRateLimiter({ limit: 1, periodSeconds: 10 }, clockAt(0));
    const ask = async (key: string) => (await limiter.limit({ key })).success;
    await ask('first');
    for (let i = 0; i < 10_000; i += 1) await ask(`key ${i}`);
    // The oldest was forgotten, so that it starts again.
    expect(await ask('first')).toBe(true);
    expect(await ask('key 9999')).toBe(false);
  });
});

describe('the gate for addresses that send refused tokens', () => {
  it('closes when the limiter says so, for that address and a minute', async () => {
    const clock = clockAt(0);
    const gate = failureGate(memoryRateLimiter({ limit: 2, periodSeconds: 60 }, clock), clock);
    for (const closed of [false, false, true]) {
      await gate.note('192.0.2.1');
      expect(gate.isClosed('192.0.2.1')).toBe(closed);
    }
    expect(gate.isClosed('192.0.2.2')).toBe(false);
    clock.seconds = 60;
    expect(gate.isClosed('192.0.2.1')).toBe(false);
  });
});

describe('limits', () => {
  it('are off with a quota of 0', () => {
    expect(createLimits({ quota: 0, callers: null, failures: null }, clockAt(0))).toBeNull();
  });

  it('come from the bindings where there are some, and are counted in memory elsewhere', async () => {
    const asked: string[] = [];
    const bound = {
      limit: async ({ key }: { key: string }) => {
        asked.push(key);
        return { success: false };
      },
    };
    const limits = createLimits({ quota: 5, callers: bound, failures: null }, clockAt(0));
    expect(await limits?.callers.limit({ key: 'user:1' })).toEqual({ success: false });
    expect(asked).toEqual(['user:1']);
    for (let i = 0; i <= FAILURES_PER_PERIOD; i += 1) await limits?.failures.note('192.0.2.1');
    expect(limits?.failures.isClosed('192.0.2.1')).toBe(true);
    expect(asked).toHaveLength(1);
  });

  it('let everybody through while a limiter fails', async () => {
    const broken = { limit: () => Promise.reject(new Error('x')) };
    const limits = createLimits({ quota: 5, callers: broken, failures: broken }, clockAt(0));
    expect(await limits?.callers.limit({ key: 'user:1' })).toEqual({ success: true });
    await limits?.failures.note('192.0.2.1');
    expect(limits?.failures.isClosed('192.0.2.1')).toBe(false);
  });
});
