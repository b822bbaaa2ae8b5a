import { checkDefinition, MAX_FIELD_ERRORS } from '../connector/check/index.ts';
import { requireConnectors } from '../connector/require-connectors.ts';
import { toStoredDefinition } from '../connector/stored.ts';
import type { CallContext } from '../context.ts';
import { type FieldError, Problem } from '../problem/problem.ts';
import { type ImportDocument, ImportReport } from './schema.ts';

/** Of a whole document, so that reading them takes a second or two of the Worker's CPU time, which others wait for. */
const MAX_EXPRESSIONS = 10_000;
const MAX_EXPRESSION_TEXT = 500_000;

/**
 * Stores every connector of a document under a new id, or none of them. Each is checked like one that is created, except
 * that credentials may be missing: they are named in the answer, to be stored afterwards. Connectors that its steps call
 * have to be in the workspace. Needs the role editor.
 */
export async function importConnectors(ctx: CallContext, document: ImportDocument): Promise<ImportReport> {
  const errors: FieldError[] = [];
  const called = new Map<string, string[]>();
  // The database answers by id. Ids of one millisecond come in no order, so they are put in the document's.
  const ids = document.connectors.map(() => ctx.newId()).sort();
  let [count, characters] = [0, 0];
  const connectors = document.connectors.map(({ name, description, ...definition }, index) => {
    const check = checkDefinition(definition, ctx.urlPolicy);
    count += check.expressions.count;
    characters += check.expressions.characters;
    if (count > MAX_EXPRESSIONS || characters > MAX_EXPRESSION_TEXT) throw tooMany(index);
    for (const { pointer, detail } of check.errors) {
      errors.push({ pointer: `/connectors/${index}${pointer}`, detail });
    }
    for (const [id, pointers] of check.connectorPointers) {
      const inDocument = pointers.map((pointer) => `/connectors/${index}${pointer}`);
      called.set(id, [...(called.get(id) ?? []), ...inDocument]);
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
  await requireConnectors(ctx, called);
  return ImportReport.parse(
    await ctx.db.call('import_connectors', { p_workspace_id: ctx.workspaceId, p_connectors: connectors }),
  );
}

function tooMany(index: number): Problem {
  const detail =
    `the connectors up to this one have more than ${MAX_EXPRESSIONS} expressions, or ${MAX_EXPRESSION_TEXT} ` +
    'characters of them: import the document in parts';
  const message = 'The document is too large to be checked at once; none was imported.';
  return new Problem('validation_failed', message, [{ pointer: `/connectors/${index}`, detail }]);
}
