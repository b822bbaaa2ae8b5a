import { type CryptoKey, importJWK, SignJWT } from 'jose';
import { hashSecret, parseApiKey } from '../../../core/api-key/format.ts';
import type { ApiKeyActor } from './actor.ts';
import type { SigningKey } from './signing-key.ts';

/** How long the database takes a token. It names a key that is looked up in the same call, so this bounds nothing else. */
const TOKEN_SECONDS = 60;
/** Until then a token is used again; what is left covers the call and clocks that differ. */
const REUSE_MS = 45_000;
/** Keys remembered at most, at about 1 kB each. */
const MAX_REMEMBERED = 1000;
/** `last_used_at` is this exact. */
const NOTE_EVERY_MS = 60_000;

/**
 * API keys as callers of the database. Nothing is looked up here: a token says which key is presented and the hash of its
 * secret, and row level security asks for both in the query that does the work. So a revoked key ends at once, and a
 * request with a key costs one round trip like any other.
 */
export interface ApiKeys {
  /** The caller behind a key, or null when it is malformed. */
  identify(presented: string): Promise<ApiKeyActor | null>;
  /** Whether the database accepted this key when it was last presented. */
  remembers(presented: string): boolean;
  /** The database has accepted the key. True when it is time to note that it is in use. */
  accepted(presented: string): boolean;
  /** The database has refused the key. */
  refused(presented: string): void;
}

interface Remembered {
  readonly actor: ApiKeyActor;
  readonly reuseUntilMs: number;
  accepted: boolean;
}

/** @param issuer that of the auth server's own tokens, which the database may insist on */
export function apiKeys(signingKey: SigningKey, issuer: string, clock: { now(): number }): ApiKeys {
  const remembered = new Map<string, Remembered>();
  const notedAt = new Map<string, number>();
  let privateKey: CryptoKey | Uint8Array | undefined;

  async function sign(id: string, secretHash: string): Promise<string> {
    privateKey ??= await importJWK(signingKey, 'ES256');
    const iat = Math.floor(clock.now() / 1000);
    return new SignJWT({ role: 'authenticated', api_key_hash: secretHash })
      .setProtectedHeader({ alg: 'ES256', kid: signingKey.kid, typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience('authenticated')
      .setSubject(id)
      .setIssuedAt(iat)
      .setExpirationTime(iat + TOKEN_SECONDS)
      .sign(privateKey);
  }

  const fresh = (presented: string): Remembered | undefined => {
    const found = remembered.get(presented);
    return found !== undefined && clock.now() < found.reuseUntilMs ? found : undefined;
  };

  return {
    async identify(presented) {
      const known = fresh(presented);
      if (known !== undefined) return known.actor;
      const parts = parseApiKey(presented);
      if (parts === null) return null;
      const secretHash = await hashSecret(parts.secret);
      const token = await sign(parts.id, secretHash);
      const actor: ApiKeyActor = { type: 'api_key', apiKeyId: parts.id, secretHash, token };
      const accepted = remembered.get(presented)?.accepted ?? false;
      put(remembered, presented, { actor, reuseUntilMs: clock.now() + REUSE_MS, accepted });
      return actor;
    },

    remembers: (presented) => remembered.get(presented)?.accepted ?? false,

    accepted(presented) {
      const found = remembered.get(presented);
      if (found === undefined) return false;
      found.accepted = true;
      const { apiKeyId } = found.actor;
      if (clock.now() - (notedAt.get(apiKeyId) ?? Number.NEGATIVE_INFINITY) < NOTE_EVERY_MS) return false;
      put(notedAt, apiKeyId, clock.now());
      return true;
    },

    refused(presented) {
      remembered.delete(presented);
    },
  };
}

/** Bounded: the oldest goes first. */
function put<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  const [oldest] = map.keys();
  if (map.size >= MAX_REMEMBERED && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
