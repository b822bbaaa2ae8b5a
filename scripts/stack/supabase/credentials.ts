import { createHash, timingSafeEqual } from 'node:crypto';
import type { StackKeys } from './keys.ts';
import type { Claims, Tokens } from './tokens.ts';

/** Who a request speaks for. The key says which program calls, the token which user, or which API key of Patchbay. */
export type Caller = { key: 'publishable' | 'secret'; user: Claims | null };

export type Refusal =
  | 'no_api_key'
  | 'invalid_api_key'
  | 'secret_key_in_browser'
  | 'invalid_token'
  | 'expired_token';

export type ReadCaller = (
  request: Request,
) => Promise<{ ok: true; caller: Caller } | { ok: false; refusal: Refusal }>;

/** Browsers start their user agent so; the hosted gateway uses the same test. A secret key there is public. */
const BROWSER = /^\s*Mozilla\/5\.0/i;

/** Compares hashes, so that neither content nor length shows in the time it takes. */
function sameKey(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

/**
 * Reads `apikey` (header or query) and `Authorization`. supabase-js repeats the API key as bearer when nobody is signed
 * in; every other bearer must be a valid access token of a user, or the request is refused: a caller who believes to be
 * signed in must not be served as `anon`.
 */
export function callerReader(keys: StackKeys, tokens: Tokens): ReadCaller {
  return async (request) => {
    const apiKey = request.headers.get('apikey') ?? new URL(request.url).searchParams.get('apikey');
    if (apiKey === null || apiKey === '') return { ok: false, refusal: 'no_api_key' };
    const isSecret = sameKey(apiKey, keys.secret_key);
    if (!isSecret && !sameKey(apiKey, keys.publishable_key)) return { ok: false, refusal: 'invalid_api_key' };
    if (isSecret && BROWSER.test(request.headers.get('user-agent') ?? '')) {
      return { ok: false, refusal: 'secret_key_in_browser' };
    }
    const key = isSecret ? 'secret' : 'publishable';

    const authorization = request.headers.get('authorization');
    if (authorization === null || authorization === '') return { ok: true, caller: { key, user: null } };
    const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (bearer === undefined) return { ok: false, refusal: 'invalid_token' };
    if (sameKey(bearer, apiKey)) return { ok: true, caller: { key, user: null } };

    const verified = await tokens.verify(bearer);
    if (verified.ok) return { ok: true, caller: { key, user: verified.claims } };
    return { ok: false, refusal: verified.reason === 'expired' ? 'expired_token' : 'invalid_token' };
  };
}
