import { createClient } from '@supabase/supabase-js';
import type { Db } from '../core/db/db.ts';
import { postgrestDb } from '../core/db/postgrest.ts';
import type { TaskEnv } from './env.ts';

/** A call that takes longer is given up, and tried again: the engine's calls are made of a few rows each. */
const DATABASE_TIMEOUT_MS = 15_000;

/** The database with the rights of the service role: for tasks only. */
export function serviceDatabase(env: Pick<TaskEnv, 'SUPABASE_URL' | 'SUPABASE_SECRET_KEY'>): Db {
  const client = createClient(env.SUPABASE_URL, env.SUPABASE_SECRET_KEY, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    db: { timeout: DATABASE_TIMEOUT_MS },
  });
  return postgrestDb(client);
}
