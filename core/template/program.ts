import { type Connector, ConnectorDefinition } from '../connector/schema.ts';

/** The definition in a connector: every field that a definition has, and nothing else. */
export function programOf(connector: Connector): ConnectorDefinition {
  const parts = Object.keys(ConnectorDefinition.shape).map((key) => [key, Reflect.get(connector, key)]);
  return ConnectorDefinition.parse(Object.fromEntries(parts.filter(([, value]) => value !== undefined)));
}
