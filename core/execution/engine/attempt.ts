import type { RateLimit } from '../../connector/schema.ts';
import type { RecordedResponse, StepOutcome, StepSource } from '../schema.ts';
import { type Mock, ownValue } from '../test-options.ts';
import { type BuiltRequest, buildRequest } from './build-request.ts';
import { requestContext } from './context.ts';
import { serviceOutcome } from './guard/service-outcome.ts';
import { type Judged, judgeAnswer } from './judge-answer.ts';
import { withPage } from './page-request.ts';
import type { CallOptions, PlannedCall } from './planned-call.ts';
import type { GuardedCall } from './ports.ts';
import { headerRecord, readBody } from './read-response.ts';
import { learnDeclaredSecrets, type Run, type Scope, type Seen, shown, startAttempt } from './run.ts';
import { cacheOf } from './step-cache.ts';
import {
  circuitOpenFailure,
  egressFailureOf,
  rateLimitedFailure,
  type StepFailure,
  StepRenderError,
} from './step-failure.ts';

/** RFC 9110 section 9.2.1: asking twice changes nothing. */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export type Attempt = { seen: Seen; call?: GuardedCall } & (
  | { ok: true; outcome: StepOutcome }
  | { ok: false; failure: StepFailure }
);

/** One attempt at a call: render, write the ledger's row, call, read the answer. Leaves the row to be completed. */
export async function attemptCall(
  run: Run,
  planned: PlannedCall,
  scope: Scope,
  attempt: number,
  options: CallOptions,
): Promise<Attempt> {
  const startedAt = run.deps.clock.now();
  let built: BuiltRequest;
  try {
    const rendered = await build(run, planned, scope);
    built = options.page ? withPage(rendered, options.page) : rendered;
  } catch (error) {
    if (!(error instanceof StepRenderError)) throw error;
    return { ok: false, failure: error.failure, seen: { startedAt } };
  }
  learnDeclaredSecrets(run, planned, scope, { request: built.shown });
  const request = shown(run, planned, built.shown, 'request');
  const seen: Seen = { request, startedAt };
  const begin = () => startAttempt(run, planned, scope, { attempt, request });

  const instead = standIn(run, planned);
  if (instead) {
    await begin();
    return answered(run, planned, scope, seen, instead.mock, instead.source, options);
  }
  if (run.test?.mode === 'dry_run') {
    await begin();
    const outcome: StepOutcome = { status: null, headers: {}, body: null, output: {}, error: null };
    return { ok: true, outcome, seen: { ...seen, source: 'not_sent' } };
  }
  const cache = await cacheOf(run, planned, scope, built);
  const kept = await cache?.read();
  if (kept) {
    await begin();
    return judged(await judgeAnswer(run, planned, scope, kept, options), { ...seen, source: 'cache' });
  }
  const call = guardedCall(run, planned, built);
  const refused = await waitForAdmission(run, planned, call);
  // Nothing was sent, so that nothing of the budget for retries is spent.
  if (refused) return { ok: false, failure: refused, seen };
  const tried = await send(run, planned, scope, built, seen, begin, options);
  if (tried.ok && tried.seen.response) await cache?.write(tried.seen.response);
  return { ...tried, call };
}

function build(run: Run, { step, use }: PlannedCall, scope: Scope): Promise<BuiltRequest> {
  const place = scope.iteration === '' ? step.name : `${step.name}-${scope.iteration}`;
  return buildRequest({
    step,
    use,
    evaluator: run.plan.evaluator,
    context: requestContext(scope.context, use, run.credentials),
    credentials: run.credentials,
    randomBytes: run.deps.randomBytes,
    idempotencyKey: `patchbay-${run.claim.execution_id}-${place}`,
  });
}

