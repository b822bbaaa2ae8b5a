import type { Step, StepRequest } from './schema.ts';

/** A step that makes HTTP calls. */
export type RequestStep = Step & { request: StepRequest };

export function isRequestStep(step: Step): step is RequestStep {
  return step.request !== undefined;
}
