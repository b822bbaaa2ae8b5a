import type { Json, JsonObject } from '../../json/json.ts';
import type { RecordedResponse } from '../schema.ts';
import { MAX_FIELDS_CHARS } from './limits.ts';
import type { PlannedStep } from './plan.ts';
import type { CallOptions } from './planned-call.ts';
import { isAtMost } from './recordable.ts';
import { retryAfterOf, withPolicy } from './retry-policy.ts';
import { learnDeclaredSecrets, type Run, type Scope } from './run.ts';
import { inField, type StepFailure, StepRenderError, statusFailure } from './step-failure.ts';

/** An answer and what it means: the step's fields, or its failure. */
export type Judged = { response: RecordedResponse } & (
  | { output: JsonObject; failure?: undefined }
  | { failure: StepFailure }
);

/** Reads an answer as the step says: is it a success, does it have the shape it should have, what of it is kept. */
export async function judgeAnswer(
  run: Run,
  planned: PlannedStep,
  scope: Scope,
  answer: RecordedResponse,
  options: CallOptions,
  unread?: { code: string; message: string },
): Promise<Judged> {
  const { response: rules } = planned.step;
  // First: the message of a failure may quote it, and later steps may read the answer of a failure as well.
  learnDeclaredSecrets(run, planned, scope, { response: answer });
  try {
    const refused =
      (await refusal(run, planned, answer)) ?? (unread && notReadable(unread.code, unread.message));
    if (refused) return { response: answer, failure: await underPolicy(run, planned, answer, refused) };
    const { value: body, errors } = planned.readBody(answer.body);
    const response = { ...answer, body };
    const [flaw] = errors;
    if (flaw) {
      const message = `The answer does not fit response.schema: ${flaw.pointer || 'the body'}: ${flaw.detail}`;
      const failure = notReadable('invalid_response_body', message);
      return { response: answer, failure: await underPolicy(run, planned, answer, failure) };
    }
    // Of pages, the fields are made of all of them together.
    const output = options.page ? {} : await mapFields(run, rules?.map ?? {}, scope, response);
    return { response, output };
  } catch (error) {
    if (!(error instanceof StepRenderError)) throw error;
    return { response: answer, failure: { ...error.failure, mayHaveActed: true } };
  }
}

/** The failure with what the answer says of when to come again, and what the step says of retries. */
async function underPolicy(
  run: Run,
  { step: { retry } }: PlannedStep,
  answer: RecordedResponse,
  refused: StepFailure,
): Promise<StepFailure> {
  const { headers, status } = answer;
  const retryAfterMs = retryAfterOf(headers, status, run.deps.clock.now(), retry?.reset_header);
  const failure = { ...refused, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (!retry) return failure;
  const when = retry.on?.when;
  const matches = when !== undefined && (await holds(run, 'retry.on.when', when, answer));
  return withPolicy(failure, retry, { status, matches });
}

/** Why the answer is a failure; undefined when it is none. */
async function refusal(
  run: Run,
  { step }: PlannedStep,
  answer: RecordedResponse,
): Promise<StepFailure | undefined> {
  const byStatus = statusFailure(answer.status, undefined);
  for (const [index, rule] of (step.response?.error_when ?? []).entries()) {
    const field = `response.error_when[${index}]`;
    if (!(await holds(run, `${field}.when`, rule.when, answer))) continue;
    const { message: template } = rule;
    const message =
      template === undefined
        ? undefined
        : await inField(`${field}.message`, () =>
            run.plan.evaluator.template(template, 'text')({ ...answer }),
          );
    return {
      class: rule.class ?? byStatus?.class ?? 'upstream',
      code: rule.code ?? byStatus?.code ?? 'error_when',
      message:
        message === undefined
          ? `The answer is a failure: ${rule.when}`
          : // Hidden before it is cut: half of a secret would not be found any more.
            run.redactor.text(String(message)).slice(0, MAX_MESSAGE_CHARS),
      transient: rule.transient ?? byStatus?.transient ?? false,
      mayHaveActed: byStatus?.mayHaveActed ?? true,
    };
  }
  const success = step.response?.success_when;
  if (success === undefined) return byStatus;
  if (await holds(run, 'response.success_when', success, answer)) return undefined;
  return byStatus ?? notReadable('not_successful', `The answer is no success: ${success}`);
}

const MAX_MESSAGE_CHARS = 1_000;

function holds(run: Run, field: string, predicate: string, answer: RecordedResponse): Promise<boolean> {
  return inField(field, () => run.plan.evaluator.condition(predicate)({ ...answer }));
}

function notReadable(code: string, message: string): StepFailure {
  return { class: 'upstream', code, message, transient: false, mayHaveActed: true };
}

/** The step's fields, from JSONata over the answer; one that finds nothing is null, so that the field is always there. */
export async function mapFields(
  run: Run,
  map: Readonly<Record<string, string>> | string,
  scope: Scope,
  answer: JsonObject,
): Promise<JsonObject> {
  const context = { ...scope.context, ...answer };
  const evaluate = async (source: string) =>
    ((await run.plan.evaluator.expression(source, { optional: true })(context)) ?? null) as Json;
  const fields = await inField('response.map', async () => {
    if (typeof map === 'string') return evaluate(map);
    const names = Object.entries(map);
    const values = await Promise.all(names.map(([, source]) => evaluate(source)));
    return Object.fromEntries(names.map(([name], index) => [name, values[index] ?? null]));
  });
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new StepRenderError(
      'template',
      'template_value',
      'response.map: does not make an object of fields.',
    );
  }
  // Each may be the whole body.
  if (isAtMost(fields, MAX_FIELDS_CHARS)) return fields;
  const message = `response.map: the fields are larger than ${MAX_FIELDS_CHARS} characters together.`;
  throw new StepRenderError('template', 'template_limit', message);
}
