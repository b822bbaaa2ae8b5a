import type { Json } from '../../json/json.ts';
import type { ExecutionError } from '../schema.ts';
import { mapContact } from './contact.ts';
import { MAX_OUTPUT_CHARS } from './limits.ts';
import { type ExecutionEnd, LeaseLost } from './ports.ts';
import { isAtMost, storable } from './recordable.ts';
import { type Run, shownError } from './run.ts';
import { CANCELLED, EXECUTION_TIMED_OUT, type RunControl, RunInterrupted } from './run-control.ts';
import { inField, StepRenderError, toExecutionError } from './step-failure.ts';

export function failedEnd(error: ExecutionError): ExecutionEnd {
  return { status: 'failed', output: null, error, contact: null };
}

/** How an execution ends that has to stop; undefined while it may go on. Throws when another run goes on with it. */
export function stoppedEnd(control: RunControl, step: string | null): ExecutionEnd | undefined {
  switch (control.reason()) {
    case undefined:
      return undefined;
    case 'cancelled':
      return { status: 'cancelled', output: null, error: toExecutionError(CANCELLED, step), contact: null };
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
      throw new RunInterrupted();
  }
}

/** Output and contact, from all steps. What comes from a credential is taken out: neither is a place for secrets. */
export async function succeededEnd(run: Run): Promise<ExecutionEnd> {
  const { definition, evaluator } = run.plan;
  const context = { ...run.context };
  try {
    const output = (await inField('output', () =>
      evaluator.value(definition.output ?? null)(context),
    )) as Json;
    // Before it is copied: a template can name one large body many times.
    if (!isAtMost(output, MAX_OUTPUT_CHARS)) throw TOO_LARGE;
    const mapping = definition.contact_mapping;
    const contact = mapping
      ? await inField('contact_mapping', () => mapContact(mapping, evaluator, context, run.redactor))
      : null;
    return {
      status: 'succeeded',
      output: storable(run.redactor.byValue(output)),
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
