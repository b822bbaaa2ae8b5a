import { describe, expect, test } from 'vitest';
import { readTaskEnv } from './env.ts';

const GOOD = {
  SUPABASE_URL: 'http://127.0.0.1:54321',
  SUPABASE_SECRET_KEY: 'sb_secret_canary-one',
  PATCHBAY_ENCRYPTION_KEYS: 'k1:canary-two',
};

describe('the environment of the tasks', () => {
  test('needs three variables; the rest has safe defaults', () => {
    expect(readTaskEnv({ ...GOOD, PATH: '/bin' })).toEqual({
      ...GOOD,
      PATCHBAY_ALLOW_LOOPBACK: 'false',
      PATCHBAY_EGRESS_PORTS: [],
    });
  });

  test('reads ports as numbers', () => {
    expect(readTaskEnv({ ...GOOD, PATCHBAY_EGRESS_PORTS: '8080,8443' }).PATCHBAY_EGRESS_PORTS).toEqual([
      8080, 8443,
    ]);
  });

  test.each<[string, string | undefined]>([
    ['SUPABASE_URL', undefined],
    ['SUPABASE_URL', 'canary-value'],
    ['SUPABASE_URL', ''],
    ['SUPABASE_SECRET_KEY', undefined],
    ['SUPABASE_SECRET_KEY', ''],
    ['PATCHBAY_ENCRYPTION_KEYS', undefined],
    ['PATCHBAY_ENCRYPTION_KEYS', ''],
    ['PATCHBAY_ALLOW_LOOPBACK', 'canary-value'],
    ['PATCHBAY_ALLOW_LOOPBACK', 'TRUE'],
    ['PATCHBAY_EGRESS_PORTS', 'canary-value'],
    ['PATCHBAY_EGRESS_PORTS', '80;443'],
  ])('names %s when it is %j, and shows no value of any', (name, value) => {
    const message = messageOf(() => readTaskEnv({ ...GOOD, [name]: value }));
    expect(message).toContain(name);
    for (const other of Object.keys(GOOD)) if (other !== name) expect(message).not.toContain(other);
    expect(message).not.toMatch(/canary/);
  });

  test('names everything that is wrong at once', () => {
    const message = messageOf(() => readTaskEnv({}));
    for (const name of Object.keys(GOOD)) expect(message).toContain(name);
  });
});

function messageOf(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('expected a refusal');
}
