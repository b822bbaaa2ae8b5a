import { credentialAdditionalData } from '../../credential/additional-data.ts';
import { CredentialFields } from '../../credential/schema.ts';
import { toBase64 } from '../../crypto/base64.ts';
import type { Sealer } from '../../crypto/seal.ts';
import type { Claim, SealedCredential } from './ports.ts';

/** A credential with its secrets, in memory only. */
export type OpenCredential = Omit<SealedCredential, 'ciphertext'> & { fields: CredentialFields };
export type OpenCredentials = ReadonlyMap<string, OpenCredential>;

/** Opens what a claim brought. Throws `DecryptError` when a row was altered, moved, or its key is gone. */
export async function openCredentials(claim: Claim, sealer: Sealer): Promise<OpenCredentials> {
  const opened = await Promise.all(
    claim.credentials.map(async ({ ciphertext, ...credential }) => {
      const additionalData = credentialAdditionalData(
        claim.workspace_id,
        credential.service_name,
        credential.id,
      );
      const fields = CredentialFields.parse(JSON.parse(await sealer.open(ciphertext, additionalData)));
      return [credential.service_name, { ...credential, fields }] as const;
    }),
  );
  return new Map(opened);
}

/** `user:password` as the Basic scheme sends it (RFC 7617 section 2), in UTF-8. */
export function basicToken(fields: CredentialFields): string {
  return toBase64(new TextEncoder().encode(`${fields.username ?? ''}:${fields.password ?? ''}`));
}

/** Every text that must never be recorded: each field, and the forms in which a step sends them. */
export function secretsOf(credentials: OpenCredentials): string[] {
  return [...credentials.values()].flatMap(({ type, fields }) => [
    ...Object.values(fields),
    ...(type === 'basic' ? [`${fields.username ?? ''}:${fields.password ?? ''}`, basicToken(fields)] : []),
  ]);
}
