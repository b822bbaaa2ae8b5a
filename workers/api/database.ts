import { PostgrestClient } from '@supabase/postgrest-js';
import type { Db } from '../../core/db/db.ts';
import { postgrestDb } from '../../core/db/postgrest.ts';

/** Longer than any call of the API takes; shorter than a caller's patience. */
const TIMEOUT_MS = 10_000;

/** Opens the database API with the rights of one caller's token. */
export type OpenDatabase = (token: string) => Db;

export function databaseOpener(options: { url: string; apiKey: string; fetch: typeof fetch }): OpenDatabase {
  const rest = `${options.url}/rest/v1`;
  return (token) =>
    postgrestDb(
      new PostgrestClient(rest, {
        headers: { apikey: options.apiKey, authorization: `Bearer ${token}` },
        fetch: options.fetch,
        timeout: TIMEOUT_MS,
        retry: false,
      }),
    );
}
