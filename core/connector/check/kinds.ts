import { pointerTo } from '../../json/json.ts';
import { DEFAULT_STEP_TIMEOUT_MS, STEP_KINDS, type Step, type StepKind } from '../step-schema.ts';
import type { Report } from './report.ts';

/** What may stand beside a kind, by field; what is not listed may stand in every step. */
const BESIDE: readonly (readonly [field: keyof Step, kinds: readonly StepKind[]])[] = [
  ['response', ['request']],
  ['pagination', ['request']],
  ['timeout_ms', ['request']],
  ['rate_limit', ['request']],
  ['cache', ['request']],
  ['idempotency_key', ['request']],
  ['redact', ['request']],
  ['retry', ['request', 'connector']],
  ['for_each', ['request', 'connector', 'transform', 'steps']],
  ['assert', ['request', 'connector', 'transform']],
];

/** Checks that a step does exactly one thing, and that nothing stands in it that would have no effect there. */
export function checkKind(step: Step, pointer: string, report: Report): void {
  const kinds = STEP_KINDS.filter((kind) => step[kind] !== undefined);
  const [kind, second] = kinds;
  if (kind === undefined) {
    report.add(pointer, `the step does nothing: it needs one of ${STEP_KINDS.join(', ')}`);
  } else if (second !== undefined) {
    const detail = `the step does more than one thing (${kinds.join(' and ')}): make a step of each`;
    report.add(pointer, detail);
  } else {
    for (const [field, allowed] of BESIDE) {
      if (!says(step, field) || allowed.includes(kind)) continue;
      if (field === 'assert' && step.for_each !== undefined) continue;
      const detail = `${field} has no effect on a step of the kind ${kind}: it goes with ${allowed.join(', ')}`;
      report.add(pointerTo(pointer, field), detail);
    }
  }
}

/** Whether the author said something by the field; what has a default is there in any case. */
function says(step: Step, field: keyof Step): boolean {
  if (field === 'timeout_ms') return step.timeout_ms !== DEFAULT_STEP_TIMEOUT_MS;
  if (field === 'idempotency_key') return step.idempotency_key;
  return step[field] !== undefined;
}
