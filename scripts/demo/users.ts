import { createClient } from '@supabase/supabase-js';
import { decodeJwt } from 'jose';
import { apiClient, data } from './api.ts';

export type Login = { email: string; password: string };
type SupabaseProject = { supabaseUrl: string; publishableKey: string; secretKey: string };

const NO_SESSION = { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } };

/** Makes the user if there is none, through the admin API, and signs in. Answers an access token. */
export async function signIn(project: SupabaseProject, login: Login): Promise<string> {
  const admin = createClient(project.supabaseUrl, project.secretKey, NO_SESSION);
  const created = await admin.auth.admin.createUser({ ...login, email_confirm: true });
  if (created.error && created.error.code !== 'email_exists') throw created.error;
  const client = createClient(project.supabaseUrl, project.publishableKey, NO_SESSION);
  const { data: session, error } = await client.auth.signInWithPassword(login);
  if (error) throw error;
  return session.session.access_token;
}

/** The caller's workspace of this name, made when there is none. */
export async function ensureWorkspace(url: string, token: string, name: string): Promise<string> {
  const api = apiClient(url, token);
  const me = await data(api.api.v1.me.$get());
  const existing = me.workspaces.find((workspace) => workspace.name === name);
  if (existing) return existing.id;
  return (await data(api.api.v1.workspaces.$post({ json: { name } }))).id;
}

/** Signs in as a SaaS admin, and makes the user one: only the service role can. */
export async function signInAsSaasAdmin(project: SupabaseProject, login: Login): Promise<string> {
  const token = await signIn(project, login);
  const admins = createClient(project.supabaseUrl, project.secretKey, NO_SESSION).from('saas_admin_users');
  const { error } = await admins.upsert({ user_id: decodeJwt(token).sub }, { ignoreDuplicates: true });
  if (error) throw new Error(error.message);
  return token;
}
