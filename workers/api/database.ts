import { PostgrestClient } from '@supabase/postgrest-js';
import type { Db } from '../../core/db/db.ts';
import { postgrestDb } from '../../core/db/postgrest.ts';

/** Longer than any call of the API takes; shorter than a caller's patience. */
const TIMEOUT_MS = 10_000;
/** Of calls that write the ten thousand items of a batch: a second on a server, more on a small machine that has much to do. */
const BATCH_TIMEOUT_MS = 30_000;
const OF_BATCHES = /^(?:create|cancel|redrive)_batch$/;

/** Opens the database API with the rights of one caller's token. */
export type OpenDatabase = (token: string) => Db;

export function databaseOpener(options: { url: string; apiKey: string; fetch: typeof fetch }): OpenDatabase {
  const rest = `${options.url}/rest/v1`;
  const open = (token: string, timeout: number) =>
    postgrestDb(
      new PostgrestClient(rest, {
        headers: { apikey: options.apiKey, authorization: `Bearer ${token}` },
        fetch: options.fetch,
        timeout,
        retry: false,
      }),
    );
  return (token) => {
    const usual = open(token, TIMEOUT_MS);
    return {
      call(fn, args) {
        const called = fn === 'call_idempotently' ? String(args.p_fn) : fn;
        return OF_BATCHES.test(called) ? open(token, BATCH_TIMEOUT_MS).call(fn, args) : usual.call(fn, args);
      },
    };
  };
}
