import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const SECOND = 1000;

/** Tests that start a database or the stack share two cores with it: they are given time, and few workers. */
const slow = { testTimeout: 60 * SECOND, hookTimeout: 60 * SECOND };

/** Files at once whose processes wait more than they compute. */
const MOSTLY_WAITING = 3;

/**
 * Projects run one after the other: on two cores, tests with time limits must not share them with the whole stack.
 */
const inTurn = (groupOrder: number) => ({ sequence: { groupOrder } });

export default defineConfig({
  test: {
    // Vitest would leave one of two cores to itself.
    maxWorkers: 2,
    projects: [
      { test: { name: 'core', include: ['core/**/*.test.ts', 'scripts/checks/**/*.test.ts'], ...inTurn(0) } },
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                SUPABASE_URL: inject('supabaseUrl'),
                SUPABASE_PUBLISHABLE_KEY: inject('supabaseKey'),
                TRIGGER_API_URL: inject('triggerUrl'),
                TRIGGER_SECRET_KEY: inject('triggerKey'),
                PATCHBAY_ENCRYPTION_KEYS: inject('encryptionKeys'),
                PATCHBAY_SIGNING_KEY: inject('signingKey'),
                // Tests of limits bring their own.
                PATCHBAY_RATE_LIMIT: '0',
                PATCHBAY_ALLOWED_ORIGINS: 'https://dashboard.test',
                TEST_CONTROL_URL: inject('controlUrl'),
                TEST_SECRET_KEY: inject('supabaseSecretKey'),
              },
            },
          })),
        ],
        test: {
          name: 'worker',
          include: ['workers/**/*.test.ts'],
          globalSetup: ['workers/test/global-setup.ts'],
          setupFiles: ['workers/test/quiet.ts'],
          isolate: false,
          // They count the database's round trips, so that only one may make some.
          maxWorkers: 1,
          ...slow,
          ...inTurn(2),
        },
      },
      // Every test rolls back, so that files can share one database instead of opening one each.
      {
        test: {
          name: 'database',
          include: ['supabase/tests/**/*.test.ts'],
          isolate: false,
          ...slow,
          ...inTurn(1),
        },
      },
      {
        test: {
          name: 'tasks',
          include: ['trigger/**/*.test.ts', 'scripts/stack/**/*.test.ts', 'scripts/templates/**/*.test.ts'],
          ...slow,
          maxWorkers: MOSTLY_WAITING,
          ...inTurn(3),
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['scripts/e2e/**/*.test.ts'],
          ...slow,
          maxWorkers: MOSTLY_WAITING,
          ...inTurn(4),
        },
      },
    ],
  },
});
