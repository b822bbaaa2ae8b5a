import * as z from 'zod';
import type { Db } from '../../db/db.ts';
import { parseClaim } from '../../execution/engine/ledger.db.ts';
import { LEASE_SECONDS } from '../../execution/engine/limits.ts';
import { SLICE_LEASE_SECONDS } from './limits.ts';
import { type BatchQueue, SliceLost } from './ports.ts';

const Begun = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('begun'), workspace_id: z.uuid() }),
  z.object({ outcome: z.enum(['held', 'stale', 'finished', 'missing']) }),
]);
const Next = z.object({ due: z.string().nullable(), turn: z.int() });

/** A batch's queue in the database, through its named functions. `owner` is the task run. */
export function databaseBatchQueue(db: Db, batchId: string, owner: string): BatchQueue {
  const mine = { p_batch_id: batchId, p_owner: owner };
  const slice = { ...mine, p_lease_seconds: SLICE_LEASE_SECONDS };
  return {
    async begin(turn) {
      const answer = Begun.parse(await db.call('begin_batch_slice', { ...slice, p_turn: turn }));
      return answer.outcome === 'begun'
        ? { outcome: 'begun', workspaceId: answer.workspace_id }
        : { outcome: answer.outcome };
    },
    async claim(limit) {
      const rows = await db.call('claim_batch_executions', {
        ...mine,
        p_limit: limit,
        p_lease_seconds: LEASE_SECONDS,
      });
      if (rows === null) throw new SliceLost();
      return z.array(z.unknown()).parse(rows).map(parseClaim);
    },
    async renew() {
      if (!z.boolean().parse(await db.call('renew_batch_slice', slice))) throw new SliceLost();
    },
    async end() {
      const { due, turn } = Next.parse(await db.call('end_batch_slice', mine));
      return due === null ? null : { due, turn };
    },
  };
}
