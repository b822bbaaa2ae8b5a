import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const StackSecrets = z.object({
  triggerSecretKey: z.string(),
  encryptionKeys: z.string(),
  demoPassword: z.string(),
});
export type StackSecrets = z.infer<typeof StackSecrets>;

const OWNER_ONLY = 0o600;

/** The local stack's own secrets: made at its first start, kept with its data, readable by their owner only. */
export function loadSecrets(dataDir: string): StackSecrets {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'secrets.json');
  if (existsSync(file)) return StackSecrets.parse(JSON.parse(readFileSync(file, 'utf8')));
  const secrets: StackSecrets = {
    triggerSecretKey: `tr_prod_${randomBytes(24).toString('hex')}`,
    encryptionKeys: `local1:${randomBytes(32).toString('base64')}`,
    demoPassword: randomBytes(9).toString('base64url'),
  };
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: OWNER_ONLY, flag: 'wx' });
  return secrets;
}
