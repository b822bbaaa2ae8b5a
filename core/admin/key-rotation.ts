import * as z from 'zod';
import type { CallContext } from '../context.ts';
import type { KeyRing } from '../crypto/key-ring.ts';
import { KeyRotation } from './schema.ts';

const Counts = z.array(z.object({ key_id: z.string(), credentials: z.int() }));

/** How many credentials are under which key, and whether that is the newest one that is configured here. */
export async function keyRotation(
  { db }: Pick<CallContext, 'db'>,
  ring: { readonly newest: { id: string }; readonly keys: readonly Pick<KeyRing['newest'], 'id'>[] },
): Promise<KeyRotation> {
  const counts = Counts.parse(await db.call('admin_key_rotation', {}));
  const configured = new Set(ring.keys.map(({ id }) => id));
  const stored = new Map(counts.map(({ key_id, credentials }) => [key_id, credentials]));
  const keys = [...new Set([...configured, ...stored.keys()])].map((id) => ({
    key_id: id,
    credentials: stored.get(id) ?? 0,
    configured: configured.has(id),
  }));
  const outdated = counts
    .filter(({ key_id }) => key_id !== ring.newest.id)
    .reduce((sum, { credentials }) => sum + credentials, 0);
  return KeyRotation.parse({ newest_key_id: ring.newest.id, up_to_date: outdated === 0, outdated, keys });
}
