import { credentialAdditionalData } from '../../credential/additional-data.ts';
import { CredentialFields } from '../../credential/schema.ts';
import { toBase64 } from '../../crypto/base64.ts';
import { DecryptError, type Sealer } from '../../crypto/seal.ts';
import type { Claim, SealedCredential } from './ports.ts';

/** A credential with its secrets, in memory only. */
export type OpenCredential = Omit<SealedCredential, 'ciphertext'> & { fields: CredentialFields };
export type OpenCredentials = ReadonlyMap<string, OpenCredential>;

/** A stored credential was altered or moved, its key is gone, or it holds something else than secret fields. */
export class CredentialUnreadable extends Error {
  override readonly name = 'CredentialUnreadable';
  readonly service: string;
  constructor(service: string) {
    super(`The credential for ${service} cannot be read.`);
    this.service = service;
  }
}

/** Opens what a claim brought. Throws `CredentialUnreadable`. */
export async function openCredentials(
  claim: Pick<Claim, 'workspace_id' | 'credentials'>,
  sealer: Sealer,
): Promise<OpenCredentials> {
  const opened = await Promise.all(
    claim.credentials.map(async ({ ciphertext, ...credential }) => {
      const { service_name, id } = credential;
      const additionalData = credentialAdditionalData(claim.workspace_id, service_name, id);
      const text = await sealer.open(ciphertext, additionalData).catch((error: unknown) => {
        throw error instanceof DecryptError ? new CredentialUnreadable(service_name) : error;
      });
      return [service_name, { ...credential, fields: readFields(text, service_name) }] as const;
    }),
  );
  return new Map(opened);
}

function readFields(text: string, service: string): CredentialFields {
  try {
    return CredentialFields.parse(JSON.parse(text));
  } catch {
    // The parser's own error would quote the text.
    throw new CredentialUnreadable(service);
  }
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
