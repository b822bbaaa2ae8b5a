import type { Sealer } from '../../crypto/seal.ts';
import type { StepOutcome } from '../schema.ts';
import type { Claim } from './ports.ts';

/** A sealed outcome opens only at the step of the execution that wrote it. */
export function resumeStateAdditionalData(claim: Claim, stepIndex: number): readonly string[] {
  return ['step-outcome', claim.workspace_id, claim.execution_id, String(stepIndex)];
}

/** What the committed steps of a claim left behind, by step index; null for one that was skipped. */
export async function openResumeState(
  claim: Claim,
  sealer: Sealer,
): Promise<Map<number, StepOutcome | null>> {
  const committed = await Promise.all(
    claim.steps.flatMap(({ step_index, resume_state }) =>
      resume_state === null
        ? []
        : [
            sealer
              .open(resume_state, resumeStateAdditionalData(claim, step_index))
              // Sealed by this engine and authenticated: its shape needs no second check.
              .then((json) => [step_index, JSON.parse(json) as StepOutcome | null] as const),
          ],
    ),
  );
  return new Map(committed);
}
