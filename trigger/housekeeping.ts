import { schedules } from '@trigger.dev/sdk';
import { forget } from '../core/db/forget.ts';
import { serviceDatabase } from './database.ts';
import { readTaskEnv } from './env.ts';

const MAX_SECONDS = 300;
/** Each kind has its share, so that a long backlog of one keeps none of the others; the last batch ends in the rest. */
const SHARE_MS = 60_000;

/** Deletes what is kept for a time only. */
export const housekeeping = schedules.task({
  id: 'housekeeping',
  cron: '30 * * * *',
  queue: { concurrencyLimit: 1 },
  maxDuration: MAX_SECONDS,
  run: async () => {
    const db = serviceDatabase(readTaskEnv(process.env));
    const share = () => ({ now: () => Date.now(), until: Date.now() + SHARE_MS });
    return {
      idempotencyKeys: await forget(db, 'forget_idempotency_keys', share()),
      stepCache: await forget(db, 'forget_step_cache', share()),
      guardState: await forget(db, 'forget_guard_state', share()),
      executions: await forget(db, 'forget_executions', share()),
    };
  },
});
