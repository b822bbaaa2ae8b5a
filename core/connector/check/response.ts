import { FORBIDDEN_KEYS, pointerTo } from '../../json/json.ts';
import type { StepResponse } from '../request-schema.ts';
import type { Expressions } from './expressions.ts';
import { checkInputSchema } from './input-schema.ts';
import { Report } from './report.ts';
import { answerScope, type Place, responseScope } from './scope.ts';

/** Names at `steps.<name>` that the engine fills. */
export const RESULT_NAMES: ReadonlySet<string> = new Set([
  'body',
  'headers',
  'status',
  'error',
  'items',
  'pages',
  'results',
  'succeeded',
  'failed',
]);

interface Tools {
  readonly report: Report;
  readonly expressions: Expressions;
}

/** `pointer` is `<step>/response`. */
export function checkResponse(response: StepResponse, pointer: string, place: Place, tools: Tools): void {
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
  if (schema) checkResponseSchema(schema, pointerTo(pointer, 'schema'), report);
  if (coerce && schema === undefined)
    report.add(pointerTo(pointer, 'coerce'), 'schema says what to turn values into, and none is given');
}

function checkMap(
  map: NonNullable<StepResponse['map']>,
  pointer: string,
  place: Place,
  { report, expressions }: Tools,
): void {
  const scope = responseScope(place);
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

/** As an input's, except that a body need not be an object. */
function checkResponseSchema(
  schema: NonNullable<StepResponse['schema']>,
  pointer: string,
  report: Report,
): void {
  const { type, ...rest } = schema;
  checkInputSchema(type === undefined ? rest : { ...rest, type: 'object' }, pointer, report);
  // The type itself, of which an input's schema allows one: by the check of a property's.
  if (type === undefined) return;
  const own = new Report();
  checkInputSchema({ properties: { body: { type } } }, '', own);
  for (const { detail } of own.errors) report.add(pointerTo(pointer, 'type'), detail);
}
