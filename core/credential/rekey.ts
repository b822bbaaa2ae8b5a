import * as z from 'zod';
import { DecryptError, type Sealer } from '../crypto/seal.ts';
import type { Db } from '../db/db.ts';
import { credentialAdditionalData } from './additional-data.ts';

/** Credentials that are read and written in one call each; small enough that a write holds no lock for long. */
const BATCH = 100;
/** Of one run, so that it ends; the next one goes on. 200,000 credentials. */
const MAX_BATCHES = 2_000;

const Outdated = z.array(
  z.object({ id: z.uuid(), workspace_id: z.uuid(), service_name: z.string(), ciphertext: z.string() }),
);

export interface RekeyReport {
  /** Sealed with the newest key now. */
  rekeyed: number;
  /** Changed or deleted by somebody else in between: left as they are. */
  overtaken: number;
  /** Their key is not in the ring, or they were altered: only storing them again helps. */
  unreadable: number;
  /** Whether all credentials were looked at. */
  complete: boolean;
}

/**
 * Seals every credential anew that is not under the newest key. A row is replaced only while it holds the ciphertext
 * that was opened, so that a rotation of the secret in between is never undone; readers find the old form or the new
 * one, and the ring opens both.
 *
 * Before a new key becomes the first of the ring, every process must hold it (as any but the first). An old key may
 * leave the ring when none of the credentials is under it, and not before the executions that were running then have
 * ended: what their committed steps left behind is sealed with the same ring and is not sealed anew. An execution ends
 * within five minutes of its start (`EXECUTION_DEADLINE_MS`), or fails when it is resumed later. An hour is ample.
 */
export async function rekeyCredentials(
  { db, sealer }: { db: Db; sealer: Sealer },
  options: { batch?: number } = {},
): Promise<RekeyReport> {
  const limit = options.batch ?? BATCH;
  const report: RekeyReport = { rekeyed: 0, overtaken: 0, unreadable: 0, complete: false };
  let after: string | null = null;
  for (let batches = 0; batches < MAX_BATCHES && !report.complete; batches += 1) {
    const rows: z.infer<typeof Outdated> = Outdated.parse(
      await db.call('list_outdated_credentials', {
        p_newest_key_id: sealer.newestKeyId,
        p_limit: limit,
        p_after: after,
      }),
    );
    const sealed = await Promise.all(rows.map((row) => sealAnew(sealer, row)));
    const replacements = sealed.filter((replacement) => replacement !== null);
    const replaced =
      replacements.length === 0
        ? 0
        : z.int().parse(await db.call('replace_ciphertexts', { p_replacements: replacements }));
    report.rekeyed += replaced;
    report.overtaken += replacements.length - replaced;
    report.unreadable += rows.length - replacements.length;
    report.complete = rows.length < limit;
    after = rows.at(-1)?.id ?? null;
  }
  return report;
}

async function sealAnew(sealer: Sealer, row: z.infer<typeof Outdated>[number]) {
  const bound = credentialAdditionalData(row.workspace_id, row.service_name, row.id);
  try {
    const ciphertext = await sealer.seal(await sealer.open(row.ciphertext, bound), bound);
    return { id: row.id, old_ciphertext: row.ciphertext, key_id: sealer.keyIdOf(ciphertext), ciphertext };
  } catch (error) {
    // One that cannot be opened must not keep the others from the newest key.
    if (error instanceof DecryptError) return null;
    throw error;
  }
}
