import type { Sealer } from '../crypto/seal.ts';
import { credentialAdditionalData } from './additional-data.ts';
import type { CredentialFields } from './schema.ts';

/** The columns that secret fields are stored in, sealed for one credential. */
export async function sealFields(
  sealer: Sealer,
  fields: CredentialFields,
  owner: { workspaceId: string; serviceName: string; credentialId: string },
): Promise<{ field_names: string[]; key_id: string; ciphertext: string }> {
  const { workspaceId, serviceName, credentialId } = owner;
  const ciphertext = await sealer.seal(
    JSON.stringify(fields),
    credentialAdditionalData(workspaceId, serviceName, credentialId),
  );
  return { field_names: Object.keys(fields).sort(), key_id: sealer.keyIdOf(ciphertext), ciphertext };
}
