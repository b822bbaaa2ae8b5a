import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const SECOND = 1000;

/** Tests that start a database or the stack share two cores with it: they are given time, and few workers. */
const slow = { testTimeout: 60 * SECOND, hookTimeout: 60 * SECOND };

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'core', include: ['core/**/*.test.ts', 'scripts/checks/**/*.test.ts'] } },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.toml' } })],
        test: { name: 'worker', include: ['workers/**/*.test.ts'], ...slow },
      },
      { test: { name: 'database', include: ['supabase/tests/**/*.test.ts'], ...slow } },
      { test: { name: 'tasks', include: ['trigger/**/*.test.ts', 'scripts/stack/**/*.test.ts'], ...slow } },
      { test: { name: 'e2e', include: ['scripts/e2e/**/*.test.ts'], ...slow, fileParallelism: false } },
    ],
  },
});
