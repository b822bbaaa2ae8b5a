import type { CallContext } from '../context.ts';
import { DatabaseProblem } from '../db/db.ts';
import { Problem } from '../problem/problem.ts';
import { checkDefinition } from './check/index.ts';
import { missingAt } from './missing-at.ts';
import { requireConnectors } from './require-connectors.ts';
import type { ConnectorDefinition } from './schema.ts';

/**
 * Writes a definition that has no flaw of its own. Whether its credentials are stored, and the connectors that it calls
 * exist, only the database knows: the names that it misses come back as errors at each place that uses them.
 */
export async function withSoundDefinition<Result>(
  ctx: CallContext,
  definition: ConnectorDefinition,
  write: (credentialServices: string[]) => Promise<Result>,
): Promise<Result> {
  const check = checkDefinition(definition, ctx.urlPolicy);
  if (check.errors.length > 0) {
    throw new Problem('validation_failed', 'The connector cannot run as it is.', check.errors);
  }
  await requireConnectors(ctx, check.connectorPointers);
  try {
    return await write(check.credentialServices);
  } catch (error) {
    if (!(error instanceof DatabaseProblem) || error.code !== 'unknown_credential') throw error;
    throw missingAt(error, check.credentialPointers, (service) => `no credential is stored for ${service}`);
  }
}
