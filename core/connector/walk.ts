import { pointerTo } from '../json/json.ts';
import { STEP_KINDS, type Step, type StepKind } from './step-schema.ts';

/** What a step does; undefined for one that says nothing, or two things, which a sound definition has not. */
export function kindOf(step: Step): StepKind | undefined {
  const kinds = STEP_KINDS.filter((kind) => step[kind] !== undefined);
  return kinds.length === 1 ? kinds[0] : undefined;
}

/** A list of steps inside of a step, with its JSON pointer. */
export type NestedSteps = { steps: readonly Step[]; pointer: string };

/** The lists of steps that stand inside of a step, in the order in which they are written. */
export function nestedSteps(step: Step, pointer: string): NestedSteps[] {
  const lists: NestedSteps[] = [];
  const add = (steps: readonly Step[] | undefined, ...path: (string | number)[]) => {
    if (steps) lists.push({ steps, pointer: path.reduce<string>(pointerTo, pointer) });
  };
  add(step.steps, 'steps');
  add(step.parallel?.steps, 'parallel', 'steps');
  for (const [index, { steps }] of (step.switch?.cases ?? []).entries()) {
    add(steps, 'switch', 'cases', index, 'steps');
  }
  add(step.switch?.default, 'switch', 'default');
  add(step.on_error, 'on_error');
  return lists;
}

/** All steps of a definition, an outer one before those inside of it, each with its JSON pointer. */
export function* everyStep(
  steps: readonly Step[],
  pointer = '/steps',
): Iterable<{ step: Step; pointer: string }> {
  for (const [index, step] of steps.entries()) {
    const at = pointerTo(pointer, index);
    yield { step, pointer: at };
    for (const nested of nestedSteps(step, at)) yield* everyStep(nested.steps, nested.pointer);
  }
}
