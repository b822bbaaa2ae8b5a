import type { Sealer } from '../../crypto/seal.ts';
import type { Json } from '../../json/json.ts';
import type { StepOutcome } from '../schema.ts';
import type { LearnedSecrets } from './learned-secrets.ts';
import type { Claim, LedgerEntry } from './ports.ts';

/** What was sealed in the ledger opens only at the step of the execution that wrote it. */
export function resumeStateAdditionalData(
  claim: Claim,
  stepName: string,
  iteration: string,
): readonly string[] {
  return ['step-outcome', claim.workspace_id, claim.execution_id, stepName, iteration];
}

/** Rows that are done with: a step that has one never runs again. */
const COMMITTED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'skipped']);

/** What the ledger knew of one step, at one place in its loops, when the execution was claimed. */
export type PastStep = {
  /** Attempts since the last redrive, oldest first. */
  attempts: readonly LedgerEntry[];
  /** Of all attempts. */
  lastAttempt: number;
  /** How the step ended; null when it was skipped, undefined when it has not. */
  committed: StepOutcome | null | undefined;
  /** What its last attempt started with, when that has not ended. */
  startedWith: Json | undefined;
};

const NOTHING: PastStep = { attempts: [], lastAttempt: 0, committed: undefined, startedWith: undefined };

export interface Past {
  (stepName: string, iteration: string): PastStep;
  /** The fingerprint of the items of a loop at a place, for which something has been done already. */
  itemsOf(loop: Pick<LoopMark, 'step' | 'at'>): string | undefined;
}

/** A loop around a row: its step, its place in the loops around it, and the fingerprint of its items. */
export type LoopMark = { step: string; at: string; items: string };

/** Names a row of the ledger, apart from its attempts. */
export function rowName(stepName: string, iteration: string): string {
  return `${stepName} ${iteration}`;
}

/** What the row of a step that is done with holds: its outcome, what was learnt to be secret, and the loops around it. */
export type CommittedState = (StepOutcome & { learned?: string[]; loops?: readonly LoopMark[] }) | null;

/** Opens what a claim brought of earlier runs. Throws `DecryptError`. */
export async function readPast(
  claim: Claim,
  sealer: Sealer,
  secrets: Pick<LearnedSecrets, 'add'>,
): Promise<Past> {
  const steps = new Map<
    string,
    { -readonly [K in keyof PastStep]: PastStep[K] } & { attempts: LedgerEntry[] }
  >();
  const items = new Map<string, string>();
  for (const entry of claim.steps) {
    const key = rowName(entry.step_name, entry.iteration);
    const step = steps.get(key) ?? { ...NOTHING, attempts: [] };
    steps.set(key, step);
    step.lastAttempt = Math.max(step.lastAttempt, entry.attempt);
    if (entry.superseded) continue;
    step.attempts.push(entry);
    if (entry.resume_state === null) continue;
    const additionalData = resumeStateAdditionalData(claim, entry.step_name, entry.iteration);
    // Sealed by this engine and authenticated: its shape needs no second check.
    const state = JSON.parse(await sealer.open(entry.resume_state, additionalData));
    if (!COMMITTED.has(entry.status)) {
      step.startedWith = state;
      continue;
    }
    const { learned = [], loops = [], ...outcome }: NonNullable<CommittedState> = state ?? {};
    step.committed = state === null ? null : outcome;
    secrets.add(key, learned);
    for (const loop of loops) items.set(rowName(loop.step, loop.at), loop.items);
  }
  return Object.assign(
    (stepName: string, iteration: string) => steps.get(rowName(stepName, iteration)) ?? NOTHING,
    { itemsOf: ({ step, at }: Pick<LoopMark, 'step' | 'at'>) => items.get(rowName(step, at)) },
  );
}

/** The number of the attempt that goes on with a step: a parked one goes on as it is, one whose process died is over. */
export function nextAttempt({ attempts, lastAttempt }: PastStep): number {
  return attempts.at(-1)?.status === 'waiting' ? lastAttempt : lastAttempt + 1;
}

/** When that attempt began; milliseconds since the epoch. */
export function attemptBegan({ attempts }: PastStep, nowMs: number): number {
  const last = attempts.at(-1);
  return last?.status === 'waiting' ? Date.parse(last.started_at) : nowMs;
}
