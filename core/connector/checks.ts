// Temporary stand-in until core/connector/check/ is there.
import type { Json, JsonObject } from '../json/json.ts';
import type { FieldError } from '../problem/problem.ts';
import type { ConnectorDefinition } from './schema.ts';

export function checkDefinition(definition: ConnectorDefinition): {
  errors: FieldError[];
  credentialServices: string[];
  credentialPointers: ReadonlyMap<string, string[]>;
} {
  const credentialPointers = new Map<string, string[]>();
  for (const [index, step] of definition.steps.entries()) {
    const service = step.request.auth?.credential;
    if (service !== undefined) {
      credentialPointers.set(service, [
        ...(credentialPointers.get(service) ?? []),
        `/steps/${index}/request/auth/credential`,
      ]);
    }
  }
  return { errors: [], credentialServices: [...credentialPointers.keys()], credentialPointers };
}
export function checkInput(_schema: JsonObject | undefined, _input: Json): FieldError[] {
  return [];
}
