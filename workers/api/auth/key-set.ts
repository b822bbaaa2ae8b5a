import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import * as z from 'zod';

/** How long a fetched key set is used without asking again: as long as Supabase's own edge caches it. */
const FRESH_MS = 10 * 60 * 1000;
/** A kid that is not in the set is asked for at most this often, so that made-up kids cannot force fetches. */
const COOLDOWN_MS = 30 * 1000;
/** After a failed fetch, how long callers are told so without another. */
const RETRY_MS = 1000;
const TIMEOUT_MS = 3000;
/** How often a request looks whether the first fetch, which another one makes, has ended. */
const POLL_MS = 10;

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** The key set could not be fetched, so that nothing can be said about a token. */
export class KeySetUnavailable extends Error {
  override readonly name = 'KeySetUnavailable';
}

export interface KeySetPorts {
  fetch: typeof fetch;
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/**
 * The signing keys of the auth server by `kid` (RFC 7517). Only results are kept between calls, never a pending
 * fetch: in Workers a promise of one request cannot be awaited by another. An expired set goes on serving the keys it
 * has while the auth server does not answer.
 */
export function remoteKeySet(url: string, ports: KeySetPorts): JWTVerifyGetKey {
  let find: JWTVerifyGetKey | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let pending = false;

  async function refresh(): Promise<void> {
    triedAt = ports.now();
    pending = true;
    try {
      find = createLocalJWKSet(await fetchKeySet(url, ports.fetch));
    } catch (error) {
      if (find === undefined) throw new KeySetUnavailable('The key set cannot be fetched.', { cause: error });
    } finally {
      pending = false;
    }
  }
  const age = () => ports.now() - triedAt;

  /**
   * For the requests that come while the first one fetches. One whose caller hangs up is ended without a word, so the
   * fetch is given up for lost after its time.
   */
  async function waitForFirst(): Promise<void> {
    const mostPolls = TIMEOUT_MS / POLL_MS;
    for (
      let polls = 0;
      pending && find === undefined && age() < TIMEOUT_MS && polls < mostPolls;
      polls += 1
    ) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  return async (header, token) => {
    if (find === undefined && pending) await waitForFirst();
    if (find === undefined && age() < RETRY_MS) throw new KeySetUnavailable('The key set cannot be fetched.');
    if (find === undefined || age() > FRESH_MS) await refresh();
    if (find === undefined) throw new KeySetUnavailable('The key set cannot be fetched.');
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || age() < COOLDOWN_MS) throw error;
      await refresh();
      return find(header, token);
    }
  };
}

async function fetchKeySet(url: string, fetcher: typeof fetch): Promise<JSONWebKeySet> {
  const response = await fetcher(url, {
    headers: { accept: 'application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`The key set answered ${response.status}.`);
  return KeySet.parse(await response.json());
}
