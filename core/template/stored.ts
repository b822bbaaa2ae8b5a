import * as z from 'zod';
import { StoredDefinition } from '../connector/schema.ts';
import { toStoredDefinition } from '../connector/stored.ts';
import { manifestOf } from './manifest.ts';
import { Manifest, Template } from './schema.ts';

/**
 * A template as the database answers it, read into its wire form. A manifest that an older release computed in another
 * shape is computed again: it says nothing that the definition does not.
 */
export const StoredTemplate = Template.omit({ definition: true, manifest: true })
  .extend({ definition: StoredDefinition, manifest: z.unknown() })
  .transform(({ definition: { format: _format, ...definition }, manifest, ...template }): Template => {
    const known = Manifest.safeParse(manifest);
    return { ...template, definition, manifest: known.success ? known.data : manifestOf(definition) };
  });

/** A version as the database's functions take it in. */
export function versionToStore(
  { definition, credentialServices }: Pick<SoundDefinition, 'definition' | 'credentialServices'>,
  changes: string,
) {
  return {
    definition: toStoredDefinition(definition),
    credential_services: credentialServices,
    manifest: manifestOf(definition),
    changes,
  };
}

/** A definition that has been checked, with the services whose credentials it names. */
export type SoundDefinition = {
  readonly definition: Template['definition'];
  readonly credentialServices: string[];
};
