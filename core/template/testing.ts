import { ConnectorDefinition } from '../connector/schema.ts';

/** A definition as the API gets it, with its defaults filled in. */
export const define = (definition: object): ConnectorDefinition => ConnectorDefinition.parse(definition);

/** One with one step, `call`. */
export const oneStep = (request: object, rest: object = {}): ConnectorDefinition =>
  define({ steps: [{ name: 'call', request: { url: 'https://api.example.com/v1', ...request }, ...rest }] });
