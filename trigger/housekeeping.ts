import { schedules } from '@trigger.dev/sdk';
import { forgetIdempotencyKeys } from '../core/db/forget-idempotency-keys.ts';
import { serviceDatabase } from './database.ts';
import { readTaskEnv } from './env.ts';

/** Deletes what is kept for a time only. */
export const housekeeping = schedules.task({
  id: 'housekeeping',
  cron: '30 * * * *',
  queue: { concurrencyLimit: 1 },
  maxDuration: 300,
  run: async () => ({
    idempotencyKeys: await forgetIdempotencyKeys(serviceDatabase(readTaskEnv(process.env))),
  }),
});
