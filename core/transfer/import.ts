import { checkDefinition, MAX_FIELD_ERRORS } from '../connector/check/index.ts';
import { toStoredDefinition } from '../connector/stored.ts';
import type { CallContext } from '../context.ts';
import { type FieldError, Problem } from '../problem/problem.ts';
import { type ImportDocument, ImportReport } from './schema.ts';

/**
 * Stores every connector of a document under a new id, or none of them. Each is checked like one that is created, except
 * that credentials may be missing: they are named in the answer, to be stored afterwards. Needs the role editor.
 */
export async function importConnectors(ctx: CallContext, document: ImportDocument): Promise<ImportReport> {
  const errors: FieldError[] = [];
  // The database answers by id. Ids of one millisecond come in no order, so they are put in the document's.
  const ids = document.connectors.map(() => ctx.newId()).sort();
  const connectors = document.connectors.map(({ name, description, ...definition }, index) => {
    const check = checkDefinition(definition, ctx.urlPolicy);
    for (const { pointer, detail } of check.errors) {
      errors.push({ pointer: `/connectors/${index}${pointer}`, detail });
    }
    return {
      id: ids[index] ?? ctx.newId(),
      name,
      description,
      definition: toStoredDefinition(definition),
      credential_services: check.credentialServices,
    };
  });
  if (errors.length > 0) {
    const shown = errors.slice(0, MAX_FIELD_ERRORS);
    throw new Problem('validation_failed', 'Not every connector can run as it is; none was imported.', shown);
  }
  return ImportReport.parse(
    await ctx.db.call('import_connectors', { p_workspace_id: ctx.workspaceId, p_connectors: connectors }),
  );
}
