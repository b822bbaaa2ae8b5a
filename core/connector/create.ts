import type { CallContext } from '../context.ts';
import type { Connector, CreateConnector } from './schema.ts';
import { withSoundDefinition } from './sound.ts';
import { StoredConnector, toStoredDefinition } from './stored.ts';

/** Stores a connector with its first version. */
export async function createConnector(ctx: CallContext, input: CreateConnector): Promise<Connector> {
  const { name, description, ...definition } = input;
  return withSoundDefinition(ctx, definition, async (credentialServices) =>
    StoredConnector.parse(
      await ctx.db.call('create_connector', {
        p_workspace_id: ctx.workspaceId,
        p_id: ctx.newId(),
        p_name: name,
        p_description: description,
        p_definition: toStoredDefinition(definition),
        p_credential_services: credentialServices,
      }),
    ),
  );
}
