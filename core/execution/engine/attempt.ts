import type { EgressResponse } from '../../egress/port.ts';
import { TemplateError } from '../../expression/parse.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { RecordedResponse, StepOutcome } from '../schema.ts';
import { parseRetryAfter } from './backoff.ts';
import { type BuiltRequest, buildRequest } from './build-request.ts';
import { requestContext } from './context.ts';
import { MAX_FIELDS_CHARS } from './limits.ts';
import type { PlannedStep } from './plan.ts';
import { headerRecord, readBody } from './read-response.ts';
import { isAtMost, recordable, recordedCharsFor } from './recordable.ts';
import { commitAttempt, type Run, type Seen } from './run.ts';
import {
  egressFailureOf,
  type StepFailure,
  StepRenderError,
  statusFailure,
  templateFailure,
} from './step-failure.ts';

/** RFC 9110 section 9.2.1: asking twice changes nothing. */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export type Attempt = { ok: true; outcome: StepOutcome } | { ok: false; failure: StepFailure; seen: Seen };

/** One attempt at a step: render, write the ledger's row, call, read the answer. Commits only a success. */
export async function attemptStep(run: Run, planned: PlannedStep, attempt: number): Promise<Attempt> {
  const { step, index } = planned;
  const { deps, claim, control } = run;
  const startedAt = deps.clock.now();
  let built: BuiltRequest;
  try {
    built = await build(run, planned);
  } catch (error) {
    if (!(error instanceof StepRenderError)) throw error;
    return { ok: false, failure: error.failure, seen: { startedAt } };
  }
  const request = recordable(run.redactor.value(built.shown), recordedCharsFor(run.plan.steps.length));
  const failed = (failure: StepFailure, response?: RecordedResponse): Attempt => ({
    ok: false,
    failure,
    seen: { request, startedAt, ...(response ? { response } : {}) },
  });

  const started = deps.ledger.startStep(claim, { step_index: index, step_name: step.name, attempt, request });
  // A write must not leave before its row is there; a read may overlap with it, for asking twice does no harm.
  const overlap = SAFE_METHODS.has(step.request.method);
  if (overlap) started.catch(() => {});
  else control.heed(await started);
  if (control.reason() !== undefined) return failed(control.failure());
  const timeoutMs = Math.min(step.timeout_ms, control.remainingMs());
  const sent = await deps.egress.send({ ...built.egress, timeoutMs, signal: control.signal });
  if (overlap) control.heed(await started);
  if (!sent.ok) {
    return failed(control.reason() === undefined ? egressFailureOf(sent.failure) : control.failure());
  }

  const answer = await readAnswer(run, planned, sent.response);
  if (answer.failure) return failed(answer.failure, answer.response);
  const outcome: StepOutcome = { ...answer.response, output: answer.output, error: null };
  const response = answer.response;
  await commitAttempt(run, planned, {
    attempt,
    status: 'succeeded',
    committed: outcome,
    request,
    response,
    startedAt,
  });
  return { ok: true, outcome };
}

function build(run: Run, { step, index, use }: PlannedStep): Promise<BuiltRequest> {
  return buildRequest({
    step,
    use,
    evaluator: run.plan.evaluator,
    context: requestContext(run.context, use, run.credentials),
    credentials: run.credentials,
    randomBytes: run.deps.randomBytes,
    idempotencyKey: `patchbay-${run.claim.execution_id}-${index}`,
  });
}

type Answer = { response: RecordedResponse } & (
  | { output: JsonObject; failure?: undefined }
  | { failure: StepFailure }
);

async function readAnswer(run: Run, { step }: PlannedStep, response: EgressResponse): Promise<Answer> {
  const headers = headerRecord(response.headers);
  const read = readBody(response, step.response?.type ?? 'auto');
  const body: Json = read.ok ? read.body : null;
  const shown = { status: response.status, headers, body };
  const retryAfterMs = parseRetryAfter(headers['retry-after'], run.deps.clock.now());
  const refused = statusFailure(response.status, retryAfterMs);
  if (refused) return { response: shown, failure: refused };
  if (!read.ok) {
    const { code, message } = read;
    return {
      response: shown,
      failure: { class: 'upstream', code, message, transient: false, mayHaveActed: true },
    };
  }
  try {
    const output = await mapFields(run, step.response?.map ?? {}, shown);
    // Each may be the whole body.
    if (isAtMost(output, MAX_FIELDS_CHARS)) return { response: shown, output };
    return { response: shown, failure: FIELDS_TOO_LARGE };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { response: shown, failure: { ...templateFailure(error, 'response.map'), mayHaveActed: true } };
  }
}

const FIELDS_TOO_LARGE: StepFailure = {
  class: 'template',
  code: 'template_limit',
  message: `response.map: the fields are larger than ${MAX_FIELDS_CHARS} characters together.`,
  transient: false,
  mayHaveActed: true,
};

/** The step's fields, from JSONata over the answer; one that finds nothing is null, so that the field is always there. */
async function mapFields(
  run: Run,
  map: Readonly<Record<string, string>>,
  answer: RecordedResponse,
): Promise<JsonObject> {
  const { input, steps, execution } = run.context;
  const context = { input, steps, execution, ...answer };
  const fields = await Promise.all(
    Object.entries(map).map(async ([name, source]) => {
      const value = await run.plan.evaluator.expression(source, { optional: true })(context);
      return [name, (value ?? null) as Json] as const;
    }),
  );
  return Object.fromEntries(fields);
}
