import { idempotencyKeys } from '@trigger.dev/sdk';
import { expect, it } from 'vitest';
import { executionTags, executionTriggerKey, hashTriggerKey } from './task-trigger.ts';

const ID = '018f0000-0000-7000-8000-000000000001';

it("hashes a key to what the SDK makes of it, so that the sweeper's trigger and the API's are one", async () => {
  const key = executionTriggerKey(ID, 0);
  expect(await hashTriggerKey(key)).toBe(await idempotencyKeys.create(key, { scope: 'global' }));
});

it('names another wish after each claim', () => {
  expect(new Set([0, 1, 2].map((fence) => executionTriggerKey(ID, fence))).size).toBe(3);
});

it('makes tags that Trigger.dev accepts: at most 128 characters', () => {
  for (const tag of executionTags(ID, ID)) expect(tag.length).toBeLessThanOrEqual(128);
});
