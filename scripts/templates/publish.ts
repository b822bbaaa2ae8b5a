import { isDeepStrictEqual } from 'node:util';
import type { SupabaseClient } from '@supabase/supabase-js';
import { checkDefinition } from '../../core/connector/check/index.ts';
import { toStoredDefinition } from '../../core/connector/stored.ts';
import { uuidv7 } from '../../core/ids.ts';
import { manifestOf } from '../../core/template/manifest.ts';
import { marketplaceDescription } from './present.ts';
import type { TemplateFile } from './schema.ts';
import { type StoredTemplate, type StoredVersion, written } from './stored.ts';

/** `taken`: somebody's own template has the slug and was left alone. */
export type Published = 'created' | 'new version' | 'changed' | 'unchanged' | 'taken';

type Version = ReturnType<typeof versionOf>;

/**
 * Brings one official template into the marketplace, or up to date. A new version is made only when the definition
 * differs from the newest one. Published when it is created; afterwards that, and whether it is featured, is the SaaS
 * admins' to decide. Written so that it can be broken off anywhere and run again.
 *
 * @param db with the service key: row level security does not hold it back
 * @param found what the deployment has under the slug
 */
export async function publishTemplate(
  db: SupabaseClient,
  template: TemplateFile,
  found: StoredTemplate | undefined,
): Promise<Published> {
  const version = versionOf(template);
  if (found === undefined) return create(db, template, version);
  return found.is_official ? update(db, template, version, found) : 'taken';
}

/** What a version's row holds. Throws when the definition has a flaw: the tests should have seen it. */
function versionOf({ slug, definition }: TemplateFile) {
  const { errors, credentialServices } = checkDefinition(definition);
  if (errors.length > 0) throw new Error(`${slug}: ${JSON.stringify(errors)}`);
  return {
    definition: toStoredDefinition(definition),
    credential_services: credentialServices,
    manifest: manifestOf(definition),
  };
}

function shownFields(template: TemplateFile) {
  const { name, category, provider } = template;
  return { name, description: marketplaceDescription(template), category, provider };
}

async function create(db: SupabaseClient, template: TemplateFile, version: Version): Promise<Published> {
  const id = uuidv7({ now: Date.now }, (length) => crypto.getRandomValues(new Uint8Array(length)));
  const row = { id, slug: template.slug, ...shownFields(template), is_official: true };
  await written(db.from('connector_templates').insert(row));
  // Seen by nobody until its version is there.
  await addVersion(db, id, 1, version, '');
  await written(db.from('connector_templates').update({ status: 'published' }).eq('id', id));
  return 'created';
}

async function update(
  db: SupabaseClient,
  template: TemplateFile,
  version: Version,
  found: StoredTemplate,
): Promise<Published> {
  const { id, current_version: current, newest } = found;
  const fields = shownFields(template);
  const changed = newest !== undefined && !isDeepStrictEqual(newest.definition, version.definition);
  if (newest === undefined) await addVersion(db, id, current, version, '');
  else if (changed) await addVersion(db, id, current + 1, version, template.changes || 'Brought up to date.');
  else await refreshComputed(db, newest, version);
  const unfinished = isUnfinished(found);
  const differs = Object.entries(fields).some(([name, value]) => Reflect.get(found, name) !== value);
  if (changed || differs || unfinished) {
    const row = {
      ...fields,
      ...(unfinished ? { status: 'published' } : {}),
      current_version: changed ? current + 1 : current,
    };
    await written(db.from('connector_templates').update(row).eq('id', id));
  }
  if (unfinished) return 'created';
  if (changed) return 'new version';
  return differs ? 'changed' : 'unchanged';
}

/** An earlier run was broken off before it published. What SaaS admins have unpublished has changed since it was made. */
function isUnfinished({ status, revision }: StoredTemplate): boolean {
  return status === 'draft' && revision === 1;
}

/** A version's definition never changes; what is computed from it follows the code that computes it. */
async function refreshComputed(
  db: SupabaseClient,
  stored: StoredVersion,
  { manifest, credential_services }: Version,
): Promise<void> {
  const computed = { manifest, credential_services };
  const before = { manifest: stored.manifest, credential_services: stored.credential_services };
  if (isDeepStrictEqual(before, computed)) return;
  const { template_id, version } = stored;
  await written(db.from('template_versions').update(computed).match({ template_id, version }));
}

/** A version that a broken-off run left behind, before its template named it, is replaced. */
async function addVersion(
  db: SupabaseClient,
  template_id: string,
  number: number,
  version: Version,
  changes: string,
): Promise<void> {
  const row = { template_id, version: number, ...version, changes };
  await written(db.from('template_versions').upsert(row, { onConflict: 'template_id,version' }));
}
