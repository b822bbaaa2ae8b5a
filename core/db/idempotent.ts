import * as z from 'zod';
import type { Db } from './db.ts';

export interface IdempotentCall {
  /** The caller's Idempotency-Key, 1–255 characters. */
  readonly key: string;
  /** A keyed hash of the whole request, to tell another request under the same key. */
  fingerprint(): Promise<string>;
  /** Called when the answer is that of an earlier call. */
  onReplay(): void;
}

/** How functions that only read are named; the database refuses to keep the answer of one (they are not volatile). */
const READS = /^(?:(?:get|list|resolve|check|export)_|admin_key_rotation$)/;

const Answer = z.object({ replayed: z.boolean(), answer: z.unknown() });

/**
 * The port with its one write made idempotent, in the same round trip: the write runs with the key's row in one
 * transaction, or its stored answer comes back. Reads pass through, so that a verb sees what is there now.
 *
 * A second write under the same key would get the answer of the first, so it is refused.
 */
export function idempotentDb(db: Db, call: IdempotentCall): Db {
  let written = false;
  return {
    async call(fn, args) {
      if (READS.test(fn)) return db.call(fn, args);
      if (written) throw new Error(`${fn}: a call with an Idempotency-Key can write only once.`);
      written = true;
      const { replayed, answer } = Answer.parse(
        await db.call('call_idempotently', {
          p_key: call.key,
          p_fingerprint: await call.fingerprint(),
          p_fn: fn,
          p_args: args,
        }),
      );
      if (replayed) call.onReplay();
      return answer;
    },
  };
}
