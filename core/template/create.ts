import { getConnector } from '../connector/get.ts';
import type { ConnectorDefinition } from '../connector/schema.ts';
import type { CallContext } from '../context.ts';
import { programOf } from './program.ts';
import { type CreateTemplate, type Template, TemplateSlug } from './schema.ts';
import { slugOf } from './slug.ts';
import { requireSoundTemplate } from './sound.ts';
import { StoredTemplate, versionToStore } from './stored.ts';

/** A draft with its first version, from a definition or from a connector of the workspace. For SaaS admins. */
export async function createTemplate(ctx: CallContext, input: CreateTemplate): Promise<Template> {
  const source = await sourceOf(ctx, input);
  const { category, provider, changes } = input;
  const name = input.name ?? source.name;
  const description = input.description ?? source.description;
  const id = ctx.newId();
  const slug = TemplateSlug.safeParse(input.slug ?? slugOf(name));
  const sound = requireSoundTemplate(source.definition, ctx.urlPolicy, { name, description, changes });
  return StoredTemplate.parse(
    await ctx.db.call('create_template', {
      p_id: id,
      // A name without a Latin letter or digit makes no slug.
      p_template: {
        slug: slug.success ? slug.data : `template-${id}`,
        name,
        description,
        category,
        provider,
      },
      p_version: versionToStore(sound, changes),
    }),
  );
}

type Source = { name: string; description: string; definition: ConnectorDefinition };

async function sourceOf(ctx: CallContext, input: CreateTemplate): Promise<Source> {
  const { from_connector_id: id, definition } = input;
  if (definition !== undefined) return { name: input.name ?? '', description: '', definition };
  const connector = await getConnector(ctx, id ?? '');
  return { name: connector.name, description: connector.description, definition: programOf(connector) };
}
