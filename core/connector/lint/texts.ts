import { type Json, pointerTo } from '../../json/json.ts';
import type { ConnectorDefinition, Step } from '../schema.ts';
import { everyStep } from '../walk.ts';

/** A text of a definition that is evaluated, with its JSON pointer and the step that it belongs to. */
export interface Text {
  readonly text: string;
  readonly pointer: string;
  /** `expression`: JSONata; `condition`: one that decides something; `template`: a text with `{{ }}`. */
  readonly is: 'expression' | 'condition' | 'template';
  readonly step: Step | undefined;
}

/** Every text of a definition that is evaluated, those of inner steps as well. */
export function* everyText({ steps, output, contact_mapping }: ConnectorDefinition): Iterable<Text> {
  for (const { step, pointer } of everyStep(steps)) yield* textsOf(step, pointer);
  yield* templates(output, '/output', undefined);
  yield* templates(contact_mapping?.fields, '/contact_mapping/fields', undefined);
}

function* textsOf(step: Step, pointer: string): Iterable<Text> {
  const { response, pagination, stop, wait, retry } = step;
  function* of(is: Text['is'], text: string | undefined, ...path: (string | number)[]): Iterable<Text> {
    if (text !== undefined) yield { text, is, step, pointer: path.reduce<string>(pointerTo, pointer) };
  }
  yield* of('condition', step.condition, 'condition');
  yield* of('expression', step.for_each?.items, 'for_each', 'items');
  yield* templates(step.request, `${pointer}/request`, step);
  if (typeof response?.map === 'string') yield* of('expression', response.map, 'response', 'map');
  else
    for (const [name, source] of Object.entries(response?.map ?? {}))
      yield* of('expression', source, 'response', 'map', name);
  yield* of('condition', response?.success_when, 'response', 'success_when');
  for (const [index, { when, message }] of (response?.error_when ?? []).entries()) {
    yield* of('condition', when, 'response', 'error_when', index, 'when');
    yield* of('template', message, 'response', 'error_when', index, 'message');
  }
  yield* of('expression', pagination?.items, 'pagination', 'items');
  yield* of('condition', pagination?.stop_when, 'pagination', 'stop_when');
  if (pagination && 'next' in pagination) yield* of('expression', pagination.next, 'pagination', 'next');
  yield* of('condition', retry?.on?.when, 'retry', 'on', 'when');
  yield* of('template', step.cache?.key, 'cache', 'key');
  yield* templates(step.connector?.input, `${pointer}/connector/input`, step);
  yield* templates(step.transform, `${pointer}/transform`, step);
  for (const [index, { when }] of (step.switch?.cases ?? []).entries())
    yield* of('condition', when, 'switch', 'cases', index, 'when');
  if (typeof wait?.seconds === 'string') yield* of('template', wait.seconds, 'wait', 'seconds');
  yield* of('template', wait?.until, 'wait', 'until');
  yield* templates(stop?.output, `${pointer}/stop/output`, step);
  for (const [index, { that }] of (step.assert ?? []).entries())
    yield* of('condition', that, 'assert', index, 'that');
}

function* templates(
  value: Json | object | undefined,
  pointer: string,
  step: Step | undefined,
): Iterable<Text> {
  if (typeof value === 'string') yield { text: value, is: 'template', pointer, step };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) yield* templates(child, pointerTo(pointer, key), step);
}
