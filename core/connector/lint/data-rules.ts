import { everyNode, nodeList } from '../../expression/ast.ts';
import { pointerTo } from '../../json/json.ts';
import { isObject } from '../check/schema-keywords.ts';
import type { ConnectorDefinition, Step } from '../schema.ts';
import { everyStep } from '../walk.ts';
import type { Hint } from './hint.ts';
import { isSafe } from './methods.ts';
import type { Reads } from './reads.ts';

/** Steps whose result nobody reads, and that do nothing else. */
export function* unusedSteps(
  { steps, output, contact_mapping }: ConnectorDefinition,
  reads: Reads,
): Iterable<Hint> {
  // Without an output, the last step's answer is what people look at.
  const last = output === undefined && contact_mapping === undefined ? steps.at(-1) : undefined;
  for (const { step, pointer } of everyStep(steps)) {
    const reading = isSafe(step) || step.transform !== undefined;
    if (!reading || step === last || checksSomething(step) || reads.hasStep(step.name)) continue;
    yield {
      code: 'unused_step',
      severity: 'warning',
      pointer,
      message: `nothing reads the result of the step ${step.name}, and it changes nothing`,
      advice: `Read steps.${step.name} in a later step or in the output, or take the step out.`,
    };
  }
}

/** A step may be there to fail. */
function checksSomething({ assert, on_error, response }: Step): boolean {
  const { success_when, error_when, schema } = response ?? {};
  return [assert, on_error, success_when, error_when, schema].some((part) => part !== undefined);
}

/** Fields that are read of a step that makes no such field. */
export function* unknownFields({ steps }: ConnectorDefinition, reads: Reads): Iterable<Hint> {
  const known = new Map([...everyStep(steps)].map(({ step }) => [step.name, fieldsOf(step)]));
  for (const { references, pointer } of reads.texts) {
    for (const { root, path } of references) {
      const [name = '', field] = path;
      const fields = root === 'steps' && field !== undefined ? known.get(name) : undefined;
      if (field === undefined || fields === undefined || fields.has(field)) continue;
      yield {
        code: 'unknown_field',
        severity: 'warning',
        pointer,
        message: `the step ${name} makes no field ${field}: it has ${[...fields].join(', ')}`,
        advice: 'Read one of these, or add the field to response.map.',
      };
    }
  }
}

const RESPONSE_FIELDS = ['status', 'headers', 'body', 'error'];

/** What `steps.<name>` holds, or undefined where that cannot be told. */
function fieldsOf({ for_each, request, response, pagination, transform }: Step): Set<string> | undefined {
  if (for_each) return new Set(['results', 'succeeded', 'failed', 'error']);
  if (transform) return new Set([...Object.keys(transform), 'error']);
  if (!request || typeof response?.map === 'string') return undefined;
  const ofPages = pagination ? ['items', 'pages', 'has_more'] : [];
  return new Set([...Object.keys(response?.map ?? {}), ...RESPONSE_FIELDS, ...ofPages]);
}

/** Properties that the input schema describes and nothing reads. */
export function* unusedInputs({ input_schema }: ConnectorDefinition, reads: Reads): Iterable<Hint> {
  if (!isObject(input_schema?.properties)) return;
  for (const name of Object.keys(input_schema.properties)) {
    if (reads.hasInput(name)) continue;
    yield {
      code: 'unused_input',
      severity: 'warning',
      pointer: pointerTo('/input_schema/properties', name),
      message: `nothing reads input.${name}`,
      advice: 'Use it, or take it out of the schema.',
    };
  }
}

/** Whether an execution has something to show for itself. */
export function* noOutput({ steps, output, contact_mapping }: ConnectorDefinition): Iterable<Hint> {
  const stops = [...everyStep(steps)].some(({ step }) => step.stop?.output !== undefined);
  if (output !== undefined || contact_mapping !== undefined || stops) return;
  yield {
    code: 'no_output',
    severity: 'info',
    pointer: '',
    message: 'the connector has no output: whoever runs it gets null',
    advice: 'Name in output what is of use: {"id": "{{steps.<name>.body.id}}"}.',
  };
}

/** What answers differently each time without reading anything. */
const CHANGING: ReadonlySet<unknown> = new Set(['now', 'millis', 'random', 'uuid', 'error', 'assert']);

/** Conditions that read nothing and so decide the same each time. */
export function* constantConditions({ steps }: ConnectorDefinition, reads: Reads): Iterable<Hint> {
  // The last case of a switch is often written as true.
  const lastCases = new Set(
    [...everyStep(steps)].map(
      ({ step, pointer }) => `${pointer}/switch/cases/${(step.switch?.cases.length ?? 0) - 1}/when`,
    ),
  );
  for (const { is, trees, references, whole, pointer, text } of reads.texts) {
    if (is !== 'condition' || whole || references.length > 0 || lastCases.has(pointer)) continue;
    const calls = trees.flatMap((tree) => [...everyNode(tree)]).flatMap((node) => nodeList(node.procedure));
    if (calls.some(({ value }) => CHANGING.has(value))) continue;
    yield {
      code: 'constant_condition',
      severity: 'warning',
      pointer,
      message: `the condition reads nothing, so it always decides the same: ${text.slice(0, 80)}`,
      advice: 'Name what it depends on, such as input.kind or steps.<name>.status; or take it out.',
    };
  }
}
