import { FORBIDDEN_KEYS, pointerTo } from '../../json/json.ts';
import type { StepResponse } from '../request-schema.ts';
import type { Expressions } from './expressions.ts';
import { checkSchema } from './input-schema.ts';
import type { Report } from './report.ts';
import { answerScope, type Place, responseScope } from './scope.ts';

/** Names at `steps.<name>` that the engine fills. */
export const RESULT_NAMES: ReadonlySet<string> = new Set([
  'body',
  'headers',
  'status',
  'error',
  'items',
  'pages',
  'has_more',
  'results',
  'succeeded',
  'failed',
]);

interface Tools {
  readonly report: Report;
  readonly expressions: Expressions;
}

/** `pointer` is `<step>/response`; the map of a `paged` step is made of all pages together. */
export function checkResponse(
  response: StepResponse,
  pointer: string,
  place: Place & { readonly paged: boolean },
  tools: Tools,
): void {
  const { report, expressions } = tools;
  const { map, success_when, error_when, schema, coerce } = response;
  if (map !== undefined) checkMap(map, pointerTo(pointer, 'map'), place, tools);
  const answer = answerScope();
  if (success_when !== undefined)
    expressions.expression(success_when, pointerTo(pointer, 'success_when'), answer);
  for (const [index, { when, message }] of (error_when ?? []).entries()) {
    const at = pointerTo(pointerTo(pointer, 'error_when'), index);
    expressions.expression(when, pointerTo(at, 'when'), answer);
    if (message !== undefined) expressions.template(message, pointerTo(at, 'message'), answer);
  }
  if (schema) checkSchema(schema, pointerTo(pointer, 'schema'), report);
  if (coerce && schema === undefined)
    report.add(pointerTo(pointer, 'coerce'), 'schema says what to turn values into, and none is given');
}

function checkMap(
  map: NonNullable<StepResponse['map']>,
  pointer: string,
  place: Place & { readonly paged: boolean },
  { report, expressions }: Tools,
): void {
  const scope = responseScope(place, place.paged ? ['items', 'pages', 'has_more'] : []);
  if (typeof map === 'string') {
    expressions.expression(map, pointer, scope);
    return;
  }
  for (const [name, source] of Object.entries(map)) {
    const at = pointerTo(pointer, name);
    if (RESULT_NAMES.has(name)) report.add(at, `${name} is the result's own: choose another name`);
    if (FORBIDDEN_KEYS.has(name)) report.add(at, `the name ${name} is not allowed`);
    expressions.expression(source, at, scope);
  }
}