async function send(
  run: Run,
  planned: PlannedCall,
  scope: Scope,
  built: BuiltRequest,
  seen: Seen,
  begin: () => Promise<void>,
  options: CallOptions,
): Promise<Attempt> {
  const { deps, control } = run;
  const { step } = planned;
  const failed = (failure: StepFailure): Attempt => ({ ok: false, failure, seen });
  const started = begin();
  // A write must not leave before its row is there; a read may overlap with it, for asking twice does no harm.
  const overlap = SAFE_METHODS.has(step.request.method);
  if (overlap) started.catch(() => {});
  else await started;
  if (control.reason() !== undefined) return failed(control.failure());
  const timeoutMs = Math.min(step.timeout_ms, control.remainingMs());
  const sent = await deps.egress.send({ ...built.egress, timeoutMs, signal: control.signal });
  if (overlap) await started;
  const stopped = control.reason() !== undefined;
  const health = stopped ? undefined : serviceOutcome(sent);
  if (health) await deps.guard.report(guardedCall(run, planned, built), health);
  if (!sent.ok) {
    const failure = egressFailureOf(sent.failure);
    if (stopped) return failed(control.failure());
    return failed(failure);
  }
  const { response } = sent;
  const read = readBody(response, step.response?.type ?? 'auto');
  const answer: RecordedResponse = {
    status: response.status,
    headers: headerRecord(response.headers),
    body: read.ok ? read.body : null,
  };
  return judged(await judgeAnswer(run, planned, scope, answer, options, read.ok ? undefined : read), seen);
}

function judged(answer: Judged, seen: Seen): Attempt {
  const withAnswer = { ...seen, response: answer.response };
  if (answer.failure) return { ok: false, failure: answer.failure, seen: withAnswer };
  return { ok: true, outcome: { ...answer.response, output: answer.output, error: null }, seen: withAnswer };
}

/** What a test run was given in place of the service. */
function standIn(run: Run, { step }: PlannedCall): { mock: Mock; source: StepSource } | undefined {
  const mock = ownValue(run.test?.mocks, step.name);
  if (mock) return { mock, source: 'mock' };
  const pinned = ownValue(run.test?.pinned, step.name);
  return pinned && { mock: pinned, source: 'pinned' };
}

async function answered(
  run: Run,
  planned: PlannedCall,
  scope: Scope,
  seen: Seen,
  mock: Mock,
  source: StepSource,
  options: CallOptions,
): Promise<Attempt> {
  if ('error' in mock) {
    return { ok: false, failure: { ...mock.error, mayHaveActed: true }, seen: { ...seen, source } };
  }
  return judged(await judgeAnswer(run, planned, scope, mock, options), { ...seen, source });
}

function guardedCall(run: Run, { step, use }: PlannedCall, built: BuiltRequest): GuardedCall {
  const service = step.request.auth?.credential ?? [...use.services][0];
  const credential = service === undefined ? undefined : run.credentials.get(service);
  const limits: RateLimit[] = [step.rate_limit, credential?.rate_limit].flatMap((limit) => limit ?? []);
  return {
    workspaceId: run.claim.workspace_id,
    credentialId: credential?.id ?? null,
    host: URL.canParse(built.egress.url) ? new URL(built.egress.url).host : '',
    limits,
  };
}

/** Waits for its turn under the rate limits. A wait is no attempt; one that is too long is a failure. */
async function waitForAdmission(
  run: Run,
  { step }: PlannedCall,
  call: GuardedCall,
): Promise<StepFailure | undefined> {
  const giveUpAt = run.deps.clock.now() + (step.retry?.max_elapsed_ms ?? DEFAULT_PATIENCE_MS);
  for (;;) {
    const admission = await run.deps.guard.admit(call);
    if (admission.admitted) return undefined;
    const { reason, retryAfterMs } = admission;
    if (reason === 'circuit_open') return circuitOpenFailure(retryAfterMs);
    const at = run.deps.clock.now() + Math.max(1, retryAfterMs);
    if (at > giveUpAt) return rateLimitedFailure(retryAfterMs);
    await run.pauses.until(at, step.name);
  }
}

/** How long a step without a retry policy waits for its turn. */
const DEFAULT_PATIENCE_MS = 300_000;
