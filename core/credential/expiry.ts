import * as z from 'zod';

/** From this long before its end, a credential is shown as `expires_soon`: time to get a new one without a hurry. */
export const EXPIRY_WARNING_DAYS = 14;
const DAY_MS = 86_400_000;

/** Dates beyond these are slips of the pen, and years that Postgres writes in another way. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

/** When the other side ends a credential, as its owner says. A past one is taken: it is shown as expired. */
export const ExpiresAt = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2027-01-31T00:00:00Z' })
  .refine((text) => isPlausible(Date.parse(text)), 'must be a time between the years 2000 and 2200')
  .meta({ examples: ['2027-01-31T00:00:00Z'] });

function isPlausible(time: number): boolean {
  return time >= EARLIEST && time < LATEST;
}

export const CredentialExpiry = z
  .object({ status: z.enum(['ok', 'expires_soon', 'expired']), expires_at: z.string() })
  .meta({
    id: 'CredentialExpiry',
    description: `\`expires_soon\` from ${EXPIRY_WARNING_DAYS} days before \`expires_at\`. Executions still try an expired credential.`,
  });
export type CredentialExpiry = z.infer<typeof CredentialExpiry>;

/** How near its end a credential is; null when no end is known. `now` in milliseconds since the Unix epoch. */
export function expiryAt(expiresAt: string | null, now: number): CredentialExpiry | null {
  if (expiresAt === null) return null;
  const left = Date.parse(expiresAt) - now;
  const soon = left <= EXPIRY_WARNING_DAYS * DAY_MS ? 'expires_soon' : 'ok';
  return { status: left <= 0 ? 'expired' : soon, expires_at: expiresAt };
}
