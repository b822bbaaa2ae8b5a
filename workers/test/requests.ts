import { encodeCursor } from '../../core/page/cursor.ts';
import { EXAMPLE_IDS, type ExampleIds } from '../api/openapi/example-ids.ts';
import { examplesOf, type Operation, type RequestExample } from '../api/openapi/operation.ts';
import type { CallOptions } from './api.ts';

export interface PlannedRequest {
  /** As {@link call} takes it. */
  readonly target: string;
  readonly send: Pick<CallOptions, 'json'> & { headers: Record<string, string> };
}

/** An operation's documented request, with the ids of a fixture in the place of the example's. */
export function plannedRequest(
  operation: Operation,
  ids: ExampleIds,
  example: RequestExample | undefined = firstExample(operation),
): PlannedRequest {
  const path = operation.path.replace(/\{([^}]+)\}/g, (_, name: string) => {
    const value = operation.params?.about[name]?.example;
    if (typeof value !== 'string') throw new Error(`${operation.operationId}: {${name}} has no example`);
    return encodeURIComponent(value);
  });
  const query = example?.query === undefined ? '' : `?${new URLSearchParams(example.query)}`;
  const headers = { ...example?.headers };
  const withIds = (text: string) => replaceIds(text, ids);
  return {
    target: `${operation.method.toUpperCase()} ${withIds(path + query)}`,
    send:
      operation.body === undefined || example === undefined
        ? { headers }
        : { headers, json: JSON.parse(withIds(JSON.stringify(example.value))) },
  };
}

export function firstExample(operation: Operation): RequestExample | undefined {
  return examplesOf(operation)[0]?.[1];
}

/** A text with the ids of a fixture in the place of the example's, also in cursors. */
export function replaceIds(text: string, ids: ExampleIds): string {
  let replaced = text;
  for (const [name, id] of Object.entries(ids)) {
    const example = EXAMPLE_IDS[name as keyof ExampleIds];
    replaced = replaced.replaceAll(example, id).replaceAll(encodeCursor(example), encodeCursor(id));
  }
  return replaced;
}
