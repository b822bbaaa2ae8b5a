import type { PostgrestClient } from '@supabase/postgrest-js';
import { type Db, databaseError } from './db.ts';

/** The port over PostgREST: one HTTP request a call, with the rights of the token that the client carries. */
export function postgrestDb(client: Pick<PostgrestClient, 'rpc'>): Db {
  return {
    async call(fn, args) {
      const { data, error, status } = await client.rpc(fn, args);
      if (error) throw databaseError(fn, error, status);
      return data;
    },
  };
}
