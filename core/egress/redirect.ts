import type { EgressRequest, HeaderPair } from './port.ts';

/** The part of a request that changes from hop to hop. */
export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array | string | null;
}

type Credentials = Pick<EgressRequest, 'credentialHeaders' | 'credentialQuery'>;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Carry a credential whether or not the caller names them. */
export const ALWAYS_SENSITIVE: readonly string[] = ['authorization', 'cookie', 'proxy-authorization'];

/** The Location of a status that asks to be followed, or null. */
export function redirectLocation(status: number, headers: readonly HeaderPair[]): string | null {
  if (!REDIRECTS.has(status)) return null;
  return headers.find(([name]) => name === 'location')?.[1] ?? null;
}

/**
 * The request that follows a redirect (RFC 9110 section 15.4), or null when Location is not a URL. The result is
 * unchecked: its URL and host binding are for the caller to check like those of a first request.
 *
 * Across origins (scheme, host or port differ) everything that carries a credential is dropped.
 */
export function followRedirect(
  hop: Hop,
  status: number,
  location: string,
  credentials: Credentials,
): Hop | null {
  if (!URL.canParse(location, hop.url.href)) return null;
  const url = new URL(location, hop.url);
  const toGet = becomesGet(hop.method, status);
  let headers = hop.headers;
  if (toGet) headers = headers.filter(([name]) => !name.startsWith('content-'));
  if (url.origin !== hop.url.origin) {
    const dropped = new Set([...ALWAYS_SENSITIVE, ...credentials.credentialHeaders]);
    headers = headers.filter(([name]) => !dropped.has(name));
    for (const name of credentials.credentialQuery ?? []) {
      // Deleting rewrites the whole query, which would break a signed one for nothing.
      if (url.searchParams.has(name)) url.searchParams.delete(name);
    }
  }
  return { method: toGet ? 'GET' : hop.method, url, headers, body: toGet ? null : hop.body };
}

function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return (status === 301 || status === 302) && method === 'POST';
}
