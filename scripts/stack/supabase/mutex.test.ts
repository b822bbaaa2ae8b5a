import { expect, it } from 'vitest';
import { Mutex } from './mutex.ts';

const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

it('lets callers in one at a time, in the order they came', async () => {
  const mutex = new Mutex();
  const events: string[] = [];
  const job = (name: string) =>
    mutex.run(async () => {
      events.push(`${name} in`);
      await pause();
      events.push(`${name} out`);
    });
  await Promise.all(['a', 'b', 'c'].map(job));
  expect(events).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
});

it('lets the next caller in after a failure, and ignores a second release', async () => {
  const mutex = new Mutex();
  await expect(mutex.run(() => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  const release = await mutex.acquire();
  release();
  release();
  const first = await mutex.acquire();
  const second = mutex.acquire();
  first();
  (await second)();
});

it('fails a caller that waits too long, and serves those behind it', async () => {
  const mutex = new Mutex(20);
  const release = await mutex.acquire();
  await expect(mutex.acquire()).rejects.toThrow('not free within 20 ms');
  const next = mutex.acquire();
  release();
  (await next)();
});
