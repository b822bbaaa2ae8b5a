import type { PostgrestClient } from '@supabase/postgrest-js';
import { type Db, databaseError } from './db.ts';

/** The port over PostgREST: one HTTP request a call, with the rights of the token that the client carries. */
export function postgrestDb(client: Pick<PostgrestClient, 'rpc'>): Db {
  return {
    async call(fn, args) {
      const { data, error, status } = await client.rpc(fn, args);
      // What is not PostgREST's own answer (a gateway's error page) carries no code.
      if (error)
        throw databaseError(fn, { ...error, code: error.code ?? '', message: error.message ?? '' }, status);
      return data;
    },
  };
}
