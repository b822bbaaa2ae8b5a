import type { CallContext } from '../context.ts';
import { Problem } from '../problem/problem.ts';
import { formatApiKey, hashSecret, hintOf } from './format.ts';
import { ApiKey, type CreateApiKey, CreatedApiKey } from './schema.ts';

export interface SecretPorts {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /**
   * The secret for a key with this id: 32 bytes in base64url. For a call with an Idempotency-Key it must be the same
   * each time that id is asked for, because a replayed call shows the key again and nothing of it is stored.
   */
  secretFor(id: string): Promise<string>;
}

/** Makes a key for the workspace. Needs the role admin, and a user: keys make no keys. */
export async function createApiKey(
  ctx: CallContext,
  input: CreateApiKey,
  ports: SecretPorts,
): Promise<CreatedApiKey> {
  if (input.expires_at !== undefined && Date.parse(input.expires_at) <= ports.now()) {
    throw new Problem('validation_failed', 'The key would have expired already.', [
      { pointer: '/expires_at', detail: 'must be in the future' },
    ]);
  }
  const id = ctx.newId();
  const secret = await ports.secretFor(id);
  const stored = ApiKey.parse(
    await ctx.db.call('create_api_key', {
      p_workspace_id: ctx.workspaceId,
      p_api_key: {
        id,
        name: input.name,
        scope: input.scope,
        secret_hash: await hashSecret(secret),
        secret_hint: hintOf(secret),
        expires_at: input.expires_at ?? null,
      },
    }),
  );
  // A replayed call answers with the key of the first one, whose id is another.
  const shown = stored.id === id ? secret : await ports.secretFor(stored.id);
  if (hintOf(shown) !== stored.secret_hint) {
    throw new Problem(
      'conflict',
      'This key was made before and cannot be shown again: revoke it and make another.',
    );
  }
  return CreatedApiKey.parse({ ...stored, key: formatApiKey({ id: stored.id, secret: shown }) });
}
