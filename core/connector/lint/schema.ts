import type * as z from 'zod';
import { ConnectorDefinition, CreateConnector } from '../schema.ts';

/** A connector that is not stored: as one that is created, except that it needs no name yet. */
export const LintConnector = ConnectorDefinition.extend({
  name: CreateConnector.shape.name.optional(),
  description: CreateConnector.shape.description.optional(),
}).meta({ id: 'LintConnector' });
export type LintConnector = z.infer<typeof LintConnector>;
