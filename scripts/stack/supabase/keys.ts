import { randomBytes } from 'node:crypto';
import { chmod, link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import * as z from 'zod';

/** As many bytes as the random part of a hosted key has characters' worth of entropy, and more than can be guessed. */
const API_KEY_BYTES = 24;

const OWNER_ONLY = 0o600;

const StackKeys = z.object({
  version: z.literal(1),
  publishable_key: z.string().regex(/^sb_publishable_[\w-]{20,}$/),
  secret_key: z.string().regex(/^sb_secret_[\w-]{20,}$/),
  /** The private half of the key that signs access tokens (RFC 7517, P-256). */
  signing_key: z.strictObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: z.string(),
    y: z.string(),
    d: z.string(),
    kid: z.string().min(1),
    alg: z.literal('ES256'),
    use: z.literal('sig'),
  }),
});
export type StackKeys = z.infer<typeof StackKeys>;

export async function generateKeys(): Promise<StackKeys> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return StackKeys.parse({
    version: 1,
    publishable_key: `sb_publishable_${randomBytes(API_KEY_BYTES).toString('base64url')}`,
    secret_key: `sb_secret_${randomBytes(API_KEY_BYTES).toString('base64url')}`,
    signing_key: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' },
  });
}

/**
 * The keys of a data folder, made on first use and kept in `keys.json`, readable by its owner only.
 * Throws when the file exists but does not hold keys: new ones would silently end every session.
 */
export async function loadKeys(folder: string): Promise<StackKeys> {
  const path = join(folder, 'keys.json');
  const existing = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (existing !== undefined) {
    await chmod(path, OWNER_ONLY);
    return parseKeys(existing, path);
  }
  const keys = await generateKeys();
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(keys, null, 2)}\n`, { mode: OWNER_ONLY, flush: true });
  try {
    await link(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return keys;
}

function parseKeys(text: string, path: string): StackKeys {
  try {
    return StackKeys.parse(JSON.parse(text));
  } catch {
    // No cause: the message of a parse error can quote the text, which holds private keys.
    throw new Error(`${path} does not hold the stack's keys: restore it, or delete it to make new ones`);
  }
}
