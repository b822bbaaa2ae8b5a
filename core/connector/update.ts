import type { CallContext } from '../context.ts';
import { Problem } from '../problem/problem.ts';
import { getConnector } from './get.ts';
import { type Connector, ConnectorDefinition, type UpdateConnector } from './schema.ts';
import { withSoundDefinition } from './sound.ts';
import { StoredConnector, toStoredDefinition } from './stored.ts';

/**
 * Merges a patch into the stored connector and checks the whole. A changed program becomes a new version; a change
 * that somebody else made in between is never overwritten: it is `precondition_failed` when the caller named the revision
 * that they had read, and `version_conflict` otherwise.
 */
export async function updateConnector(
  ctx: CallContext,
  id: string,
  patch: UpdateConnector,
  expectedRevision: number | null = null,
): Promise<Connector> {
  const current = await getConnector(ctx, id, 'editor');
  if (expectedRevision !== null && expectedRevision !== current.revision) {
    throw new Problem('precondition_failed', 'It was changed since you read it: read it again.');
  }
  const definition = merge(current, patch);
  try {
    return await withSoundDefinition(ctx, definition, async (credentialServices) =>
      StoredConnector.parse(
        await ctx.db.call('update_connector', {
          p_workspace_id: current.workspace_id,
          p_id: id,
          p_expected_revision: current.revision,
          p_name: patch.name ?? current.name,
          p_description: patch.description ?? current.description,
          p_definition: toStoredDefinition(definition),
          p_credential_services: credentialServices,
        }),
      ),
    );
  } catch (error) {
    // The caller named no revision: that one was read here is not a precondition of theirs.
    if (expectedRevision === null && error instanceof Problem && error.code === 'precondition_failed') {
      throw new Problem('version_conflict', 'Somebody else changed this connector at the same moment.');
    }
    throw error;
  }
}

/** The optional parts of a definition, which `null` in a patch removes. */
const OPTIONAL = ['input_schema', 'coerce_input', 'output', 'contact_mapping'] as const;

function merge(current: Connector, patch: UpdateConnector): ConnectorDefinition {
  const merged: Record<string, unknown> = { steps: patch.steps ?? current.steps };
  for (const key of OPTIONAL) {
    const value = patch[key] === undefined ? current[key] : patch[key];
    const removed = patch[key] === null || value === undefined;
    if (!removed) merged[key] = value;
  }
  return ConnectorDefinition.parse(merged);
}
