import type { JsonObject } from '../../json/json.ts';
import type { StepOutcome } from '../schema.ts';
import { MAX_FIELDS_CHARS, MAX_WAIT_MS } from './limits.ts';
import { attemptBegan, nextAttempt } from './past.ts';
import type { PlannedStep } from './plan.ts';
import { isAtMost } from './recordable.ts';
import { outcomeOf, pastOf, type Run, type Scope, startAttempt } from './run.ts';
import { failStep, settleStep, succeedStep } from './settle.ts';
import { inField, StepRenderError } from './step-failure.ts';

/** Fields made of what is there. */
export function runTransform(run: Run, planned: PlannedStep, scope: Scope): Promise<StepOutcome> {
  const { transform } = planned.step;
  return settleStep(run, planned, scope, 'transform', async () => {
    const fields = (await run.plan.evaluator.value(transform ?? {})({ ...scope.context })) as JsonObject;
    if (isAtMost(fields, MAX_FIELDS_CHARS)) return fields;
    const message = `transform: the fields are larger than ${MAX_FIELDS_CHARS} characters together.`;
    throw new StepRenderError('template', 'template_limit', message);
  });
}

/** A pause. Its end is written down first: a run that comes later waits for the rest of it. */
export async function runWait(run: Run, planned: PlannedStep, scope: Scope): Promise<StepOutcome> {
  const past = pastOf(run, planned, scope);
  const attempt = nextAttempt(past);
  const startedAt = attemptBegan(past, run.deps.clock.now());
  try {
    const until =
      typeof past.startedWith === 'number' ? past.startedWith : await endOfWait(run, planned, scope);
    if (attempt > past.lastAttempt) {
      await startAttempt(run, planned, scope, { attempt, startsWith: until });
    }
    if (run.test?.mode !== 'dry_run') await run.pauses.until(until, planned.step.name);
    const outcome = outcomeOf({ output: { until: new Date(until).toISOString() } });
    return await succeedStep(run, planned, scope, { attempt, startedAt, outcome });
  } catch (error) {
    if (!(error instanceof StepRenderError)) throw error;
    return failStep(run, planned, scope, { attempt, startedAt, failure: error.failure });
  }
}

/** Date and time with a zone: without one, nobody knows when it is. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;

async function endOfWait(run: Run, { step }: PlannedStep, scope: Scope): Promise<number> {
  const render = (field: 'seconds' | 'until', template: string | number) =>
    inField(`wait.${field}`, () => run.plan.evaluator.value(template)({ ...scope.context }));
  const now = run.deps.clock.now();
  let at: number;
  if (step.wait?.until !== undefined) {
    const text = await render('until', step.wait.until);
    at = typeof text === 'string' && INSTANT.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(at)) throw wrongWait('until is no time with a zone, such as 2030-01-31T08:00:00Z');
  } else {
    const seconds = Number(await render('seconds', step.wait?.seconds ?? 0));
    if (!(seconds >= 0)) throw wrongWait('seconds is no number of seconds');
    at = now + seconds * 1_000;
  }
  if (at - now > MAX_WAIT_MS)
    throw wrongWait(`it would end more than ${MAX_WAIT_MS / 86_400_000} days from now`);
  return Math.round(at);
}

function wrongWait(why: string): StepRenderError {
  return new StepRenderError('template', 'template_value', `wait: ${why}.`);
}
