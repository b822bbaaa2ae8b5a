import { expect, test } from 'vitest';
import { createGuard } from './guard.ts';
import { memoryGuard } from './memory.ts';
import { memoryStore } from './memory-store.ts';
import { countingStore } from './testing/counting-store.ts';
import { guardContract } from './testing/guard-contract.ts';

guardContract('in memory', async () => {
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => now };
  const { store, calls } = countingStore(memoryStore(clock));
  return {
    process: () => createGuard(store, clock),
    async skip(ms) {
      now += ms;
    },
    calls,
    workspaceId: 'w1',
    otherWorkspaceId: 'w2',
    credentialId: 'c1',
  };
});

test('1,000 takes at the same moment from a bucket of 100 admit exactly 100', async () => {
  const guard = memoryGuard({ now: () => 1_767_225_600_123 });
  const limits = [{ requests: 100, per_seconds: 3_600 }];
  const call = { workspaceId: 'w', credentialId: null, host: 'a.test', limits };
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => guard.admit(call)));
  expect(answers.filter(({ admitted }) => admitted)).toHaveLength(100);
});
