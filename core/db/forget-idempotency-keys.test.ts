import { expect, it } from 'vitest';
import { forgetIdempotencyKeys } from './forget-idempotency-keys.ts';

it('deletes until a batch is not full', async () => {
  const batches = [1_000, 1_000, 3, 1_000];
  const limits: unknown[] = [];
  const forgotten = await forgetIdempotencyKeys({
    call: async (_fn, { p_limit }) => {
      limits.push(p_limit);
      return batches.shift();
    },
  });
  expect(forgotten).toBe(2_003);
  expect(limits).toEqual([1_000, 1_000, 1_000]);
});

it('leaves the rest to the next run when there is no end', async () => {
  let calls = 0;
  await forgetIdempotencyKeys({
    call: async () => {
      calls += 1;
      return 1_000;
    },
  });
  expect(calls).toBe(100);
});
