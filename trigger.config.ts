import { defineConfig } from '@trigger.dev/sdk';

/** For the real platform, Trigger.dev Cloud or self-hosted. The embedded runtime reads the task files themselves. */
export default defineConfig({
  project: process.env.TRIGGER_PROJECT_REF ?? '<your project ref>',
  dirs: ['./trigger'],
  runtime: 'node-22',
  maxDuration: 300,
  retries: {
    enabledInDev: true,
    default: { maxAttempts: 3, factor: 2, minTimeoutInMs: 1_000, maxTimeoutInMs: 30_000, randomize: true },
  },
});
