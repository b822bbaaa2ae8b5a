import type { CallContext } from '../context.ts';
import { DatabaseProblem } from '../db/db.ts';
import { type FieldError, Problem } from '../problem/problem.ts';
import { checkDefinition } from './check/index.ts';
import type { ConnectorDefinition } from './schema.ts';
import { everyStep } from './walk.ts';

/**
 * Writes a definition that has no flaw of its own. Whether its credentials are stored, and the connectors that it calls
 * exist, only the database knows: the names that it misses come back as errors at each place that uses them.
 */
export async function withSoundDefinition<Result>(
  ctx: CallContext,
  definition: ConnectorDefinition,
  write: (credentialServices: string[]) => Promise<Result>,
): Promise<Result> {
  const { errors, credentialServices, credentialPointers } = checkDefinition(definition, ctx.urlPolicy);
  if (errors.length > 0) throw new Problem('validation_failed', 'The connector cannot run as it is.', errors);
  const called = connectorPointers(definition);
  try {
    if (called.size > 0) {
      const args = { p_workspace_id: ctx.workspaceId, p_ids: [...called.keys()] };
      await ctx.db.call('require_connectors', args);
    }
    return await write(credentialServices);
  } catch (error) {
    if (!(error instanceof DatabaseProblem)) throw error;
    if (error.code === 'unknown_credential') {
      throw problemAt(error, credentialPointers, (service) => `no credential is stored for ${service}`);
    }
    if (error.code === 'unknown_connector') {
      throw problemAt(error, called, () => 'there is no such connector in this workspace');
    }
    throw error;
  }
}

/** Where each connector is called, by its id. */
function connectorPointers({ steps }: ConnectorDefinition): Map<string, string[]> {
  const pointers = new Map<string, string[]>();
  for (const { step, pointer } of everyStep(steps)) {
    const id = step.connector?.id;
    if (id !== undefined) pointers.set(id, [...(pointers.get(id) ?? []), `${pointer}/connector/id`]);
  }
  return pointers;
}

/** The database names what it misses, and the definition says where that stands. */
function problemAt(
  { code, detail, hint }: DatabaseProblem,
  pointers: ReadonlyMap<string, string[]>,
  describe: (name: string) => string,
): Problem {
  const errors = hint
    .split(',')
    .flatMap((name): FieldError[] =>
      (pointers.get(name) ?? []).map((pointer) => ({ pointer, detail: describe(name) })),
    );
  return new Problem(code, detail, errors);
}
