import * as z from 'zod';
import type { ConnectorDefinition } from './schema.ts';
import { type Connector, ConnectorSummary, DEFINITION_FORMAT, StoredDefinition } from './schema.ts';

/**
 * A connector as the database answers it, read into its wire form: the definition's fields stand beside the others,
 * its format version does not leave the house. One parse serves reading and publishing.
 */
export const StoredConnector = ConnectorSummary.extend({
  workspace_id: z.uuid(),
  definition: StoredDefinition,
}).transform(({ definition, ...connector }): Connector => {
  const { format: _format, ...program } = definition;
  return { ...connector, ...program };
});

export function toStoredDefinition(definition: ConnectorDefinition): StoredDefinition {
  return { format: DEFINITION_FORMAT, ...definition };
}
