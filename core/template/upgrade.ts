import type { Connector } from '../connector/schema.ts';
import { StoredConnector, toStoredDefinition } from '../connector/stored.ts';
import type { CallContext } from '../context.ts';
import { Problem } from '../problem/problem.ts';
import { planUpgrade, readUpdate } from './read-update.ts';
import { onRevision } from './revision.ts';
import type { UpgradeConnector } from './schema.ts';

/**
 * Brings a connector to its template's newest version and keeps what the workspace changed, as a new version of the
 * connector. One that is at the newest already stays as it is. Fails with `upgrade_conflict`.
 *
 * @param expected the revision that the caller read, or null
 */
export async function upgradeConnector(
  ctx: CallContext,
  connectorId: string,
  { resolve }: UpgradeConnector,
  expected: number | null = null,
): Promise<Connector> {
  const source = await readUpdate(ctx, connectorId, 'editor');
  const { connector, installed, latest } = source;
  if (latest.version <= installed.version) return connector;
  const plan = planUpgrade(source, ctx, resolve);
  if (!plan.ok) {
    throw new Problem(
      'upgrade_conflict',
      'Say which side wins where both changed the same (resolve), or change the connector first.',
      plan.conflicts.map(({ pointer, label, detail }) => ({ pointer, detail: `${label}: ${detail}` })),
    );
  }
  return onRevision(expected, connector.revision, async (revision) =>
    StoredConnector.parse(
      await ctx.db.call('upgrade_connector', {
        p_workspace_id: connector.workspace_id,
        p_id: connectorId,
        p_expected_revision: revision,
        p_template_version: latest.version,
        p_definition: toStoredDefinition(plan.definition),
        p_credential_services: plan.credentialServices,
      }),
    ),
  );
}
