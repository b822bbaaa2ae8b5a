import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { DatabaseProblem } from '../db/db.ts';
import { Problem } from '../problem/problem.ts';

const Users = z.array(z.object({ id: z.uuid(), name: z.string() }));

/**
 * Deletes a service's credential. While connectors use it, only with `force`: otherwise `credential_in_use`, with an
 * error for each of them.
 */
export async function deleteCredential(
  ctx: CallContext,
  serviceName: string,
  { force, expectedRevision }: { force: boolean; expectedRevision: number | null },
): Promise<void> {
  try {
    await ctx.db.call('delete_credential', {
      p_workspace_id: ctx.workspaceId,
      p_service_name: serviceName,
      p_force: force,
      p_expected_revision: expectedRevision,
    });
  } catch (error) {
    if (error instanceof DatabaseProblem && error.code === 'credential_in_use') throw inUse(error);
    throw error;
  }
}

function inUse({ hint }: DatabaseProblem): Problem {
  const errors = Users.parse(JSON.parse(hint)).map(({ id, name }) => ({
    pointer: '#path/service_name',
    detail: `is used by the connector ${JSON.stringify(name)} (${id})`,
  }));
  return new Problem(
    'credential_in_use',
    'Connectors use this credential. Change them first, or delete with force=true.',
    errors,
  );
}
