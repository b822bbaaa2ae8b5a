import { logger, schedules } from '@trigger.dev/sdk';
import { rekeyCredentials } from '../core/credential/rekey.ts';
import { CREDENTIAL_REKEY_TASK_ID } from '../core/credential/rekey-task.ts';
import { serviceDatabase } from './database.ts';
import { readTaskEnv } from './env.ts';
import { taskSealer } from './ports.ts';

/** Seals credentials with the ring's newest key. Where all of them are, which is most hours, it asks once and ends. */
export const credentialRekey = schedules.task({
  id: CREDENTIAL_REKEY_TASK_ID,
  cron: '0 * * * *',
  queue: { concurrencyLimit: 1 },
  maxDuration: 600,
  run: async () => {
    const env = readTaskEnv(process.env);
    const report = await rekeyCredentials({ db: serviceDatabase(env), sealer: taskSealer(env) });
    if (report.rekeyed + report.unreadable > 0) {
      logger[report.unreadable > 0 ? 'error' : 'info']('credentials were sealed with the newest key', {
        ...report,
      });
    }
    return report;
  },
});
