import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { EmbeddedSupabase } from './start.ts';

export const FIXTURE_MIGRATIONS = join(import.meta.dirname, 'fixtures/migrations');

/** A folder of its own, removed when the scope that declares it with `await using` ends. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'patchbay-supabase-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function client(url: string, key: string): SupabaseClient {
  return createClient(url, key, { auth: { persistSession: false, autoRefreshToken: false } });
}

export interface TestUser {
  id: string;
  email: string;
  token: string;
  client: SupabaseClient;
}

export const PASSWORD = 'correct horse battery';

/** Creates a user through the admin API and signs in as that user. */
export async function signedInUser(supabase: EmbeddedSupabase, name = 'user'): Promise<TestUser> {
  const email = `${name}-${crypto.randomUUID()}@example.com`;
  const admin = client(supabase.url, supabase.secretKey);
  const created = await admin.auth.admin.createUser({ email, password: PASSWORD, email_confirm: true });
  if (created.error) throw created.error;
  const own = client(supabase.url, supabase.publishableKey);
  const { data, error } = await own.auth.signInWithPassword({ email, password: PASSWORD });
  if (error) throw error;
  return { id: created.data.user.id, email, token: data.session.access_token, client: own };
}
