import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inTurn } from './in-turn.ts';

test('every item is taken once, a few at a time, and one that fails does not stop the others', async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  const failed = await inTurn([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
    if (item % 3 === 0) throw new Error('refused');
    done.push(item);
  });
  expect(done.toSorted()).toEqual([1, 2, 4, 5, 7]);
  expect([failed, most]).toEqual([2, 3]);
});

test('of nothing, nothing is done', async () => {
  expect(await inTurn([], 3, () => Promise.reject(new Error('called')))).toBe(0);
});
