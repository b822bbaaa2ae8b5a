import type { CallContext } from '../context.ts';
import { getTemplate } from './get.ts';
import { onRevision } from './revision.ts';
import { sameJson } from './same-json.ts';
import type { Template, UpdateTemplate } from './schema.ts';
import { refuseSecrets } from './secrets.ts';
import { requireSoundTemplate } from './sound.ts';
import { StoredTemplate, versionToStore } from './stored.ts';

/**
 * Changes what a template says of itself, and its definition: one that differs from the newest becomes a new version,
 * which installed connectors can be upgraded to. For SaaS admins.
 *
 * @param expected the revision that the caller read, or null
 */
export async function updateTemplate(
  ctx: CallContext,
  id: string,
  patch: UpdateTemplate,
  expected: number | null = null,
): Promise<Template> {
  const { definition, changes = '', ...fields } = patch;
  const { name = '', description = '' } = fields;
  const texts = { name, description, changes };
  const write = async (revision: number | null, version: unknown) =>
    StoredTemplate.parse(
      await ctx.db.call('update_template', {
        p_id: id,
        p_expected_revision: revision,
        p_template: fields,
        p_version: version,
      }),
    );
  if (definition === undefined) {
    refuseSecrets(null, texts);
    return write(expected, null);
  }
  const sound = requireSoundTemplate(definition, ctx.urlPolicy, texts);
  const current = await getTemplate(ctx, id);
  const changed = !sameJson(current.definition, definition);
  return onRevision(expected, current.revision, (revision) =>
    write(revision, changed ? versionToStore(sound, changes) : null),
  );
}
