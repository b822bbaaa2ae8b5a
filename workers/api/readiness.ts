import * as z from 'zod';
import type { Config } from './env.ts';

export type CheckName = 'database' | 'trigger';
export type Checks = Readonly<Record<CheckName, boolean>>;
export type ReadinessProbe = () => Promise<Checks>;

const TIMEOUT_MS = 2000;
/** The route is open to anybody: within this time they share one answer, so that it cannot be used to send load on. */
const SHARED_FOR_MS = 2000;

/** SQLSTATE 42501: only Postgres itself can have refused this. */
const Refused = z.object({ code: z.literal('42501') });

/** Asks the services behind the API whether they answer, with the keys that requests will use. */
export function readinessProbe(
  config: Config,
  ports: { fetch: typeof fetch; now(): number },
): ReadinessProbe {
  let last: { at: number; checks: Checks } | undefined;

  const ask = (url: string, headers: Record<string, string>) =>
    ports.fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });

  // Nobody without a token may read workspaces: the refusal travels through PostgREST to Postgres and back.
  async function database(): Promise<boolean> {
    const url = `${config.supabaseUrl}/rest/v1/workspaces?select=id&limit=1`;
    const response = await ask(url, { apikey: config.supabaseKey });
    const body: unknown = await response.json();
    return response.ok || Refused.safeParse(body).success;
  }
  async function trigger(): Promise<boolean> {
    const url = `${config.triggerUrl}/api/v1/runs?page[size]=1`;
    const response = await ask(url, { authorization: `Bearer ${config.triggerKey}` });
    await response.body?.cancel();
    return response.ok;
  }

  return async () => {
    if (last !== undefined && ports.now() - last.at < SHARED_FOR_MS) return last.checks;
    const failed = () => false;
    const [databaseOk, triggerOk] = await Promise.all([database().catch(failed), trigger().catch(failed)]);
    const checks = { database: databaseOk, trigger: triggerOk };
    last = { at: ports.now(), checks };
    return checks;
  };
}
