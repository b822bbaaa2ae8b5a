import type { CallContext } from '../context.ts';
import type { Clock } from '../ids.ts';
import { expiryAt } from './expiry.ts';
import { Credential, type StoredCredential } from './schema.ts';

/** For what is told of a credential, which depends on the time. */
export type CredentialContext = CallContext & Clock;

export function presentCredential(stored: StoredCredential, now: number): Credential {
  return Credential.parse({ ...stored, expiry: expiryAt(stored.expires_at, now) });
}
