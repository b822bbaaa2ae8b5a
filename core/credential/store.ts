import * as z from 'zod';
import type { CallContext } from '../context.ts';
import type { Sealer } from '../crypto/seal.ts';
import { checkHostPattern } from '../egress/host-binding.ts';
import { type FieldError, Problem } from '../problem/problem.ts';
import { resolveWorkspace } from '../workspace/resolve.ts';
import { credentialAdditionalData } from './additional-data.ts';
import { Credential, type StoreCredential } from './schema.ts';

const Written = z.object({ replaced: z.boolean(), credential: Credential });

/**
 * Seals the fields and stores them for a service, in place of what was stored before. The plaintext goes no further
 * than this function.
 */
export async function storeCredential(
  ctx: CallContext & { readonly sealer: Sealer },
  input: StoreCredential,
): Promise<z.infer<typeof Written>> {
  const allowedHosts = requireHosts(input.allowed_hosts);
  const workspaceId = await resolveWorkspace(ctx, 'editor');
  const id = ctx.newId();
  const ciphertext = await ctx.sealer.seal(
    JSON.stringify(input.fields),
    credentialAdditionalData(workspaceId, input.service_name, id),
  );
  return Written.parse(
    await ctx.db.call('store_credential', {
      p_workspace_id: workspaceId,
      p_credential: {
        id,
        service_name: input.service_name,
        type: input.type,
        placement: input.type === 'api_key' ? input.placement : null,
        allowed_hosts: allowedHosts,
        field_names: Object.keys(input.fields).sort(),
        key_id: ctx.sealer.keyIdOf(ciphertext),
        ciphertext,
      },
    }),
  );
}

/** The patterns as they are stored: normalised, each once. */
function requireHosts(patterns: readonly string[]): string[] {
  const errors: FieldError[] = [];
  const hosts = new Set<string>();
  for (const [index, pattern] of patterns.entries()) {
    const check = checkHostPattern(pattern);
    if (check.ok) hosts.add(check.pattern);
    else errors.push({ pointer: `/allowed_hosts/${index}`, detail: check.message });
  }
  if (errors.length > 0) throw new Problem('validation_failed', 'A host is not valid.', errors);
  return [...hosts];
}
