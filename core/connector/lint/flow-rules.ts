import { pointerTo } from '../../json/json.ts';
import { sameJson } from '../../template/same-json.ts';
import type { ConnectorDefinition, Step } from '../schema.ts';
import { DEFAULT_STEP_TIMEOUT_MS } from '../step-schema.ts';
import { everyStep, type NestedSteps, nestedSteps } from '../walk.ts';
import type { Hint } from './hint.ts';
import { isSafe } from './methods.ts';

type Rule = (definition: ConnectorDefinition) => Iterable<Hint>;

/** All lists of steps in a definition, the outermost first. */
function* everyList({ steps }: ConnectorDefinition): Iterable<NestedSteps> {
  yield { steps, pointer: '/steps' };
  for (const { step, pointer } of everyStep(steps)) yield* nestedSteps(step, pointer);
}

/** Steps that never run, because the execution has always ended before them. */
export const unreachableSteps: Rule = function* (definition) {
  for (const { steps, pointer } of everyList(definition)) {
    // The steps of a parallel group do not wait for each other.
    if (pointer.endsWith('/parallel/steps')) continue;
    const end = steps.findIndex(alwaysStops);
    const unreached = end < 0 ? undefined : steps[end + 1];
    if (unreached === undefined) continue;
    yield {
      code: 'unreachable_step',
      severity: 'warning',
      pointer: pointerTo(pointer, end + 1),
      message: `the step ${unreached.name} never runs: ${steps[end]?.name} has always ended the execution before it`,
      advice: 'Give the stop a condition, or take out what comes after it.',
    };
  }
};

function alwaysStops(step: Step): boolean {
  if (step.condition !== undefined || step.for_each) return false;
  if (step.stop) return true;
  // A group that fails before its stop may be handled, or ignored.
  if (step.on_error || step.continue_on_error) return false;
  if (step.steps) return step.steps.some(alwaysStops);
  const branches = step.switch?.default && [
    ...step.switch.cases.map(({ steps }) => steps),
    step.switch.default,
  ];
  return branches?.every((steps) => steps.some(alwaysStops)) ?? false;
}

/** Loops of calls that wait for each other. */
export const sequentialLoops: Rule = function* ({ steps }) {
  for (const { step, pointer } of everyStep(steps)) {
    const { for_each } = step;
    if (for_each === undefined || for_each.max_concurrency > 1 || for_each.delay_ms > 0) continue;
    const inside = [...everyStep([step])].map((inner) => inner.step);
    // Writes may need their order, and a rate limit sets the pace already.
    if (!inside.some(isSafe) || !inside.every((inner) => inner.request === undefined || isSafe(inner)))
      continue;
    if (inside.some(({ rate_limit, wait }) => rate_limit !== undefined || wait !== undefined)) continue;
    yield {
      code: 'sequential_loop',
      severity: 'info',
      pointer: `${pointer}/for_each`,
      message: `each item of ${step.name} waits for the one before it`,
      advice: 'Set max_concurrency to as many calls as the service takes at a time.',
    };
  }
};

/** Calls that are made many times and may each take as long as the default lets them. */
export const missingTimeouts: Rule = function* ({ steps }) {
  for (const { step, pointer, inLoop } of withLoops(steps)) {
    const many = inLoop || step.pagination !== undefined;
    if (!step.request || !many || step.timeout_ms !== DEFAULT_STEP_TIMEOUT_MS) continue;
    yield {
      code: 'missing_timeout',
      severity: 'info',
      pointer,
      message: `each of the calls of ${step.name} may take ${DEFAULT_STEP_TIMEOUT_MS / 1000} seconds, of the five minutes of an execution`,
      advice: 'Set timeout_ms to what the service needs.',
    };
  }
};

function* withLoops(
  steps: readonly Step[],
  pointer = '/steps',
  inLoop = false,
): Iterable<{ step: Step; pointer: string; inLoop: boolean }> {
  for (const [index, step] of steps.entries()) {
    const at = pointerTo(pointer, index);
    const inside = inLoop || step.for_each !== undefined;
    yield { step, pointer: at, inLoop: inside };
    for (const nested of nestedSteps(step, at))
      yield* withLoops(nested.steps, nested.pointer, nested.steps === step.on_error ? inLoop : inside);
  }
}

/** The same question asked twice in a row, of which the second answer is the first. */
export const duplicateRequests: Rule = function* (definition) {
  for (const { steps, pointer } of everyList(definition)) {
    const asked: Step[] = [];
    for (const [index, step] of steps.entries()) {
      if (changesSomething(step)) asked.length = 0;
      if (!isSafe(step) || step.condition !== undefined || step.for_each) continue;
      const first = asked.find(({ request }) => sameJson(request, step.request));
      asked.push(step);
      if (first === undefined) continue;
      yield {
        code: 'duplicate_request',
        severity: 'warning',
        pointer: pointerTo(pointer, index),
        message: `the step ${step.name} sends the same request as ${first.name}`,
        advice: `Read steps.${first.name} instead.`,
      };
    }
  }
};

/** After which the same question may have another answer. */
function changesSomething(step: Step): boolean {
  return [...everyStep([step])].some(
    ({ step: inner }) =>
      inner.wait !== undefined ||
      inner.connector !== undefined ||
      (inner.request !== undefined && !isSafe(inner)),
  );
}
