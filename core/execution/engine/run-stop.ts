import type { StepOutcome } from '../schema.ts';
import { failedEnd, shownOutput } from './end.ts';
import type { PlannedStep } from './plan.ts';
import type { ExecutionEnd } from './ports.ts';
import { type Run, type Scope, shownError } from './run.ts';
import { settleStep } from './settle.ts';
import { StepRenderError } from './step-failure.ts';

/** Thrown to end the execution where a step says so. */
export class EndedByStep extends Error {
  override readonly name = 'EndedByStep';
  readonly end: ExecutionEnd;
  constructor(end: ExecutionEnd) {
    super('A step ended the execution.');
    this.end = end;
  }
}

/** A step that ends the execution; `endOfStop` says how, once the step stands in the ledger. */
export function runStop(run: Run, planned: PlannedStep, scope: Scope): Promise<StepOutcome> {
  return settleStep(run, planned, scope, 'stop', async () => ({}));
}

export async function endOfStop(run: Run, { step }: PlannedStep, { context }: Scope): Promise<ExecutionEnd> {
  try {
    const output = await shownOutput(run, context, step.stop?.output);
    if (step.stop?.status !== 'failed') return { status: 'succeeded', output, error: null, contact: null };
    const failure = {
      class: 'validation',
      code: 'stopped',
      message: step.stop.message ?? 'The connector ended itself as failed.',
      transient: false,
      mayHaveActed: true,
    } as const;
    return { ...failedEnd(shownError(run, failure, step.name)), output };
  } catch (error) {
    if (!(error instanceof StepRenderError)) throw error;
    return failedEnd(shownError(run, error.failure, step.name));
  }
}
