import type { StepRequest } from '../connector/schema.ts';
import { type Json, pointerTo } from '../json/json.ts';
import type { ManifestPlace } from './schema.ts';

export type RequestText = { in: ManifestPlace; pointer: string; text: string };

/** Every text of a request that may hold expressions, with where it travels. `pointer` is the request's. */
export function* requestTexts(request: StepRequest, pointer: string): Iterable<RequestText> {
  const { url, query, headers, body } = request;
  yield { in: 'url', pointer: pointerTo(pointer, 'url'), text: url };
  yield* inside('query', query, pointerTo(pointer, 'query'));
  yield* inside('header', headers, pointerTo(pointer, 'headers'));
  // Body parts that hold no expression (its type, content types) are texts as well and do no harm here.
  yield* inside('body', body, pointerTo(pointer, 'body'));
}

function* inside(
  place: ManifestPlace,
  value: Json | object | undefined,
  pointer: string,
): Iterable<RequestText> {
  if (typeof value === 'string') yield { in: place, pointer, text: value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) yield* inside(place, child, pointerTo(pointer, key));
}
