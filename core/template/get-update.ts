import type { CallContext } from '../context.ts';
import { diffDefinitions } from './diff.ts';
import { planUpgrade, readUpdate } from './read-update.ts';
import { TemplateUpdate } from './schema.ts';

/** What an upgrade of this connector to its template's newest version would bring. */
export async function getTemplateUpdate(ctx: CallContext, connectorId: string): Promise<TemplateUpdate> {
  const source = await readUpdate(ctx, connectorId, 'viewer');
  const { template, installed, latest, mine } = source;
  const available = latest.version > installed.version;
  const plan = available ? planUpgrade(source, ctx) : undefined;
  return TemplateUpdate.parse({
    template_id: template.id,
    update_available: available,
    from_version: installed.version,
    to_version: latest.version,
    changes: available ? latest.changes : '',
    diff: diffDefinitions(installed.definition, latest.definition),
    own_changes: diffDefinitions(installed.definition, mine),
    conflicts: plan?.ok === false ? plan.conflicts : [],
    credentials: latest.credentials,
  });
}
