import { describe, expect, test } from 'vitest';
import { sleep } from './sleep.ts';

describe('sleeping', () => {
  test('takes its time', async () => {
    const began = performance.now();
    await sleep(30);
    expect(performance.now() - began).toBeGreaterThanOrEqual(28);
  });

  test('ends at once when it is told to, before it began or during it, and never rejects', async () => {
    const began = performance.now();
    await sleep(60_000, AbortSignal.abort());
    const abort = new AbortController();
    const sleeping = sleep(60_000, abort.signal);
    abort.abort(new Error('enough'));
    await sleeping;
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('leaves no listener on a signal that outlives it', async () => {
    const listeners = new Set<unknown>();
    const signal = new AbortController().signal;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners.add(args[1]);
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners.delete(args[1]);
      remove(...args);
    };
    await sleep(1, signal);
    expect(listeners.size).toBe(0);
  });
});
