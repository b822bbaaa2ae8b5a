import { expect, it } from 'vitest';
import { forget } from './forget.ts';

const FOREVER = { now: () => 0, until: 1 };

it('deletes until a batch is not full', async () => {
  const batches = [1_000, 1_000, 3, 1_000];
  const calls: unknown[] = [];
  const forgotten = await forget(
    {
      call: async (fn, { p_limit }) => {
        calls.push([fn, p_limit]);
        return batches.shift();
      },
    },
    'forget_executions',
    FOREVER,
  );
  expect(forgotten).toBe(2_003);
  expect(calls).toEqual(Array.from({ length: 3 }, () => ['forget_executions', 1_000]));
});

it('leaves the rest to the next run when there is no end', async () => {
  let calls = 0;
  const call = async () => {
    calls += 1;
    return 1_000;
  };
  await forget({ call }, 'forget_step_cache', FOREVER);
  expect(calls).toBe(100);
});

it('stops when its time is over', async () => {
  let now = 0;
  const call = async () => {
    now += 400;
    return 1_000;
  };
  expect(await forget({ call }, 'forget_executions', { now: () => now, until: 1_000 })).toBe(3_000);
});
