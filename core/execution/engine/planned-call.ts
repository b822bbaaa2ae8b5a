import type { RequestStep } from '../../connector/request-step.ts';
import type { PageRequest } from './page-request.ts';
import type { PlannedStep } from './plan.ts';

/** A step that calls a service. */
export type PlannedCall = PlannedStep & { step: RequestStep };

/** The call of one step, or of one item or page of it, which is then not the step's whole result. */
export type CallOptions = { page?: PageRequest };

export function isCall(planned: PlannedStep): planned is PlannedCall {
  return planned.step.request !== undefined;
}
