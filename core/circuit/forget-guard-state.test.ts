import { expect, it } from 'vitest';
import { forgetGuardState } from './forget-guard-state.ts';

it('deletes until a batch is not full', async () => {
  const batches = [2_000, 1_000, 3, 1_000];
  const calls: unknown[] = [];
  const forgotten = await forgetGuardState({
    call: async (fn, args) => {
      calls.push([fn, args]);
      return batches.shift();
    },
  });
  expect(forgotten).toBe(3_003);
  expect(calls).toEqual(Array.from({ length: 3 }, () => ['forget_guard_state', { p_limit: 1_000 }]));
});

it('leaves the rest to the next run when there is no end', async () => {
  let calls = 0;
  await forgetGuardState({
    call: async () => {
      calls += 1;
      return 1_000;
    },
  });
  expect(calls).toBe(100);
});
