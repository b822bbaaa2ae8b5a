import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** The private half of the key with which the Worker signs tokens for API keys (RFC 7517, P-256). */
const SigningKey = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string().min(1),
  alg: z.literal('ES256'),
  use: z.literal('sig'),
});
export type SigningKey = z.infer<typeof SigningKey>;

const StackSecrets = z.object({
  triggerSecretKey: z.string(),
  encryptionKeys: z.string(),
  demoPassword: z.string(),
  signingKey: SigningKey,
});
export type StackSecrets = z.infer<typeof StackSecrets>;

const OWNER_ONLY = 0o600;

export function generateSigningKey(): SigningKey {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const { crv, kty, x, y } = jwk;
  // RFC 7638: the members in this order, without blanks.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return SigningKey.parse({ ...jwk, kid, alg: 'ES256', use: 'sig' });
}

/** The local stack's own secrets: made at its first start, kept with its data, readable by their owner only. */
export function loadSecrets(dataDir: string): StackSecrets {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'secrets.json');
  if (existsSync(file)) {
    const kept = StackSecrets.partial({ signingKey: true }).parse(JSON.parse(readFileSync(file, 'utf8')));
    const { signingKey } = kept;
    if (signingKey !== undefined) return { ...kept, signingKey };
    // Data of an earlier version, which knew no API keys.
    return write(file, { ...kept, signingKey: generateSigningKey() });
  }
  return write(file, {
    triggerSecretKey: `tr_prod_${randomBytes(24).toString('hex')}`,
    encryptionKeys: `local1:${randomBytes(32).toString('base64')}`,
    demoPassword: randomBytes(9).toString('base64url'),
    signingKey: generateSigningKey(),
  });
}

/** Written beside and moved into place, so that a crash leaves the old secrets or the new ones, never half of them. */
function write(file: string, secrets: StackSecrets): StackSecrets {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, {
    mode: OWNER_ONLY,
    flag: 'wx',
    flush: true,
  });
  renameSync(draft, file);
  return secrets;
}
