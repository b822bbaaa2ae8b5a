import { toBase64 } from '../../core/crypto/base64.ts';
import { type KeyedHash, keyedHash } from '../../core/crypto/keyed-hash.ts';
import { createSealer, type Sealer } from '../../core/crypto/seal.ts';
import { webCrypto } from '../../core/crypto/web-crypto.ts';
import { uuidv7 } from '../../core/ids.ts';
import { type ApiKeys, apiKeys } from './auth/api-keys.ts';
import { tokenVerifier, type VerifyToken } from './auth/verify-token.ts';
import { databaseOpener, type OpenDatabase } from './database.ts';
import { type Config, ConfigError, parseEnv } from './env.ts';
import { createLimits, type Limits } from './limits/limits.ts';
import { type Log, redactedLog } from './log.ts';
import { type ReadinessProbe, readinessProbe } from './readiness.ts';
import { type TriggerClient, triggerClient } from './trigger-client.ts';

/** What the Worker needs from the world; replaced in tests. */
export interface Runtime {
  readonly fetch: typeof fetch;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  readonly log: Log;
}

/** What requests are served with; made once for each set of bindings, so once in an isolate's life. */
export interface Ports {
  readonly config: Config;
  readonly verifyToken: VerifyToken;
  /** Null: this deployment has no API keys. */
  readonly apiKeys: ApiKeys | null;
  /** Null: nothing is limited. */
  readonly limits: Limits | null;
  /** What is kept of a request that carried an Idempotency-Key. */
  readonly fingerprint: KeyedHash;
  /** The secret of an API key that must come out the same when its creation is replayed. */
  readonly repeatableSecret: KeyedHash;
  readonly openDatabase: OpenDatabase;
  readonly sealer: Sealer;
  readonly trigger: TriggerClient;
  readonly probe: ReadinessProbe;
  readonly runtime: Runtime;
  newId(): string;
}

function createPorts(config: Config, runtime: Runtime): Ports {
  const { fetch, now } = runtime;
  const { supabaseUrl: url, supabaseKey: apiKey, triggerUrl, triggerKey: secretKey } = config;
  return {
    config,
    verifyToken: tokenVerifier(config.jwt, { fetch, now }),
    apiKeys: config.signingKey && apiKeys(config.signingKey, config.jwt.issuer, { now }),
    limits: createLimits(config.rateLimits, { now }),
    fingerprint: keyedHash(config.keyRing, 'patchbay idempotency fingerprint v1'),
    repeatableSecret: keyedHash(config.keyRing, 'patchbay api key secret v1'),
    openDatabase: databaseOpener({ url, apiKey, fetch }),
    sealer: createSealer(config.keyRing, webCrypto),
    trigger: triggerClient({ url: triggerUrl, secretKey, fetch }),
    probe: readinessProbe(config, { fetch, now }),
    runtime: { ...runtime, log: redactedLog(runtime.log, secretsOf(config)) },
    newId: () => uuidv7({ now }, (length) => crypto.getRandomValues(new Uint8Array(length))),
  };
}

/** What must not be in a log, whatever brought it there. */
function secretsOf({ supabaseKey, triggerKey, jwt, keyRing, signingKey }: Config): string[] {
  const keys = keyRing.keys.map(({ raw }) => toBase64(raw));
  return [supabaseKey, triggerKey, jwt.secret ?? '', signingKey?.d ?? '', ...keys];
}

/**
 * The ports for a set of bindings, parsed the first time they are seen. Bindings that cannot be served with fail
 * every request, and are logged once.
 *
 * @throws ConfigError
 */
export function portsFor(runtime: Runtime): (bindings: object) => Ports {
  const known = new WeakMap<object, Ports | ConfigError>();
  return (bindings) => {
    let found = known.get(bindings);
    if (found === undefined) {
      found = load(bindings, runtime);
      known.set(bindings, found);
    }
    if (found instanceof ConfigError) throw found;
    return found;
  };
}

function load(bindings: object, runtime: Runtime): Ports | ConfigError {
  try {
    return createPorts(parseEnv(bindings), runtime);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    runtime.log('error', 'configuration_refused', { message: error.message });
    return error;
  }
}
