import type { SupabaseClient } from '@supabase/supabase-js';
import * as z from 'zod';

const TemplateRow = z.object({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  description: z.string(),
  category: z.string(),
  provider: z.string().nullable(),
  status: z.enum(['draft', 'published']),
  is_official: z.boolean(),
  revision: z.int(),
  current_version: z.int(),
});
const VersionRow = z.object({
  template_id: z.uuid(),
  version: z.int(),
  definition: z.unknown(),
  credential_services: z.array(z.string()),
  manifest: z.unknown(),
});
export type StoredVersion = z.infer<typeof VersionRow>;

/** A template as the deployment has it; without a version when the run that made it was broken off. */
export type StoredTemplate = z.infer<typeof TemplateRow> & { newest: StoredVersion | undefined };

/** What the deployment has of these templates, by slug, in two queries however many they are. */
export async function storedTemplates(
  db: SupabaseClient,
  slugs: readonly string[],
): Promise<ReadonlyMap<string, StoredTemplate>> {
  const columns = (row: z.ZodObject) => Object.keys(row.shape).join();
  const templates = await rows(
    db.from('connector_templates').select(columns(TemplateRow)).in('slug', slugs),
    TemplateRow,
  );
  if (templates.length === 0) return new Map();
  // By number as well: all versions that a template ever had would be many in the end.
  const versions = await rows(
    db
      .from('template_versions')
      .select(columns(VersionRow))
      .in(
        'template_id',
        templates.map(({ id }) => id),
      )
      .in('version', [...new Set(templates.map(({ current_version }) => current_version))]),
    VersionRow,
  );
  return new Map(
    templates.map((template) => {
      const newest = versions.find(
        ({ template_id, version }) => template_id === template.id && version === template.current_version,
      );
      return [template.slug, { ...template, newest }];
    }),
  );
}

type Answer = PromiseLike<{ data: unknown; error: { message: string } | null }>;

async function rows<Schema extends z.ZodType>(answer: Answer, schema: Schema): Promise<z.infer<Schema>[]> {
  const { data, error } = await answer;
  if (error) throw new Error(`the database could not be read: ${error.message}`);
  return z.array(schema).parse(data);
}

/** Waits for a write; throws when the database refused it. */
export async function written(answer: Answer): Promise<void> {
  const { error } = await answer;
  if (error) throw new Error(`the database refused a template: ${error.message}`);
}
