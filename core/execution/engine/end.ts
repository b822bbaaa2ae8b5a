import type { Json } from '../../json/json.ts';
import type { ExecutionError } from '../schema.ts';
import { mapContact } from './contact.ts';
import type { RunContext } from './context.ts';
import { MAX_OUTPUT_CHARS } from './limits.ts';
import { type ExecutionEnd, LeaseLost } from './ports.ts';
import { isAtMost, storable } from './recordable.ts';
import { type Run, shownError } from './run.ts';
import { CANCELLED, EXECUTION_TIMED_OUT, type RunControl, RunInterrupted } from './run-control.ts';
import { inField, StepRenderError, toExecutionError } from './step-failure.ts';

export function failedEnd(error: ExecutionError): ExecutionEnd {
  return { status: 'failed', output: null, error, contact: null };
}

export function cancelledEnd(step: string | null): ExecutionEnd {
  return { status: 'cancelled', output: null, error: toExecutionError(CANCELLED, step), contact: null };
}

/** How an execution ends that has to stop. Throws when another run goes on with it. */
export function stoppedEnd(control: RunControl, step: string | null): ExecutionEnd | 'parked' {
  switch (control.reason()) {
    case 'cancelled':
      return cancelledEnd(step);
    case 'parked':
      return 'parked';
    case 'timed_out':
      return {
        status: 'timed_out',
        output: null,
        error: toExecutionError(EXECUTION_TIMED_OUT, step),
        contact: null,
      };
    case 'lease_lost':
      throw new LeaseLost();
    case 'interrupted':
    case undefined:
      throw new RunInterrupted();
  }
}

/** A test run that went as far as it was asked to. */
export function testEnd(failed: ExecutionError | null): ExecutionEnd {
  return failed ? failedEnd(failed) : { status: 'succeeded', output: null, error: null, contact: null };
}

/** An output as it is stored: rendered, without secrets. Throws `StepRenderError`. */
export async function shownOutput(run: Run, context: RunContext, template: Json | undefined): Promise<Json> {
  const render = run.plan.evaluator.value(template ?? null);
  const output = (await inField('output', () => render({ ...context }))) as Json;
  // Before it is copied: a template can name one large body many times.
  if (!isAtMost(output, MAX_OUTPUT_CHARS)) throw TOO_LARGE;
  return storable(run.redactor.byValue(output));
}

/** Output and contact, from all steps. What comes from a credential is taken out: neither is a place for secrets. */
export async function succeededEnd(run: Run, runContext: RunContext): Promise<ExecutionEnd> {
  const { definition, evaluator } = run.plan;
  try {
    const output = await shownOutput(run, runContext, definition.output);
    const mapping = definition.contact_mapping;
    const contact = mapping
      ? await inField('contact_mapping', () => mapContact(mapping, evaluator, runContext, run.redactor))
      : null;
    return {
      status: 'succeeded',
      output,
      error: null,
      contact: contact && storable(contact),
    };
  } catch (error) {
    if (!(error instanceof StepRenderError)) throw error;
    return failedEnd(shownError(run, error.failure, null));
  }
}

const TOO_LARGE = new StepRenderError(
  'template',
  'template_limit',
  `output: is larger than ${MAX_OUTPUT_CHARS} characters: name the parts of it that are needed.`,
);
