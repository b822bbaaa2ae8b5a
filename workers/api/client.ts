import { hc } from 'hono/client';
import type { AppType } from './index.ts';

export type { AppType };

export interface ClientOptions {
  /** A person's access token, or an API key. */
  readonly token: string;
  /** The workspace that calls are about, for members of several. */
  readonly workspaceId?: string;
  readonly fetch?: typeof fetch;
}

/**
 * Hono's typed client for the API: paths, bodies and answers have the types of the Worker's own code, of which nothing is
 * loaded. Runs wherever there is a fetch.
 *
 * @example
 * const api = patchbay('https://api.example.com', { token });
 * const response = await api.api.v1.connectors[':id'].execute.$post({ param: { id }, json: { input: {} } });
 * if (response.ok) console.log((await response.json()).data.status);
 */
export function patchbay(url: string, options: ClientOptions) {
  const { token, workspaceId, fetch } = options;
  return hc<AppType>(url, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(workspaceId === undefined ? {} : { 'x-workspace-id': workspaceId }),
    },
    ...(fetch === undefined ? {} : { fetch }),
  });
}
export type Patchbay = ReturnType<typeof patchbay>;
