import type { Sealer } from '../crypto/seal.ts';
import { fieldErrorsOf } from '../problem/field-errors.ts';
import { type FieldError, Problem } from '../problem/problem.ts';
import { requireBaseUrl } from './base-url.ts';
import { readCredential } from './get.ts';
import { requireHosts } from './hosts.ts';
import { type CredentialContext, presentCredential } from './present.ts';
import {
  type Credential,
  StoreCredential,
  StoredCredential,
  type StoredCredentialDetail,
  type UpdateCredential,
} from './schema.ts';
import { sealFields } from './seal-fields.ts';

/**
 * Changes a credential in place: its id stays, and new fields are sealed for that id. One read, one write; the write
 * is refused when the credential is not what was read any more.
 *
 * @param expectedRevision what the caller knows it as; another one is `precondition_failed`. With null, a change that
 *   somebody else made between read and write is a `version_conflict`.
 */
export async function updateCredential(
  ctx: CredentialContext & { readonly sealer: Sealer },
  serviceName: string,
  patch: UpdateCredential,
  expectedRevision: number | null,
): Promise<Credential> {
  const current = await readCredential(ctx, serviceName, 'editor');
  const changes = await changesOf(ctx.sealer, current, patch);
  try {
    const stored = StoredCredential.parse(
      await ctx.db.call('update_credential', {
        p_workspace_id: current.workspace_id,
        p_service_name: serviceName,
        p_id: current.id,
        p_expected_revision: expectedRevision ?? current.revision,
        p_changes: changes,
      }),
    );
    return presentCredential(stored, ctx.now());
  } catch (error) {
    const raced = error instanceof Problem && error.code === 'precondition_failed';
    if (!raced || expectedRevision !== null) throw error;
    throw new Problem('version_conflict', 'Somebody else changed this credential at the same moment.');
  }
}

async function changesOf(sealer: Sealer, current: StoredCredentialDetail, patch: UpdateCredential) {
  const plain = {
    ...destinationOf(current, patch),
    ...(patch.rate_limit === undefined ? {} : { rate_limit: patch.rate_limit }),
    ...(patch.expires_at === undefined ? {} : { expires_at: patch.expires_at }),
  };
  if (patch.fields === undefined) {
    if (patch.placement === undefined) return plain;
    if (current.type !== 'api_key') throw invalid([NO_PLACEMENT]);
    return { ...plain, placement: patch.placement };
  }
  const { type, placement, fields } = wholeOf(current, patch);
  const { service_name: serviceName, workspace_id: workspaceId, id: credentialId } = current;
  return {
    ...plain,
    type,
    placement,
    ...(await sealFields(sealer, fields, { serviceName, workspaceId, credentialId })),
  };
}

/** Hosts and base URL, which have to fit each other also where only one of them changes. */
function destinationOf(current: StoredCredentialDetail, patch: UpdateCredential) {
  const hosts = patch.allowed_hosts === undefined ? undefined : requireHosts(patch.allowed_hosts);
  const baseUrl = patch.base_url === undefined ? current.base_url : patch.base_url;
  const pointer = patch.base_url === undefined ? '/allowed_hosts' : '/base_url';
  const changed = hosts !== undefined || patch.base_url !== undefined;
  const checked =
    baseUrl === null || !changed ? baseUrl : requireBaseUrl(baseUrl, hosts ?? current.allowed_hosts, pointer);
  return {
    ...(hosts === undefined ? {} : { allowed_hosts: hosts }),
    ...(patch.base_url === undefined ? {} : { base_url: checked }),
  };
}

/** The credential as it would be stored anew: so the same rules hold for a rotation as for a first one. */
function wholeOf(current: StoredCredentialDetail, patch: UpdateCredential) {
  const type = patch.type ?? current.type;
  const kept = type === 'api_key' ? current.placement : null;
  const placement = patch.placement ?? kept;
  if (type !== 'api_key' && placement !== null) throw invalid([NO_PLACEMENT]);
  const whole = StoreCredential.safeParse({
    service_name: current.service_name,
    allowed_hosts: current.allowed_hosts,
    type,
    fields: patch.fields,
    ...(placement === null ? {} : { placement }),
  });
  if (!whole.success) throw invalid(fieldErrorsOf(whole.error.issues));
  return { type, placement, fields: whole.data.fields };
}

const NO_PLACEMENT: FieldError = {
  pointer: '/placement',
  detail: 'belongs to credentials of the type api_key',
};

function invalid(errors: readonly FieldError[]): Problem {
  return new Problem('validation_failed', 'The change does not fit the credential.', errors);
}
