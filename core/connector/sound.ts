import { DatabaseProblem } from '../db/db.ts';
import type { UrlPolicy } from '../egress/url.ts';
import { type FieldError, Problem } from '../problem/problem.ts';
import { checkDefinition } from './check/index.ts';
import type { ConnectorDefinition } from './schema.ts';

/**
 * Writes a definition that has no flaw of its own. Whether its credentials are stored only the database knows: the
 * names that it misses come back as errors at each place that uses them.
 */
export async function withSoundDefinition<Result>(
  definition: ConnectorDefinition,
  policy: UrlPolicy,
  write: (credentialServices: string[]) => Promise<Result>,
): Promise<Result> {
  const { errors, credentialServices, credentialPointers } = checkDefinition(definition, policy);
  if (errors.length > 0) throw new Problem('validation_failed', 'The connector cannot run as it is.', errors);
  try {
    return await write(credentialServices);
  } catch (error) {
    if (error instanceof DatabaseProblem && error.code === 'unknown_credential') {
      throw new Problem(error.code, error.detail, missingAt(error.hint, credentialPointers));
    }
    throw error;
  }
}

function missingAt(hint: string, pointers: ReadonlyMap<string, string[]>): FieldError[] {
  return hint.split(',').flatMap((service) =>
    (pointers.get(service) ?? []).map((pointer) => ({
      pointer,
      detail: `no credential is stored for ${service}`,
    })),
  );
}
