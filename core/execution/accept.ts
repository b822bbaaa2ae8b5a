import { readInput } from '../connector/read-input.ts';
import { StoredConnector } from '../connector/stored.ts';
import type { CallContext } from '../context.ts';
import { Problem } from '../problem/problem.ts';
import type { Accepted } from './accepted.ts';
import { type ExecuteConnector, Execution } from './schema.ts';

/**
 * Writes an execution of a connector's current version, after checking its input against the version's schema. From
 * here on it is durable: whoever fails to start it leaves it queued for the sweeper.
 *
 * Two round trips: the connector with the caller's role, then the write.
 */
export async function acceptExecution(
  ctx: CallContext,
  connectorId: string,
  given: ExecuteConnector,
): Promise<Accepted> {
  const connector = StoredConnector.parse(
    await ctx.db.call('get_connector', {
      p_workspace_id: ctx.workspaceId,
      p_connector_id: connectorId,
      p_at_least: 'executor',
    }),
  );
  const { input, errors } = readInput(connector, given.input);
  if (errors.length > 0) {
    throw new Problem('validation_failed', 'The input does not match the connector.', errors);
  }
  const accepted = await ctx.db.call('accept_execution', {
    p_workspace_id: connector.workspace_id,
    p_connector_id: connector.id,
    p_version: connector.version,
    p_id: ctx.newId(),
    p_input: input,
    p_trigger: { type: 'api' },
  });
  return { execution: Execution.parse(accepted), workspaceId: connector.workspace_id, fence: 0 };
}
