import { randomBytes } from 'node:crypto';
import { schemaTask } from '@trigger.dev/sdk';
import { type CredentialTestDeps, runCredentialTest } from '../core/credential/run-test.ts';
import { CREDENTIAL_TEST_TASK_ID, CredentialTestPayload } from '../core/credential/test-schema.ts';
import { serviceDatabase } from './database.ts';
import { readTaskEnv } from './env.ts';
import { taskEgress, taskSealer } from './ports.ts';

/** Of one workspace at the same time: the queue is kept per concurrency key, the workspace's id. */
const TESTS_PER_WORKSPACE = 3;

let deps: CredentialTestDeps | undefined;

/** Made when first needed: a warm process keeps its connections and keys from run to run. */
function processDeps(): CredentialTestDeps {
  if (deps === undefined) {
    const env = readTaskEnv(process.env);
    deps = {
      db: serviceDatabase(env),
      sealer: taskSealer(env),
      egress: taskEgress(env),
      clock: { now: Date.now },
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
    };
  }
  return deps;
}

/** Sends one call with a stored credential. Never tried again: it may be a write, and somebody is waiting for it. */
export const credentialTest = schemaTask({
  id: CREDENTIAL_TEST_TASK_ID,
  schema: CredentialTestPayload,
  queue: { name: CREDENTIAL_TEST_TASK_ID, concurrencyLimit: TESTS_PER_WORKSPACE },
  maxDuration: 30,
  retry: { maxAttempts: 1 },
  run: async (payload, { signal }) => {
    const test = await runCredentialTest(processDeps(), payload, signal ?? new AbortController().signal);
    return { ok: test?.ok ?? null };
  },
});
